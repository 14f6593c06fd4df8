import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import type { Action } from '#shared/ocpp/action.ts';
import { parseJson } from '#shared/ocpp/json.ts';
import { inbound, outbound } from '#shared/ocpp/v16/index.ts';
import {
  anyInteger,
  fieldName,
  fullPayload,
  type Json,
  locations,
  mutatedPayload,
  officialSchema,
  type Path,
  probes,
  replaceAt,
  STRANGE_NAMES,
  toJson,
  validPayload,
} from '#test/support/ocpp-arbitraries.ts';

interface Message {
  /** The action with `.req` or `.conf`, as the official schemas name it. */
  id: string;
  contract: z.ZodType;
}

const actions: Record<string, Action> = { ...inbound, ...outbound };

const messages: Message[] = Object.entries(actions).flatMap(([name, { request, response }]) => [
  { id: `${name}.req`, contract: request },
  { id: `${name}.conf`, contract: response },
]);

interface WantedDifference {
  refusedBy: 'us alone' | 'the schema alone';
  what: string;
  because: string;
  /** `<message> <field>` */
  where: readonly string[];
  applies(value: Json | undefined, payload: Json): boolean;
}

/** Where chargers, and we, may speak of the charger as a whole. */
const CONNECTOR_IDS = [
  'ChangeAvailability.req connectorId',
  'ClearChargingProfile.req connectorId',
  'GetCompositeSchedule.req connectorId',
  'MeterValues.req connectorId',
  'ReserveNow.req connectorId',
  'SetChargingProfile.req connectorId',
  'StartTransaction.req connectorId',
  'StatusNotification.req connectorId',
];

const SINGLE_CONNECTOR_IDS = [
  'RemoteStartTransaction.req connectorId',
  'TriggerMessage.req connectorId',
  'UnlockConnector.req connectorId',
];

const PROFILES = ['RemoteStartTransaction.req chargingProfile', 'SetChargingProfile.req csChargingProfiles'];

const inProfiles = (...fields: string[]) => PROFILES.flatMap((profile) => fields.map((field) => `${profile}.${field}`));

const PERIODS = 'chargingSchedule.chargingSchedulePeriod';

const NOT_NEGATIVE = [
  'ClearChargingProfile.req stackLevel',
  'GetCompositeSchedule.req duration',
  'GetDiagnostics.req retries',
  'GetDiagnostics.req retryInterval',
  'UpdateFirmware.req retries',
  'UpdateFirmware.req retryInterval',
  ...inProfiles('stackLevel', 'chargingSchedule.duration', `${PERIODS}[].startPeriod`),
];

const LIMITS = inProfiles(`${PERIODS}[].limit`, 'chargingSchedule.minChargingRate');

const REPORTED_LIMITS = ['minChargingRate', 'chargingSchedulePeriod[].limit'].map(
  (field) => `GetCompositeSchedule.conf chargingSchedule.${field}`,
);

const LOCATIONS = ['GetDiagnostics.req location', 'UpdateFirmware.req location'];

const TIMES = [
  'Authorize.conf idTagInfo.expiryDate',
  'BootNotification.conf currentTime',
  'GetCompositeSchedule.conf chargingSchedule.startSchedule',
  'GetCompositeSchedule.conf scheduleStart',
  'GetDiagnostics.req startTime',
  'GetDiagnostics.req stopTime',
  'Heartbeat.conf currentTime',
  'MeterValues.req meterValue[].timestamp',
  'ReserveNow.req expiryDate',
  'SendLocalList.req localAuthorizationList[].idTagInfo.expiryDate',
  'StartTransaction.conf idTagInfo.expiryDate',
  'StartTransaction.req timestamp',
  'StatusNotification.req timestamp',
  'StopTransaction.conf idTagInfo.expiryDate',
  'StopTransaction.req timestamp',
  'StopTransaction.req transactionData[].timestamp',
  'UpdateFirmware.req retrieveDate',
  ...inProfiles('validFrom', 'validTo', 'chargingSchedule.startSchedule'),
];

