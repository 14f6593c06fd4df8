import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OutboundName, outbound } from '#shared/ocpp/v16/index.ts';
import { judge, judgeAnswer, type Violation } from '#shared/ocpp/violation.ts';
import { type Json, officialSchema, payloadWithExtras, toJson } from '#test/support/ocpp-arbitraries.ts';

const noon = '2026-01-31T12:00:00.000Z';

const flag = ({ field, rule }: Violation) => `${field}: ${rule}`;

const faults = (action: OutboundName, payload: unknown) =>
  judge(outbound[action], payload, 'strict').violations.map(flag);

/** Periods of 10 A that start so many seconds after the schedule. */
const schedule = (...starts: number[]) => ({
  chargingRateUnit: 'A',
  chargingSchedulePeriod: starts.map((startPeriod) => ({ startPeriod, limit: 10 })),
});

const profile = (changes: object = {}) => ({
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: schedule(0),
  ...changes,
});

const txProfile = (changes: object = {}) => profile({ chargingProfilePurpose: 'TxProfile', ...changes });

const set = (csChargingProfiles: object, connectorId = 1) => ({ connectorId, csChargingProfiles });

const remoteStart = (chargingProfile: object) => ({ idTag: 'TAG', connectorId: 1, chargingProfile });

const limited = (limit: unknown) =>
  set(profile({ chargingSchedule: { ...schedule(), chargingSchedulePeriod: [{ startPeriod: 0, limit }] } }));

const firmware = (changes: object = {}) => ({
  location: 'https://example.com/firmware.bin',
  retrieveDate: noon,
  ...changes,
});

const reservation = (changes: object = {}) => ({
  connectorId: 1,
  expiryDate: noon,
  idTag: 'TAG',
  reservationId: 1,
  ...changes,
});

const entry = (updateType: string, authorizationData: object) => ({
  listVersion: 1,
  updateType,
  localAuthorizationList: [authorizationData],
});

const taken: [string, OutboundName, object][] = [
  ['a reservation of any connector', 'ReserveNow', reservation({ connectorId: 0, parentIdTag: 'PARENT' })],
  ['everything to be cleared', 'ClearChargingProfile', {}],
  ['profiles to be cleared by any mix of fields', 'ClearChargingProfile', { connectorId: 0, stackLevel: 0 }],
  ['every key', 'GetConfiguration', {}],
  ['an unknown transaction to be stopped', 'RemoteStopTransaction', { transactionId: -1 }],
  ['all connectors to be told of', 'TriggerMessage', { requestedMessage: 'StatusNotification' }],
  ['a remote start with a profile', 'RemoteStartTransaction', remoteStart(txProfile())],
  ['a remote start on any connector', 'RemoteStartTransaction', { idTag: 'TAG' }],
  [
    'a limit of the charger',
    'SetChargingProfile',
    set(profile({ chargingProfilePurpose: 'ChargePointMaxProfile' }), 0),
  ],
  ['a limit of a transaction', 'SetChargingProfile', set(txProfile({ transactionId: 7 }))],
  ['a default of every connector', 'SetChargingProfile', set(profile(), 0)],
  ['a default of a connector', 'SetChargingProfile', set(profile({ chargingSchedule: schedule(0, 1, 3600) }))],
  [
    'a profile of each day',
    'SetChargingProfile',
    set(profile({ chargingProfileKind: 'Recurring', recurrencyKind: 'Daily' })),
  ],
  ['a limit of one decimal', 'SetChargingProfile', limited(16.1)],
  ['a list that takes a tag off', 'SendLocalList', entry('Differential', { idTag: 'TAG' })],
  ['a full list', 'SendLocalList', entry('Full', { idTag: 'TAG', idTagInfo: { status: 'Accepted' } })],
  ['an empty full list', 'SendLocalList', { listVersion: 1, updateType: 'Full' }],
];

test.each(taken)('sent as it is: %s (%s)', (_title, action, payload) => {
  expect(judge(outbound[action], payload, 'strict')).toEqual({ ok: true, request: payload, violations: [] });
});

