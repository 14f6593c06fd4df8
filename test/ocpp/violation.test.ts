import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '#shared/ocpp/errors.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import { type InboundName, inbound } from '#shared/ocpp/v16/index.ts';
import { judge, type Strictness, type Violation } from '#shared/ocpp/violation.ts';
import { type Json, toJson } from '#test/support/ocpp-arbitraries.ts';

const noon = '2026-01-31T12:00:00Z';
const DEPTH = 20_000;

const boot = { chargePointVendor: 'Acme', chargePointModel: 'One' };
const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
const start = { connectorId: 1, idTag: 'TAG', meterStart: 0, timestamp: noon };
const stop = { transactionId: 7, meterStop: 10, timestamp: noon };
const meter = (sampledValue: Json, timestamp: Json = noon): Json => ({
  connectorId: 1,
  meterValue: [{ timestamp, sampledValue }],
});

type Outcome = { request: unknown; flags: string[] } | { refused: ErrorCode; description: string; flags: string[] };

/** What becomes of a payload on its way from the text of a frame to a handler. */
function read(action: InboundName, payload: Json | { text: string }, strictness: Strictness): Outcome {
  const text = isText(payload) ? payload.text : toJson(payload);
  const frame = parseFrame(`[2,"id","${action}",${text}]`);
  if (frame.kind !== 'call') throw new Error(`${frame.kind}: ${'reason' in frame && frame.reason}`);
  const judgement = judge(inbound[action], frame.payload, strictness);
  const flags = judgement.violations.map(flag);
  if (judgement.ok) return { request: judgement.request, flags };
  return { refused: judgement.error.code, description: judgement.error.message, flags };
}

const isText = (payload: Json | { text: string }): payload is { text: string } =>
  typeof payload === 'object' && payload !== null && 'text' in payload && typeof payload.text === 'string';

const flag = ({ field, rule }: Violation) => `${field}: ${rule}`;

interface Case {
  title: string;
  action: InboundName;
  payload: Json | { text: string };
  /** What a tolerant reader goes on with; the payload itself where it is left out. */
  request?: Json;
  flag: string;
  /** The code of the refusal by a strict reader. */
  strict: ErrorCode;
}