/** All that may ever be judged otherwise than by the official schemas. Sections are those of ocpp16-behaviour.md. */
const wantedDifferences: WantedDifference[] = [
  {
    refusedBy: 'us alone',
    what: 'a negative connector',
    because: 'connectors are counted from 1, and 0 is the charger (S 2.2; section 8, connectorId -1)',
    where: CONNECTOR_IDS,
    applies: (value) => isInt32(value) && Number(value) < 0,
  },
  {
    refusedBy: 'us alone',
    what: 'an integer beyond 32 bits',
    because: 'it was mangled by somebody, and meter readings are money (section 8, int32 overflow)',
    where: [
      ...CONNECTOR_IDS,
      ...SINGLE_CONNECTOR_IDS,
      ...NOT_NEGATIVE,
      ...inProfiles('chargingProfileId', 'transactionId', `${PERIODS}[].numberPhases`),
      'CancelReservation.req reservationId',
      'ClearChargingProfile.req id',
      'RemoteStopTransaction.req transactionId',
      'ReserveNow.req reservationId',
      'SendLocalList.req listVersion',
      'StartTransaction.req meterStart',
      'StartTransaction.req reservationId',
      'StartTransaction.conf transactionId',
      'StopTransaction.req meterStop',
    ],
    applies: (value) => isInteger(value) && !isInt32(value),
  },
  {
    refusedBy: 'us alone',
    what: 'an integer in an answer that no number holds without loss',
    because: 'what a charger answers is shown and not reckoned with; 53 bits are enough for that',
    where: [
      'GetCompositeSchedule.conf connectorId',
      'GetCompositeSchedule.conf chargingSchedule.duration',
      'GetCompositeSchedule.conf chargingSchedule.chargingSchedulePeriod[].startPeriod',
      'GetCompositeSchedule.conf chargingSchedule.chargingSchedulePeriod[].numberPhases',
      'GetLocalListVersion.conf listVersion',
    ],
    applies: (value) => isInteger(value) && !Number.isSafeInteger(value),
  },
  {
    refusedBy: 'us alone',
    what: 'an empty list where the specification wants one entry or more',
    because:
      'the cardinality is 1..*, which the schema forgot as minItems (S 6.31, 7.13, 7.33; section 8, empty arrays)',
    where: [
      'MeterValues.req meterValue',
      'MeterValues.req meterValue[].sampledValue',
      'StopTransaction.req transactionData[].sampledValue',
      ...inProfiles(PERIODS),
    ],
    applies: (value) => Array.isArray(value) && value.length === 0,
  },
  {
    refusedBy: 'us alone',
    what: 'an interval below one second or above five minutes',
    because: 'the gateway cuts idle connections after ten minutes (row 21)',
    where: ['BootNotification.conf interval'],
    applies: (value) => isInteger(value) && (Number(value) < 1 || Number(value) > 300),
  },
  {
    refusedBy: 'us alone',
    what: 'an issued transaction id of zero or less',
    because: 'chargers use those for none (row 29)',
    where: ['StartTransaction.conf transactionId'],
    applies: (value) => isInt32(value) && Number(value) < 1,
  },
  {
    refusedBy: 'us alone',
    what: 'a negative level, count or length of time',
    because: 'levels begin at 0 (S 7.8), and there is no sense in the others',
    where: NOT_NEGATIVE,
    applies: (value) => isInt32(value) && Number(value) < 0,
  },
  {
    refusedBy: 'us alone',
    what: 'the charger as a whole where a connector is due, or less',
    because: 'a connector above 0 is due (S 6.33, 6.51, 6.53)',
    where: SINGLE_CONNECTOR_IDS,
    applies: (value) => isInt32(value) && Number(value) < 1,
  },
  {
    refusedBy: 'us alone',
    what: 'a list version of zero or less',
    because: 'those say that there is no list (E 3.52; row 46)',
    where: ['SendLocalList.req listVersion'],
    applies: (value) => isInt32(value) && Number(value) < 1,
  },
  {
    refusedBy: 'us alone',
    what: 'an entry without idTagInfo in a full list',
    because: 'it would take a tag off a list that is only being made (S 7.1)',
    where: ['SendLocalList.req localAuthorizationList[].idTagInfo'],
    applies: (value, payload) => value === undefined && valueAt(payload, ['updateType']) === 'Full',
  },
  {
    refusedBy: 'us alone',
    what: 'a number of phases that no grid has',
    because: 'there are one to three (S 7.14)',
    where: inProfiles(`${PERIODS}[].numberPhases`),
    applies: (value) => isInt32(value) && (Number(value) < 1 || Number(value) > 3),
  },
  {
    refusedBy: 'us alone',
    what: 'a negative limit',
    because: 'nothing is fed back in OCPP 1.6',
    where: LIMITS,
    applies: (value) => typeof value === 'number' && value < 0,
  },
  {
    refusedBy: 'us alone',
    what: 'a limit that no number holds without loss',
    because: 'it limits nothing',
    where: [...LIMITS, ...REPORTED_LIMITS],
    applies: (value) => typeof value === 'bigint',
  },
  {
    refusedBy: 'us alone',
    what: 'periods that do not begin at 0 and follow each other',
    because: 'the first one starts the schedule, and each one ends the one before (S 7.14; row 49)',
    where: inProfiles(`${PERIODS}[].startPeriod`),
    applies: (_, payload) => {
      const periods = valueAt(profileIn(payload), ['chargingSchedule', 'chargingSchedulePeriod']);
      const starts = Array.isArray(periods) ? periods.map((period) => Number(valueAt(period, ['startPeriod']))) : [];
      return starts[0] !== 0 || starts.some((start, place) => start <= (starts[place - 1] ?? -1));
    },
  },
  {
    refusedBy: 'us alone',
    what: 'a recurrence of a profile that does not recur, or none of one that does',
    because: 'it says how a Recurring profile recurs, and nothing else (S 7.8; row 49)',
    where: inProfiles('recurrencyKind'),
    applies: (value, payload) =>
      (valueAt(profileIn(payload), ['chargingProfileKind']) === 'Recurring') !== (value !== undefined),
  },
  {
    refusedBy: 'us alone',
    what: 'a connector that the purpose of the profile is not for',
    because: 'the charger as a whole has the ChargePointMaxProfile, and no transaction (S 5.16; row 49)',
    where: ['SetChargingProfile.req connectorId'],
    applies: (value, payload) =>
      purposeIn(payload) === 'ChargePointMaxProfile' ? value !== 0 : purposeIn(payload) === 'TxProfile' && value === 0,
  },
  {
    refusedBy: 'us alone',
    what: 'a transaction of a profile that is not for one, or none of one that is',
    because: 'a TxProfile is for a running transaction (S 7.8; row 49)',
    where: ['SetChargingProfile.req csChargingProfiles.transactionId'],
    applies: (value, payload) => (purposeIn(payload) === 'TxProfile') !== (value !== undefined),
  },
  {
    refusedBy: 'us alone',
    what: 'a transaction of a profile for one that has not begun',
    because: 'its id is not yet known (E 3.41; row 39)',
    where: ['RemoteStartTransaction.req chargingProfile.transactionId'],
    applies: (value) => value !== undefined,
  },
  {
    refusedBy: 'us alone',
    what: 'a remote start with a profile that is not for its transaction',
    because: 'a TxProfile is due (S 5.11)',
    where: ['RemoteStartTransaction.req chargingProfile.chargingProfilePurpose'],
    applies: (value) => value === 'ChargePointMaxProfile' || value === 'TxDefaultProfile',
  },
  {
    refusedBy: 'us alone',
    what: 'a URI of more than 512 characters',
    because: 'chargers have no room for it (row 50)',
    where: LOCATIONS,
    applies: (value) => typeof value === 'string' && value.length > 512,
  },
  {
    refusedBy: 'us alone',
    what: 'a URI whose host or port cannot be',
    because: 'no client could open it',
    where: LOCATIONS,
    applies: (value) => typeof value === 'string' && !URL.canParse(value),
  },
  {
    refusedBy: 'the schema alone',
    what: 'a number of one decimal that ajv divides by 0.1 with a remainder',
    because: 'the remainder is of binary fractions: 0.3 has one decimal (S 7.13, 7.14)',
    where: [...LIMITS, ...REPORTED_LIMITS],
    applies: (value) => typeof value === 'number' && Number(value.toFixed(1)) === value,
  },
  {
    refusedBy: 'us alone',
    what: 'a time with a blank between date and time',
    because: 'ISO 8601 has none; only a remark in RFC 3339 5.6 lets applications use one (row 18)',
    where: TIMES,
    applies: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d\s\d\d:/.test(value),
  },
  {
    refusedBy: 'the schema alone',
    what: 'a time with a comma before its fraction',
    because: 'ISO 8601 has comma and point alike, RFC 3339 only the point (row 18)',
    where: TIMES,
    applies: (value) => typeof value === 'string' && /:\d\d,\d+\D/.test(value),
  },
  {
    refusedBy: 'the schema alone',
    what: 'a second 60 at another time than 23:59 UTC',
    because: 'a clock that counts to 60 is a second off, which is no reason to lose a session (row 12)',
    where: TIMES,
    applies: (value) => typeof value === 'string' && /T\d\d:\d\d:60/i.test(value),
  },
  {
    refusedBy: 'the schema alone',
    what: 'a fraction of so many nines that ajv-formats rounds the second up to 60',
    because: 'any number of fractional digits is read (row 18)',
    where: TIMES,
    applies: (value) => typeof value === 'string' && /:59\.9{15,}/.test(value),
  },
];