const ofProfile = 'csChargingProfiles';
const ofPeriods = `${ofProfile}.chargingSchedule.chargingSchedulePeriod`;

const refused: [string, OutboundName, object, string][] = [
  ['a stranger', 'Reset', { type: 'Soft', colour: 'red' }, 'colour: unknown property'],
  ['an unknown word', 'Reset', { type: 'Cold' }, 'type: not one of the allowed values'],
  ['an overlong key', 'ChangeConfiguration', { key: 'x'.repeat(51), value: '' }, 'key: at most 50 characters'],
  ['an overlong value', 'ChangeConfiguration', { key: 'x', value: 'x'.repeat(501) }, 'value: at most 500 characters'],
  ['an overlong key to get', 'GetConfiguration', { key: ['a', 'x'.repeat(51)] }, 'key[]: at most 50 characters'],
  ['an id beyond 32 bits', 'CancelReservation', { reservationId: 2 ** 31 }, 'reservationId: out of range'],
  ['a connector below 0', 'ChangeAvailability', { connectorId: -1, type: 'Operative' }, 'connectorId: out of range'],
  ['no connector to unlock', 'UnlockConnector', {}, 'connectorId: missing'],
  ['connector 0 to unlock', 'UnlockConnector', { connectorId: 0 }, 'connectorId: out of range'],
  [
    'connector 0 to be told of',
    'TriggerMessage',
    { requestedMessage: 'StatusNotification', connectorId: 0 },
    'connectorId: out of range',
  ],
  [
    'a reservation until nobody knows when',
    'ReserveNow',
    reservation({ expiryDate: '2026-01-31T12:00:00' }),
    'expiryDate: an ISO 8601 date and time with a zone is due',
  ],
  [
    'a time in a year of five digits',
    'ReserveNow',
    reservation({ expiryDate: '9999-12-31T23:00:00-01:00' }),
    'expiryDate: an ISO 8601 date and time with a zone is due',
  ],
  ['a location without a scheme', 'UpdateFirmware', firmware({ location: 'example.com/a' }), 'location: a URI is due'],
  ['a location with a blank', 'UpdateFirmware', firmware({ location: 'https://a.b/c d' }), 'location: a URI is due'],
  [
    'an overlong location',
    'GetDiagnostics',
    { location: `https://example.com/${'x'.repeat(493)}` },
    'location: at most 512 characters',
  ],
  ['retries below 0', 'UpdateFirmware', firmware({ retries: -1 }), 'retries: out of range'],
  ['list version 0', 'SendLocalList', { listVersion: 0, updateType: 'Full' }, 'listVersion: out of range'],
  [
    'a full list that takes a tag off',
    'SendLocalList',
    entry('Full', { idTag: 'TAG' }),
    'localAuthorizationList[].idTagInfo: missing',
  ],
  [
    'a remote start on connector 0',
    'RemoteStartTransaction',
    { idTag: 'TAG', connectorId: 0 },
    'connectorId: out of range',
  ],
  [
    'a remote start with a default profile',
    'RemoteStartTransaction',
    remoteStart(profile()),
    'chargingProfile.chargingProfilePurpose: TxProfile is due',
  ],
  [
    'a remote start with a transaction',
    'RemoteStartTransaction',
    remoteStart(txProfile({ transactionId: 7 })),
    'chargingProfile.transactionId: there is no transaction yet',
  ],
  [
    'a remote start with a late schedule',
    'RemoteStartTransaction',
    remoteStart(txProfile({ chargingSchedule: schedule(1) })),
    'chargingProfile.chargingSchedule.chargingSchedulePeriod[].startPeriod: the first period starts at 0',
  ],
  [
    'a limit of the charger on a connector',
    'SetChargingProfile',
    set(profile({ chargingProfilePurpose: 'ChargePointMaxProfile' })),
    'connectorId: a ChargePointMaxProfile is for connector 0',
  ],
  [
    'a limit of a transaction on connector 0',
    'SetChargingProfile',
    set(txProfile({ transactionId: 7 }), 0),
    'connectorId: a TxProfile is for a connector above 0',
  ],
  ['a limit of no transaction', 'SetChargingProfile', set(txProfile()), `${ofProfile}.transactionId: missing`],
  [
    'a default for a transaction',
    'SetChargingProfile',
    set(profile({ transactionId: 7 })),
    `${ofProfile}.transactionId: a TxProfile has one, and no other profile`,
  ],
  [
    'a profile that recurs nobody knows when',
    'SetChargingProfile',
    set(profile({ chargingProfileKind: 'Recurring' })),
    `${ofProfile}.recurrencyKind: missing`,
  ],
  [
    'a relative profile that recurs',
    'SetChargingProfile',
    set(profile({ chargingProfileKind: 'Relative', recurrencyKind: 'Daily' })),
    `${ofProfile}.recurrencyKind: a Recurring profile has one, and no other kind`,
  ],
  [
    'a stack level below 0',
    'SetChargingProfile',
    set(profile({ stackLevel: -1 })),
    `${ofProfile}.stackLevel: out of range`,
  ],
  [
    'a schedule without periods',
    'SetChargingProfile',
    set(profile({ chargingSchedule: schedule() })),
    `${ofPeriods}: at least one entry is due`,
  ],
  [
    'a first period that starts late',
    'SetChargingProfile',
    set(profile({ chargingSchedule: schedule(60, 120) })),
    `${ofPeriods}[].startPeriod: the first period starts at 0`,
  ],
  [
    'two periods at the same time',
    'SetChargingProfile',
    set(profile({ chargingSchedule: schedule(0, 60, 60) })),
    `${ofPeriods}[].startPeriod: periods start one after the other`,
  ],
  [
    'a period before the one before',
    'SetChargingProfile',
    set(profile({ chargingSchedule: schedule(0, 120, 60) })),
    `${ofPeriods}[].startPeriod: periods start one after the other`,
  ],
  ['a limit of two decimals', 'SetChargingProfile', limited(16.05), `${ofPeriods}[].limit: at most one decimal is due`],
  ['a negative limit', 'SetChargingProfile', limited(-0.1), `${ofPeriods}[].limit: out of range`],
  ['a limit as text', 'SetChargingProfile', limited('16'), `${ofPeriods}[].limit: number is due`],
];