/** Forgiven by a tolerant reader, refused by a strict one. */
const forgiven: Case[] = [
  {
    title: 'row 12: an unknown property',
    action: 'StatusNotification',
    payload: { ...status, colour: 'red' },
    request: status,
    flag: 'colour: unknown property',
    strict: 'FormationViolation',
  },
  {
    title: 'row 12: an unknown property deep inside',
    action: 'MeterValues',
    payload: meter([{ value: '1', colour: { a: [1] } }]),
    request: meter([{ value: '1' }]),
    flag: 'meterValue[].sampledValue[].colour: unknown property',
    strict: 'FormationViolation',
  },
  {
    title: 'row 12: an overlong optional string',
    action: 'StatusNotification',
    payload: { ...status, info: 'x'.repeat(51) },
    request: status,
    flag: 'info: at most 50 characters',
    strict: 'PropertyConstraintViolation',
  },
  {
    title: 'row 12: an unknown value of an optional enum',
    action: 'StopTransaction',
    payload: { ...stop, reason: 'Boredom' },
    request: stop,
    flag: 'reason: not one of the allowed values',
    strict: 'PropertyConstraintViolation',
  },
  {
    title: 'row 12: a blank for an optional enum deep inside',
    action: 'MeterValues',
    payload: meter([{ value: '1', context: '', unit: 'Wh' }]),
    request: meter([{ value: '1', unit: 'Wh' }]),
    flag: 'meterValue[].sampledValue[].context: not one of the allowed values',
    strict: 'PropertyConstraintViolation',
  },
  ...['measurand', 'unit', 'phase', 'context', 'format', 'location'].map((field) => ({
    title: `row 41: an unknown ${field} of a value, which is kept, since its default would say something else`,
    action: 'MeterValues' as const,
    payload: meter([{ value: '230000', [field]: 'Voltage.Neutral' }]),
    request: meter([{ value: '230000', [field]: 'Voltage.Neutral' }]),
    flag: `meterValue[].sampledValue[].${field}: not one of the allowed values`,
    strict: 'PropertyConstraintViolation' as const,
  })),
  {
    title: 'row 41: an unknown context beside a known unit',
    action: 'MeterValues',
    payload: meter([{ value: '1', context: 'Sample.Sometimes', unit: 'Wh' }]),
    request: meter([{ value: '1', context: 'Sample.Sometimes', unit: 'Wh' }]),
    flag: 'meterValue[].sampledValue[].context: not one of the allowed values',
    strict: 'PropertyConstraintViolation',
  },
  {
    title: 'row 12: an overlong optional idTag',
    action: 'StopTransaction',
    payload: { ...stop, idTag: 'x'.repeat(21) },
    request: stop,
    flag: 'idTag: at most 20 characters',
    strict: 'PropertyConstraintViolation',
  },
  {
    title: 'row 26: a vendor of 21 characters, which is kept whole',
    action: 'BootNotification',
    payload: { ...boot, chargePointVendor: 'x'.repeat(21) },
    flag: 'chargePointVendor: at most 20 characters',
    strict: 'PropertyConstraintViolation',
  },
  {
    title: 'row 26: a model of 21 characters, which is kept whole',
    action: 'BootNotification',
    payload: { ...boot, chargePointModel: 'x'.repeat(21) },
    flag: 'chargePointModel: at most 20 characters',
    strict: 'PropertyConstraintViolation',
  },
  {
    title: 'section 8: an empty meterValue list',
    action: 'MeterValues',
    payload: { connectorId: 1, meterValue: [] },
    flag: 'meterValue: at least one entry is due',
    strict: 'OccurenceConstraintViolation',
  },
  {
    title: 'section 8: an empty sampledValue list',
    action: 'MeterValues',
    payload: meter([]),
    flag: 'meterValue[].sampledValue: at least one entry is due',
    strict: 'OccurenceConstraintViolation',
  },
  {
    title: 'section 8: a numeric value',
    action: 'MeterValues',
    payload: meter([{ value: 12.5 }]),
    request: meter([{ value: '12.5' }]),
    flag: 'meterValue[].sampledValue[].value: string is due',
    strict: 'TypeConstraintViolation',
  },
  {
    title: 'section 8: a numeric value beyond 2^53',
    action: 'MeterValues',
    payload: meter([{ value: 2n ** 63n - 1n }]),
    request: meter([{ value: '9223372036854775807' }]),
    flag: 'meterValue[].sampledValue[].value: string is due',
    strict: 'TypeConstraintViolation',
  },
  {
    title: 'section 8: a time without a zone, which is taken as UTC',
    action: 'StartTransaction',
    payload: { ...start, timestamp: '2026-01-31T12:00:00' },
    request: { ...start, timestamp: '2026-01-31T12:00:00Z' },
    flag: 'timestamp: an ISO 8601 date and time with a zone is due',
    strict: 'PropertyConstraintViolation',
  },
  {
    title: 'section 8: a time without a zone deep inside',
    action: 'MeterValues',
    payload: meter([{ value: '1' }], '2026-01-31T12:00:00.5'),
    request: meter([{ value: '1' }], '2026-01-31T12:00:00.5Z'),
    flag: 'meterValue[].timestamp: an ISO 8601 date and time with a zone is due',
    strict: 'PropertyConstraintViolation',
  },
];

describe.each(forgiven)('$title', ({ action, payload, request = payload, flag, strict }) => {
  test('is forgiven and flagged when tolerant', () => {
    expect(read(action, payload, 'tolerant')).toEqual({ request, flags: [flag] });
  });

  test(`is ${strict} when strict, and the description names field and rule (row 13)`, () => {
    expect(read(action, payload, 'strict')).toEqual({ refused: strict, description: flag, flags: [flag] });
  });
});

/** Refused by both: what it is, its action, its payload, and the description of the refusal. */
type Refused = [string, InboundName, Json | { text: string }, string];

const big = 2n ** 63n - 1n;
const noTime = 'timestamp: an ISO 8601 date and time with a zone is due';
const infinite = { text: `{"transactionId":1e400,"meterStop":1,"timestamp":"${noon}"}` };

const missing: Refused[] = [
  ['row 12: a missing mandatory string', 'BootNotification', { chargePointVendor: 'A' }, 'chargePointModel: missing'],
  [
    'row 12: a missing mandatory enum',
    'StatusNotification',
    { connectorId: 1, errorCode: 'NoError' },
    'status: missing',
  ],
  ['row 12: a missing mandatory list', 'MeterValues', { connectorId: 1 }, 'meterValue: missing'],
  ['row 12: a missing transactionId', 'StopTransaction', { meterStop: 1, timestamp: noon }, 'transactionId: missing'],
  ['row 12: missing deep inside', 'MeterValues', meter([{ unit: 'Wh' }]), 'meterValue[].sampledValue[].value: missing'],
  ['row 12: missing beside an unknown one', 'Authorize', { id: 'TAG' }, 'idTag: missing'],
  ['row 14: null where a field is mandatory', 'Authorize', null, 'idTag: missing'],
  [
    'section 8: idTag missing',
    'StartTransaction',
    { connectorId: 1, meterStart: 0, timestamp: noon },
    'idTag: missing',
  ],
];

