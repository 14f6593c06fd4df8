import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutEmptyValues } from '#shared/ocpp/repair.ts';

test.each([
  ['{"a":}', '{}'],
  ['{"a":,"b":1}', '{"b":1}'],
  ['{"b":1,"a":}', '{"b":1}'],
  ['{"b":1,"a":,"c":2}', '{"b":1,"c":2}'],
  ['{"a":,"b":,"c":}', '{}'],
  ['{ "a" : , "b" : 1 , "c" : }', '{ "b" : 1 }'],
  ['[2,"id","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[]}]', undefined],
  ['{"a":"\\"b\\":,","c":}', '{"a":"\\"b\\":,"}'],
] as const)('a name without a value goes, with one comma: %s', (broken, whole) => {
  const expected = whole ?? '[2,"id","MeterValues",{"connectorId":1,"meterValue":[]}]';

  const repaired = withoutEmptyValues(broken);

  expect(JSON.parse(String(repaired))).toEqual(JSON.parse(expected));
});

test('in JSON there is nothing to repair, whatever its texts hold', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('"a":,', '{"a":}', '\\', '\\":,', ',"x":'));

  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.dictionary(text, text), (value, texts) => {
      expect(withoutEmptyValues(JSON.stringify([value, texts]))).toBeUndefined();
    }),
  );
});

test('any fields that lose their values are dropped, and the others stay', () => {
  const fields = fc.uniqueArray(fc.tuple(fc.string(), fc.jsonValue({ maxDepth: 2 }), fc.boolean()), {
    selector: ([name]) => name,
    minLength: 1,
  });

  fc.assert(
    fc.property(fields, (all) => {
      fc.pre(all.some(([, , lost]) => lost) && all.every(([name]) => name !== '__proto__'));
      const broken = all.map(([name, value, lost]) => `${JSON.stringify(name)}:${lost ? '' : JSON.stringify(value)}`);

      const repaired = withoutEmptyValues(`{${broken.join(',')}}`);

      const kept = all.filter(([, , lost]) => !lost).map(([name, value]) => [name, value]);
      expect(JSON.parse(String(repaired))).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(kept))));
    }),
  );
});

test('a text of the longest message that never ends takes no longer than it is long', () => {
  const long = `{"a":,"${'\\"'.repeat(60_000)}`;

  expect(withoutEmptyValues(long)).toBe(`{"${'\\"'.repeat(60_000)}`);
});