test.each(refused)('not sent, and the field is named: %s (%s)', (_title, action, payload, fault) => {
  expect(faults(action, payload)).toEqual([fault]);
});

test('every rule that is broken is told at once', () => {
  const payload = set(txProfile({ chargingProfileKind: 'Recurring', chargingSchedule: schedule(1, 1) }), 0);

  expect(faults('SetChargingProfile', payload).sort()).toEqual([
    'connectorId: a TxProfile is for a connector above 0',
    `${ofPeriods}[].startPeriod: periods start one after the other`,
    `${ofPeriods}[].startPeriod: the first period starts at 0`,
    `${ofProfile}.recurrencyKind: missing`,
    `${ofProfile}.transactionId: missing`,
  ]);
});

test('a limit is taken exactly where its text has one decimal or none', () => {
  const thousandths = fc.integer({ min: 0, max: 200_000_000 }).map((number) => number / 1000);
  const tenths = fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((number) => number / 10);

  fc.assert(
    fc.property(fc.oneof(thousandths, tenths), (limit) => {
      const isTaken = faults('SetChargingProfile', limited(limit)).length === 0;

      expect(isTaken).toBe(/^\d+(\.\d)?$/.test(String(limit)));
    }),
  );
});

test.each([
  ['2026-01-31T13:00:00+01:00', noon],
  ['2026-01-31T06:30:00.1239-05:30', '2026-01-31T12:00:00.123Z'],
  ['2026-01-31t12:00:00z', noon],
])('the time %s is sent as %s (row 18)', (written, sent) => {
  const judgement = judge(outbound.ReserveNow, reservation({ expiryDate: written }), 'strict');

  expect(judgement).toMatchObject({ ok: true, request: { expiryDate: sent } });
});