const ofWrongType: Refused[] = [
  ['row 12: a number for a string', 'DataTransfer', { vendorId: 5 }, 'vendorId: string is due'],
  ['row 12: a string for a number', 'StartTransaction', { ...start, connectorId: '1' }, 'connectorId: number is due'],
  ['row 12: null for an optional string', 'StatusNotification', { ...status, info: null }, 'info: string is due'],
  ['row 12: a number for an optional enum', 'StopTransaction', { ...stop, reason: 1 }, 'reason: string is due'],
  ['row 12: an object for a list', 'MeterValues', { connectorId: 1, meterValue: {} }, 'meterValue: array is due'],
  ['row 12: a list for an object', 'MeterValues', { connectorId: 1, meterValue: [[]] }, 'meterValue[]: object is due'],
  ['row 20: 2^63-1 for a string', 'Authorize', { idTag: big }, 'idTag: string is due'],
  ['row 20: 2^63-1 for an enum', 'StatusNotification', { ...status, status: big }, 'status: string is due'],
  ['row 20: 2^63-1 for a list', 'MeterValues', { connectorId: 1, meterValue: big }, 'meterValue: array is due'],
  ['row 20: 2^63-1 for a time', 'StartTransaction', { ...start, timestamp: big }, 'timestamp: string is due'],
  ['section 8: idTag null', 'StartTransaction', { ...start, idTag: null }, 'idTag: string is due'],
  ['section 8: meterStart 1.5', 'StartTransaction', { ...start, meterStart: 1.5 }, 'meterStart: integer is due'],
  [
    'section 8: transactionId 1.5',
    'StopTransaction',
    { ...stop, transactionId: 1.5 },
    'transactionId: an integer is due',
  ],
  ['section 8: transactionId 1e400', 'StopTransaction', infinite, 'transactionId: an integer is due'],
  [
    'section 8: transactionId "7"',
    'StopTransaction',
    { ...stop, transactionId: '7' },
    'transactionId: an integer is due',
  ],
];

const illegal: Refused[] = [
  ['row 12: an overlong string', 'DataTransfer', { vendorId: 'x'.repeat(256) }, 'vendorId: at most 255 characters'],
  ['row 19: an idTag of 21 characters', 'Authorize', { idTag: 'x'.repeat(21) }, 'idTag: at most 20 characters'],
  ['section 8: idTag', 'StartTransaction', { ...start, idTag: 'x'.repeat(21) }, 'idTag: at most 20 characters'],
  ['section 8: Faultd', 'StatusNotification', { ...status, status: 'Faultd' }, 'status: not one of the allowed values'],
  ['section 8: meterStart 2^31', 'StartTransaction', { ...start, meterStart: 2 ** 31 }, 'meterStart: out of range'],
  [
    'section 8: meterStart -2^31-1',
    'StartTransaction',
    { ...start, meterStart: -2147483649 },
    'meterStart: out of range',
  ],
  ['section 8: meterStart 2^63-1', 'StartTransaction', { ...start, meterStart: big }, 'meterStart: out of range'],
  ['section 8: meterStart 1e300', 'StartTransaction', { ...start, meterStart: 1e300 }, 'meterStart: out of range'],
  ['section 8: meterStop 2^31', 'StopTransaction', { ...stop, meterStop: 2 ** 31 }, 'meterStop: out of range'],
  ['section 8: yesterday', 'StartTransaction', { ...start, timestamp: 'yesterday' }, noTime],
  ['section 8: yesterday in an optional field', 'StatusNotification', { ...status, timestamp: 'yesterday' }, noTime],
  ['section 8: connectorId -1', 'StartTransaction', { ...start, connectorId: -1 }, 'connectorId: out of range'],
  [
    'section 8: connectorId -1 of a status',
    'StatusNotification',
    { ...status, connectorId: -1 },
    'connectorId: out of range',
  ],
];

describe.each([
  { code: 'OccurenceConstraintViolation', cases: missing },
  { code: 'TypeConstraintViolation', cases: ofWrongType },
  { code: 'PropertyConstraintViolation', cases: illegal },
])('row 13: $code for tolerant and strict alike, with field and rule in its description', ({ code, cases }) => {
  test.each(cases)('%s', (_title, action, payload, description) => {
    const outcomes = (['tolerant', 'strict'] as const).map((strictness) => read(action, payload, strictness));

    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ refused: code, description });
      expect(outcome.flags).toContain(description);
    }
  });
});

