import { createRequire } from 'node:module';
import fc from 'fast-check';

/** Payloads of OCPP 1.6, legal and broken, drawn from the official JSON schemas that `ocpp-rpc` carries. */

export interface OfficialSchema {
  $id?: string;
  type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  properties?: Record<string, OfficialSchema>;
  required?: string[];
  items?: OfficialSchema;
  enum?: string[];
  maxLength?: number;
  format?: 'date-time' | 'uri';
  multipleOf?: 0.1;
}

/** A JSON value; integers beyond 2^53 are bigint, as parseJson reads them. */
export type Json = null | boolean | number | bigint | string | Json[] | { [name: string]: Json };

export type Path = readonly (string | number)[];

export interface Location {
  path: Path;
  schema: OfficialSchema;
}

const officialSchemas: OfficialSchema[] = createRequire(import.meta.url)('ocpp-rpc/lib/schemas/ocpp1_6.json');

/** `id` is the action with `.req` or `.conf`. */
export function officialSchema(id: string): OfficialSchema {
  const schema = officialSchemas.find(({ $id }) => $id === `urn:${id}`);
  if (!schema) throw new Error(`no official schema for ${id}`);
  return schema;
}

const EMOJI = '😀';

/** Integers that every contract takes. */
const plainInteger: fc.Arbitrary<Json> = fc.integer({ min: 1, max: 300 });

/** Integers that the official schemas take, which name no range. */
export const anyInteger: fc.Arbitrary<Json> = fc.oneof(
  plainInteger,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
);

/** A payload that the schema takes. */
export function validPayload(schema: OfficialSchema, integer = plainInteger): fc.Arbitrary<Json> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.format) return schema.format === 'uri' ? fc.webUrl({ withQueryParameters: true }) : dateTimeText;
  switch (schema.type) {
    case 'integer':
      return integer;
    case 'number':
      return tenths;
    case 'boolean':
      return fc.boolean();
    case 'string':
      return text(schema.maxLength ?? 300);
    case 'array':
      return fc.array(validPayload(itemsOf(schema), integer), { minLength: 1, maxLength: 3 });
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [
        name,
        validPayload(field, integer),
      ]);
      return fc.record<Record<string, Json>, string>(Object.fromEntries(fields), {
        requiredKeys: schema.required ?? [],
      });
    }
  }
}

/** Those that ajv divides by 0.1 without a remainder. */
const tenths = fc
  .integer({ min: 0, max: 100_000 })
  .map((tenth) => tenth / 10)
  .filter((value) => Number.isInteger(value / 0.1));

const text = (maxLength: number) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength }),
    fc.constantFrom('', 'x'.repeat(maxLength), EMOJI.repeat(maxLength), '<b>', "'; --", '日本語'.slice(0, maxLength)),
  );

const dateTimeText = fc
  .record({
    date: fc.date({
      min: new Date('1970-01-01T00:00:00Z'),
      max: new Date('2099-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    separator: fc.constantFrom('T', 't'),
    fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,12}$/)),
    zone: fc.constantFrom('Z', 'z', '+00:00', '-00:00', '+05:30', '-0800', '+14', '+23:59'),
  })
  .map(({ date, separator, fraction, zone }) => {
    const [day, time] = date.toISOString().slice(0, 19).split('T');
    return `${day}${separator}${time}${fraction}${zone}`;
  });

/** The same with every optional field and one entry in each list: the ground on which single values are tried. */
export function fullPayload(schema: OfficialSchema): Json {
  if (schema.enum) return schema.enum[0] ?? '';
  if (schema.format) return schema.format === 'uri' ? 'https://example.com/' : '2026-01-31T12:00:00Z';
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'string':
      return 'x';
    case 'array':
      return [fullPayload(itemsOf(schema))];
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [name, fullPayload(field)]),
      );
  }
}

const WRONG_TYPES: Json[] = [null, true, 0, 1.5, '', 'text', [], [null], [[]], {}, { x: 1 }, 2n ** 63n];

/** Values worth a try where the schema stands, legal and illegal ones. */
export function probes(schema: OfficialSchema): Json[] {
  return [...WRONG_TYPES, ...ownProbes(schema)];
}