interface Difference {
  where: string;
  refusedBy: WantedDifference['refusedBy'];
  value: Json | undefined;
  payload: Json;
}

const profileIn = (payload: Json) => valueAt(payload, ['chargingProfile']) ?? valueAt(payload, ['csChargingProfiles']);

const purposeIn = (payload: Json) => valueAt(profileIn(payload), ['chargingProfilePurpose']);

const ajv = new Ajv({ allErrors: true });
formats.default(ajv);

/** Compiled without their `$id`: `urn:Authorize.req` is no legal URN, and newer resolvers of ajv throw at it. */
const official = new Map(messages.map(({ id }) => [id, ajv.compile({ ...officialSchema(id), $id: undefined })]));

/** The fields that the contract and the official schema find fault with, each as its path. */
function faults({ id, contract }: Message, text: string): { ours: Path[]; theirs: Path[] } {
  const issues = contract.safeParse(parseJson(text)).error?.issues ?? [];
  const ours = issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    return issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...path, name]) : [path];
  });
  const validate = official.get(id);
  validate?.(JSON.parse(text));
  const theirs = (validate?.errors ?? []).map(({ instancePath, params }) => {
    const path = instancePath.split('/').slice(1).map(toPart);
    const name: string | undefined = params.missingProperty ?? params.additionalProperty;
    return name === undefined ? path : [...path, name];
  });
  return { ours, theirs };
}

