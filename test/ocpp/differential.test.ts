import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { parseJson } from '#shared/ocpp/json.ts';
import { inbound, inboundNames } from '#shared/ocpp/v16/index.ts';
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

const messages: Message[] = inboundNames.flatMap((name) => [
  { id: `${name}.req`, contract: inbound[name].request },
  { id: `${name}.conf`, contract: inbound[name].response },
]);

interface WantedDifference {
  refusedBy: 'us alone' | 'the schema alone';
  what: string;
  because: string;
  /** `<message> <field>` */
  where: readonly string[];
  applies(value: Json | undefined): boolean;
}

const CONNECTOR_IDS = [
  'MeterValues.req connectorId',
  'StartTransaction.req connectorId',
  'StatusNotification.req connectorId',
];

const TIMES = [
  'Authorize.conf idTagInfo.expiryDate',
  'BootNotification.conf currentTime',
  'Heartbeat.conf currentTime',
  'MeterValues.req meterValue[].timestamp',
  'StartTransaction.conf idTagInfo.expiryDate',
  'StartTransaction.req timestamp',
  'StatusNotification.req timestamp',
  'StopTransaction.conf idTagInfo.expiryDate',
  'StopTransaction.req timestamp',
  'StopTransaction.req transactionData[].timestamp',
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
      'StartTransaction.req meterStart',
      'StartTransaction.req reservationId',
      'StartTransaction.conf transactionId',
      'StopTransaction.req meterStop',
    ],
    applies: (value) => isInteger(value) && !isInt32(value),
  },
  {
    refusedBy: 'us alone',
    what: 'an empty list where the specification wants one entry or more',
    because: 'the cardinality is 1..*, which the schema forgot as minItems (S 6.31, 7.33; section 8, empty arrays)',
    where: [
      'MeterValues.req meterValue',
      'MeterValues.req meterValue[].sampledValue',
      'StopTransaction.req transactionData[].sampledValue',
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
}

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
      .map((path) => ({ where: `${message.id} ${fieldName(path)}`, refusedBy, value: valueAt(payload, path) }));
  };
  return [...only(ours, theirs, 'us alone'), ...only(theirs, ours, 'the schema alone')];
}

const wantedFor = ({ where, refusedBy, value }: Difference) =>
  wantedDifferences.find((each) => each.refusedBy === refusedBy && each.where.includes(where) && each.applies(value));

const unwanted = (message: Message, payload: Json) =>
  differences(message, toJson(payload)).filter((difference) => wantedFor(difference) === undefined);

/** Every field with every value worth a try, missing, and with a stranger beside it. */
function* systematicPayloads({ id }: Message): Generator<Json> {
  const schema = officialSchema(id);
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