function ownProbes(schema: OfficialSchema): Json[] {
  if (schema.enum) {
    const [first = ''] = schema.enum;
    return [...schema.enum, first.toLowerCase(), first.toUpperCase(), `${first} `, 'Faultd'];
  }
  if (schema.format) return schema.format === 'uri' ? URIS : DATE_TIMES;
  if (schema.type === 'integer') return INTEGERS;
  if (schema.type === 'number') return [...INTEGERS, ...DECIMALS];
  if (schema.type !== 'string') return [];
  const length = schema.maxLength ?? 1000;
  return ['x', EMOJI].flatMap((character) => [character.repeat(length), character.repeat(length + 1)]);
}

const INTEGERS: Json[] = [
  -1,
  0,
  1,
  300,
  301,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  Number.MAX_SAFE_INTEGER,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  10n ** 30n,
  1e300,
  -0.5,
  2 ** 31 + 0.5,
  '1',
];

const DECIMALS: Json[] = [0.3, 0.5, 16.1, 16.05, 0.1 + 0.2, 1e-7, 5e-324, 1e21, 123456789.1, '0.5', '16,1'];

const PLACE = 'https://example.com/';

const URIS: Json[] = [
  PLACE.padEnd(512, 'x'),
  PLACE.padEnd(513, 'x'),
  'ftp://user:pa%20ss@example.com:2121/logs/',
  'http://192.0.2.1',
  'https://[2001:db8::1]:8443/a;b=c,d/?e=f&g=/?#h',
  'HTTPS://EXAMPLE.COM',
  'urn:example:firmware',
  'file:///firmware.bin',
  'https://',
  'https://example.com:70000/',
  'https://192.0.2.999/',
  'example.com/logs',
  '//example.com/logs',
  '/logs',
  '1https://example.com/',
  'https:',
  'https:?a',
  'https://example.com/a b',
  ' https://example.com/',
  'https://example.com/\n',
  'https://example.com/%zz',
  'https://example.com/[a]',
  'https://example.com/a#b#c',
  'https://example.com/ü',
  'https://example.com/<a>',
  'https://example.com\\a',
];

const DATE_TIMES: Json[] = [
  '2026-01-31T12:00:00.123456789+01:00',
  '2026-01-31t12:00:00z',
  '2026-01-31T12:00:00+0130',
  '2026-01-31T12:00:00-08',
  '2026-01-31 12:00:00Z',
  '2026-01-31\t12:00:00Z',
  '2026-01-31T12:00:00,5Z',
  '2026-01-31T12:00:60Z',
  '2026-12-31T23:59:60Z',
  '2026-12-31T18:59:60-05:00',
  '2026-12-31T23:59:61Z',
  `2026-01-31T12:00:59.${'9'.repeat(20)}Z`,
  '2026-01-31T12:00:00',
  '2026-01-31T12:00Z',
  '2026-01-31',
  '12:00:00Z',
  'yesterday',
  '2026-02-29T12:00:00Z',
  '2024-02-29T12:00:00Z',
  '1900-02-29T12:00:00Z',
  '0000-02-29T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-00-01T12:00:00Z',
  '2026-01-00T12:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:60:00Z',
  '2026-01-31T12:00:00+24:00',
  '2026-01-31T12:00:00+00:60',
  '2026-01-31T12:00:00.Z',
  '+002026-01-31T12:00:00Z',
  ' 2026-01-31T12:00:00Z',
  '2026-01-31T12:00:00Z\n',
  '２０２６-01-31T12:00:00Z',
];

/** Where a payload that the schema takes has values, the root among them. */
export function locations(schema: OfficialSchema, payload: Json, path: Path = []): Location[] {
  const here = { path, schema };
  if (Array.isArray(payload) && schema.items) {
    const { items } = schema;
    return [here, ...payload.flatMap((entry, index) => locations(items, entry, [...path, index]))];
  }
  if (!isObject(payload)) return [here];
  const within = Object.entries(payload).flatMap(([name, value]) => {
    const field = schema.properties?.[name];
    return field ? locations(field, value, [...path, name]) : [];
  });
  return [here, ...within];
}