const toPart = (part: string) => (/^\d+$/.test(part) ? Number(part) : part);

function differences(message: Message, text: string): Difference[] {
  const { ours, theirs } = faults(message, text);
  const payload = parseJson(text) as Json;
  const only = (some: Path[], others: Path[], refusedBy: Difference['refusedBy']) => {
    const known = new Set(others.map((path) => JSON.stringify(path)));
    return some
      .filter((path) => !known.has(JSON.stringify(path)))
      .map((path) => ({
        where: `${message.id} ${fieldName(path)}`,
        refusedBy,
        value: valueAt(payload, path),
        payload,
      }));
  };
  return [...only(ours, theirs, 'us alone'), ...only(theirs, ours, 'the schema alone')];
}

const wantedFor = ({ where, refusedBy, value, payload }: Difference) =>
  wantedDifferences.find(
    (each) => each.refusedBy === refusedBy && each.where.includes(where) && each.applies(value, payload),
  );

const unwanted = (message: Message, payload: Json) =>
  differences(message, toJson(payload)).filter((difference) => wantedFor(difference) === undefined);

/** What is wrong only with several fields together. */
const FURTHER: Record<string, Json[]> = {
  'SendLocalList.req': [{ listVersion: 1, localAuthorizationList: [{ idTag: 'TAG' }], updateType: 'Full' }],
};