/** Legal for both, and handed on as it came. */
const legal: [string, InboundName, Json][] = [
  ['row 19: an idTag of 20 characters in mixed case', 'Authorize', { idTag: 'aBcDeFgHiJkLmNoPqRsT' }],
  ['row 19: an idTag of 20 characters of two units each', 'Authorize', { idTag: '😀'.repeat(20) }],
  ['row 20: transactionId 2^63-1', 'StopTransaction', { ...stop, transactionId: 2n ** 63n - 1n }],
  [
    'row 20: transactionId 2^53+1 in MeterValues',
    'MeterValues',
    {
      connectorId: 1,
      transactionId: 2n ** 53n + 1n,
      meterValue: [{ timestamp: noon, sampledValue: [{ value: '1' }] }],
    },
  ],
  ['section 8: a transactionId of 30 digits', 'StopTransaction', { ...stop, transactionId: 10n ** 30n }],
  ['section 8: transactionId 0', 'StopTransaction', { ...stop, transactionId: 0 }],
  ['section 8: transactionId -1', 'StopTransaction', { ...stop, transactionId: -1 }],
  ['section 8: meterStart at the end of 32 bits', 'StartTransaction', { ...start, meterStart: 2 ** 31 - 1 }],
  ['section 8: a time with offset', 'StartTransaction', { ...start, timestamp: '2026-01-31T12:00:00+05:30' }],
  [
    'section 8: a time with nine fractional digits',
    'StartTransaction',
    { ...start, timestamp: '2026-01-31T12:00:00.123456789Z' },
  ],
  ['section 8: a time with lower-case t and z', 'StartTransaction', { ...start, timestamp: '2026-01-31t12:00:00z' }],
  ['section 8: an empty text as value', 'MeterValues', meter([{ value: '' }])],
  ['section 8: a decimal comma in a value', 'MeterValues', meter([{ value: '1,5' }])],
  [
    'section 8: connectorId 999',
    'MeterValues',
    { connectorId: 999, meterValue: [{ timestamp: noon, sampledValue: [{ value: '1' }] }] },
  ],
  ['section 8: connectorId 0 in StartTransaction', 'StartTransaction', { ...start, connectorId: 0 }],
  ['section 8: HTML in info', 'StatusNotification', { ...status, info: '<script>alert(1)</script>' }],
  [
    'row 37: an empty transactionData list, whose cardinality is 0..* (S 6.49)',
    'StopTransaction',
    { ...stop, transactionData: [] },
  ],
];

test.each(legal)('%s is legal for both', (_title, action, payload) => {
  const outcomes = (['tolerant', 'strict'] as const).map((strictness) => read(action, payload, strictness));

  const expected = { request: payload, flags: [] };
  expect(outcomes).toEqual([expected, expected]);
});

describe('row 14: null as payload', () => {
  test.each(['tolerant', 'strict'] as const)('is {} for a request without fields when %s', (strictness) => {
    expect(read('Heartbeat', null, strictness)).toEqual({ request: {}, flags: [] });
  });
});

describe('row 12: a payload that is no object', () => {
  test.each([
    ['a list', []],
    ['a string', 'text'],
    ['a number', 5],
    ['an integer beyond 2^53', 2n ** 63n],
    ['true', true],
    ['null', null],
    ['nothing', undefined],
  ])('is FormationViolation: %s', (_, payload) => {
    for (const strictness of ['tolerant', 'strict'] as const) {
      const judgement = judge(inbound.Heartbeat, payload, strictness);

      expect(judgement).toMatchObject({
        ok: false,
        error: { code: 'FormationViolation', message: 'payload: an object is due' },
      });
    }
  });
});