/** A copy in which `value` stands at `path`; undefined takes away what stood there. */
export function replaceAt(payload: Json, path: Path, value: Json | undefined): Json {
  const [part, ...rest] = path;
  if (part === undefined) return value ?? null;
  if (Array.isArray(payload)) {
    return payload.flatMap((entry, index) => {
      if (index !== part) return [entry];
      if (rest.length > 0) return [replaceAt(entry, rest, value)];
      return value === undefined ? [] : [value];
    });
  }
  const fields = isObject(payload) ? Object.entries(payload) : [];
  const others = fields.filter(([name]) => name !== part);
  if (rest.length === 0) return Object.fromEntries(value === undefined ? others : [...others, [part, value]]);
  const inner = fields.find(([name]) => name === part)?.[1] ?? null;
  return Object.fromEntries([...others, [part, replaceAt(inner, rest, value)]]);
}

/** Names that a schema does not know, some of which a careless program trips over. */
export const STRANGE_NAMES = ['extra', '__proto__', 'constructor', 'toString', '', 'a/b~c', 'IDTAG'] as const;

type Mutation =
  | { kind: 'replace'; where: number; value: Json | undefined; probe: number }
  | { kind: 'add'; where: number; name: string; value: Json };

const anyJson = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    kind: fc.constant('replace' as const),
    where: fc.nat(),
    value: fc.option(anyJson, { nil: undefined }),
    probe: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('add' as const),
    where: fc.nat(),
    name: fc.constantFrom(...STRANGE_NAMES),
    value: anyJson,
  }),
);

/** A payload with one to three wounds: a field gone, replaced by anything at all or by a likely value, or one that nobody knows. */
export function mutatedPayload(schema: OfficialSchema): fc.Arbitrary<Json> {
  return fc
    .tuple(validPayload(schema), fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([payload, mutations]) => mutations.reduce((wounded, each) => mutate(schema, wounded, each), payload));
}

function mutate(schema: OfficialSchema, payload: Json, change: Mutation): Json {
  const places = locations(schema, payload).filter(
    ({ schema: { type } }) => change.kind === 'replace' || type === 'object',
  );
  const place = places[change.where % places.length];
  if (!place) return payload;
  if (change.kind === 'add') return replaceAt(payload, [...place.path, change.name], change.value);
  const likely = probes(place.schema);
  const value = change.probe % 3 === 0 ? change.value : likely[change.probe % likely.length];
  return replaceAt(payload, place.path, value);
}

/** A payload that every contract takes, the same with properties that no schema knows, and the fields that were added. */
export function payloadWithExtras(
  schema: OfficialSchema,
): fc.Arbitrary<{ payload: Json; extended: Json; added: string[] }> {
  const extra = fc.record({
    where: fc.nat(),
    name: fc.oneof(fc.constantFrom(...STRANGE_NAMES), fc.string()),
    value: anyJson,
  });
  return fc.tuple(validPayload(schema), fc.array(extra, { maxLength: 6 })).map(([payload, extras]) => {
    const objects = locations(schema, payload).filter(({ schema: { type } }) => type === 'object');
    const added = new Map<string, { path: Path; value: Json }>();
    for (const { where, name, value } of extras) {
      const place = objects[where % objects.length];
      if (!place || Object.hasOwn(place.schema.properties ?? {}, name)) continue;
      const path = [...place.path, name];
      added.set(JSON.stringify(path), { path, value });
    }
    const extended = [...added.values()].reduce((to, { path, value }) => replaceAt(to, path, value), payload);
    return { payload, extended, added: [...added.values()].map(({ path }) => fieldName(path)) };
  });
}

/** `meterValue[].timestamp`: where, with list positions left out. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}

/** JSON.stringify that writes bigint as the integer that it is, and sorts names so that equal values make equal texts. */
export function toJson(value: Json): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${toJson(field)}`).join(',')}}`;
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function itemsOf(schema: OfficialSchema): OfficialSchema {
  if (!schema.items) throw new Error('a list without a schema for its entries');
  return schema.items;
}