describe('the answer to a command', () => {
  const composite = (changes: object) => ({
    status: 'Accepted',
    chargingSchedule: {
      chargingRateUnit: 'W',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 0.1 + 0.2 }],
      ...changes,
    },
  });

  test.each(Object.values(outbound))(
    'to $name is taken without what nobody knows in it, which is counted',
    (action) => {
      fc.assert(
        fc.property(payloadWithExtras(officialSchema(`${action.name}.conf`)), ({ payload, extended, added }) => {
          const judgement = judgeAnswer(action, extended);

          expect(judgement.ok && toJson(judgement.response as Json)).toBe(toJson(payload));
          expect(judgement.violations.map(flag).sort()).toEqual(
            added.map((field) => `${field.slice(0, 100).toWellFormed()}: unknown property`).sort(),
          );
        }),
        { numRuns: 50 },
      );
    },
  );

  const forgiven: [string, OutboundName, Json | undefined, unknown, string[]][] = [
    ['no payload where none is due', 'UpdateFirmware', undefined, {}, []],
    ['null where no field is due', 'GetDiagnostics', null, {}, []],
    [
      'a list version that says that there is none',
      'GetLocalListVersion',
      { listVersion: -1 },
      { listVersion: -1 },
      [],
    ],
    [
      'a long name, which is kept',
      'GetDiagnostics',
      { fileName: 'x'.repeat(256) },
      { fileName: 'x'.repeat(256) },
      ['fileName: at most 255 characters'],
    ],
    [
      'a setting that is long, and one that is a number',
      'GetConfiguration',
      {
        configurationKey: [
          { key: 'Long', readonly: true, value: 'x'.repeat(501) },
          { key: 'Bare', readonly: false, value: 300 },
          { key: 'Unset', readonly: false },
        ],
      },
      {
        configurationKey: [
          { key: 'Long', readonly: true, value: 'x'.repeat(501) },
          { key: 'Bare', readonly: false, value: '300' },
          { key: 'Unset', readonly: false },
        ],
      },
      ['configurationKey[].value: at most 500 characters', 'configurationKey[].value: string is due'],
    ],
    [
      'a limit of many decimals, and a time without a zone',
      'GetCompositeSchedule',
      composite({ startSchedule: '2026-01-31T12:00:00' }),
      composite({ startSchedule: '2026-01-31T12:00:00Z' }),
      [
        'chargingSchedule.chargingSchedulePeriod[].limit: at most one decimal is due',
        'chargingSchedule.startSchedule: an ISO 8601 date and time with a zone is due',
      ],
    ],
  ];

  test.each(forgiven)('is taken with %s', (_title, action, payload, response, violations) => {
    const judgement = judgeAnswer(outbound[action], payload);

    expect(judgement.ok && judgement.response).toEqual(response);
    expect(judgement.violations.map(flag).sort()).toEqual(violations);
  });

  const spoiled: [string, OutboundName, Json | undefined, string[]][] = [
    ['no payload where a status is due', 'Reset', undefined, ['status: missing']],
    ['no status', 'Reset', {}, ['status: missing']],
    ['another status', 'Reset', { status: 'accepted' }, ['status: not one of the allowed values']],
    ['a status of another action', 'Reset', { status: 'Scheduled' }, ['status: not one of the allowed values']],
    ['a version as text', 'GetLocalListVersion', { listVersion: '1' }, ['listVersion: number is due']],
    ['a version of 64 bits', 'GetLocalListVersion', { listVersion: 2n ** 63n - 1n }, ['listVersion: out of range']],
    ['a list', 'ClearCache', [], ['payload: an object is due']],
    [
      'no status, but a stranger',
      'UnlockConnector',
      { colour: 'red' },
      ['colour: unknown property', 'status: missing'],
    ],
  ];

  test.each(spoiled)('does not hold with %s, and each fault is told', (_title, action, payload, violations) => {
    const judgement = judgeAnswer(outbound[action], payload);

    expect(judgement.ok).toBe(false);
    expect(judgement.violations.map(flag).sort()).toEqual(violations);
  });
});