describe('row 12: of several violations', () => {
  test('every one is reported, also several unknown properties of one object', () => {
    const payload = { ...status, a: 1, b: 2, info: 'x'.repeat(51), timestamp: '2026-01-31T12:00:00' };

    const { flags } = read('StatusNotification', payload, 'tolerant');

    expect(flags.sort()).toEqual([
      'a: unknown property',
      'b: unknown property',
      'info: at most 50 characters',
      'timestamp: an ISO 8601 date and time with a zone is due',
    ]);
  });

  test('the forgivable ones do not save a payload from the others, and are not named by the refusal', () => {
    const payload = { ...start, extra: 1, timestamp: '2026-01-31T12:00:00', meterStart: 2 ** 31 };

    expect(read('StartTransaction', payload, 'tolerant')).toMatchObject({
      refused: 'PropertyConstraintViolation',
      description: 'meterStart: out of range',
    });
  });

  test('all are forgiven where each can be', () => {
    const payload: Json = {
      ...stop,
      extra: 1,
      reason: 'Boredom',
      transactionData: [
        {
          timestamp: '2026-01-31T12:00:00',
          sampledValue: [
            { value: 1, unit: 'parsec' },
            { value: '2', x: 1, y: 2 },
          ],
        },
        { timestamp: noon, sampledValue: [], z: 1 },
      ],
    };

    const outcome = read('StopTransaction', payload, 'tolerant');

    expect(outcome).toMatchObject({
      request: {
        ...stop,
        transactionData: [
          { timestamp: noon, sampledValue: [{ value: '1', unit: 'parsec' }, { value: '2' }] },
          { timestamp: noon, sampledValue: [] },
        ],
      },
    });
    expect(outcome.flags).toHaveLength(9);
  });
});

describe('section 8: an unknown property that is hostile', () => {
  const deepList = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
  const deepObject = '{"a":'.repeat(DEPTH) + 1 + '}'.repeat(DEPTH);

  test.each([
    ['lists nested to depth 20,000', deepList],
    ['objects nested to depth 20,000', deepObject],
  ])('is stripped and flagged: %s', (_, value) => {
    const atTheTop = { text: `{"idTag":"TAG","x":${value}}` };
    const inside = {
      text: `{"connectorId":1,"meterValue":[{"timestamp":"${noon}","sampledValue":[{"value":"1","x":${value}}]}]}`,
    };

    expect(read('Authorize', atTheTop, 'tolerant')).toEqual({
      request: { idTag: 'TAG' },
      flags: ['x: unknown property'],
    });
    expect(read('MeterValues', inside, 'tolerant')).toEqual({
      request: meter([{ value: '1' }]),
      flags: ['meterValue[].sampledValue[].x: unknown property'],
    });
    expect(read('Authorize', atTheTop, 'strict')).toMatchObject({ refused: 'FormationViolation' });
  });

  test.each([
    ['a string', 'Authorize', '{"idTag":@}'],
    ['an integer', 'StartTransaction', `{"connectorId":@,"idTag":"TAG","meterStart":0,"timestamp":"${noon}"}`],
    ['a transactionId', 'StopTransaction', `{"transactionId":@,"meterStop":1,"timestamp":"${noon}"}`],
    ['an enum', 'FirmwareStatusNotification', '{"status":@}'],
    ['a time', 'StartTransaction', '{"connectorId":1,"idTag":"TAG","meterStart":0,"timestamp":@}'],
    ['a value', 'MeterValues', `{"connectorId":1,"meterValue":[{"timestamp":"${noon}","sampledValue":[{"value":@}]}]}`],
  ] as const)('is TypeConstraintViolation where %s is due, at any depth', (_, action, template) => {
    for (const strictness of ['tolerant', 'strict'] as const) {
      expect(read(action, { text: template.replace('@', deepObject) }, strictness)).toMatchObject({
        refused: 'TypeConstraintViolation',
      });
    }
  });

  test('does not lend its fields to the payload: __proto__', () => {
    const borrowed = { text: '{"__proto__":{"idTag":"TAG"}}' };
    const beside = { text: '{"idTag":"TAG","__proto__":{"idTag":"OTHER"}}' };

    expect(read('Authorize', borrowed, 'tolerant')).toMatchObject({ refused: 'OccurenceConstraintViolation' });
    expect(read('Authorize', beside, 'tolerant')).toEqual({
      request: { idTag: 'TAG' },
      flags: ['__proto__: unknown property'],
    });
    expect(read('Authorize', beside, 'strict')).toMatchObject({ refused: 'FormationViolation' });
  });

  test('has a name that is cut to what a description and a table key can bear', () => {
    const { flags } = read('Authorize', { idTag: 'TAG', ['x'.repeat(10_000)]: 1 }, 'tolerant');

    expect(flags).toEqual([`${'x'.repeat(100)}: unknown property`]);
  });

  test('is stripped from ten thousand places', () => {
    const sampledValue = Array.from({ length: 10_000 }, () => ({ value: 1, x: 1 }));

    const outcome = read('MeterValues', meter(sampledValue), 'tolerant');

    expect(outcome.flags).toHaveLength(20_000);
  });
});