/** Every field with every value worth a try, missing, and with a stranger beside it. */
function* systematicPayloads({ id }: Message): Generator<Json> {
  const schema = officialSchema(id);
  yield* FURTHER[id] ?? [];
  const full = fullPayload(schema);
  yield full;
  for (const location of locations(schema, full)) {
    for (const probe of probes(location.schema)) yield replaceAt(full, location.path, probe);
    if (location.path.length > 0) yield replaceAt(full, location.path, undefined);
    if (location.schema.type !== 'object') continue;
    for (const name of STRANGE_NAMES) {
      for (const value of [null, 1, {}]) yield replaceAt(full, [...location.path, name], value);
    }
  }
}

describe.each(messages)('the contract of $id is the official schema', (message) => {
  test('for every field: each likely value, its absence, and a stranger beside it', () => {
    const found = [...systematicPayloads(message)].flatMap((payload) => unwanted(message, payload));

    expect(found).toEqual([]);
  });

  test('for generated legal payloads', () => {
    const legal = validPayload(officialSchema(message.id), anyInteger);

    fc.assert(
      fc.property(legal, (payload) => {
        const { theirs } = faults(message, toJson(payload));

        expect(theirs).toEqual([]);
        expect(unwanted(message, payload)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('for generated broken payloads', () => {
    fc.assert(
      fc.property(mutatedPayload(officialSchema(message.id)), (payload) => {
        expect(unwanted(message, payload)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('for any JSON whatever', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        expect(unwanted(message, payload as Json)).toEqual([]);
      }),
    );
  });
});

test.each(['1.0', '1e2', '1E+2', '-0', '-0.0', '1e-7', '1e400', '9007199254740993.0', '100000000000000000e-17'])(
  'a number written as %s is an integer here where it is one there',
  (literal) => {
    const text = `{"transactionId":${literal},"timestamp":"2026-01-31T12:00:00Z","meterStop":1}`;
    const stopTransaction = messages.find(({ id }) => id === 'StopTransaction.req');

    const found = stopTransaction && differences(stopTransaction, text);

    expect(found).toEqual([]);
  },
);

test('a transaction id of any size is taken, as the schema does', () => {
  const { request } = inbound.StopTransaction;
  const stop = { timestamp: '2026-01-31T12:00:00Z', meterStop: 1 };
  const sizes = [0, -1, 2 ** 31, 2n ** 63n - 1n, -(2n ** 63n), 10n ** 30n];

  const refused = sizes.filter((transactionId) => !request.safeParse({ ...stop, transactionId }).success);

  expect(refused).toEqual([]);
});

test('each wanted difference is hit by a case, at each field that it names', () => {
  const hit = new Set<string>();
  const wanted = wantedDifferences.flatMap(({ what, where }) => where.map((field) => `${field}: ${what}`));

  for (const message of messages) {
    for (const payload of systematicPayloads(message)) {
      for (const difference of differences(message, toJson(payload))) {
        hit.add(`${difference.where}: ${wantedFor(difference)?.what}`);
      }
    }
  }

  expect([...hit].sort()).toEqual(wanted.sort());
});

function valueAt(payload: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((value, part) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    return (value as Record<string | number, Json>)[part];
  }, payload);
}

function isInteger(value: Json | undefined): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function isInt32(value: Json | undefined): boolean {
  return isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
}
