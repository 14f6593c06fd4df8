import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalToInteger } from '#shared/domain/energy.ts';

describe('kWh text as Wh', () => {
  test.each([
    ['1.2345', 1235],
    ['1.2344', 1234],
    ['1.2345000000000000000000001', 1235],
    ['0.0005', 1],
    ['0.00049999999999999999999', 0],
    ['1.005', 1005],
    ['8.3', 8300],
    ['4.35', 4350],
    ['12,5', 12_500],
    ['  7.25\t', 7250],
    ['+3', 3000],
    ['-0.0005', 0],
    ['-0.0006', -1],
    ['-1.5', -1500],
    ['.5', 500],
    ['5.', 5000],
    ['1e-3', 1],
    ['1.5E2', 150_000],
    ['2e+1', 20_000],
    ['000001', 1000],
    ['9007199254740.991', Number.MAX_SAFE_INTEGER],
  ])('%j is %i', (text, wattHours) => {
    expect(decimalToInteger(text, 3)).toBe(wattHours);
  });

  test.each([
    '',
    ' ',
    '.',
    ',',
    '-',
    '+.',
    'e5',
    '1e',
    'abc',
    '1.2.3',
    '1,234.5',
    '1 000',
    '--1',
    '0x10',
    'NaN',
    'Infinity',
    '1e999',
    '٣',
    '1_000',
    '5 kWh',
    '9007199254740.992',
    '9e99',
  ])('%j is no energy', (text) => {
    expect(decimalToInteger(text, 3)).toBeUndefined();
  });

  test('is never minus zero', () => {
    expect(Object.is(decimalToInteger('-0', 3), 0)).toBe(true);
  });

  test('is no number for text of a whole message', () => {
    expect(decimalToInteger('9'.repeat(100_000), 3)).toBeUndefined();
    expect(decimalToInteger(' '.repeat(100_000), 3)).toBeUndefined();
  });
});

const digits = (constraints: fc.StringConstraints) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), ...constraints });

const decimals = fc.record({
  sign: fc.constantFrom('', '+', '-'),
  whole: digits({ minLength: 1, maxLength: 8 }),
  separator: fc.constantFrom('.', ','),
  fraction: fc.option(digits({ maxLength: 12 }), { nil: undefined }),
  exponent: fc.option(fc.integer({ min: -12, max: 3 }), { nil: undefined }),
  before: fc.constantFrom('', ' ', '\t '),
  after: fc.constantFrom('', '  ', '\r\n'),
  power: fc.constantFrom(0, 3),
});

const floorOf = (numerator: bigint, denominator: bigint) => {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
};

test('any decimal is scaled without loss and rounded half up', () => {
  fc.assert(
    fc.property(decimals, ({ sign, whole, separator, fraction, exponent, before, after, power }) => {
      const text = [
        before,
        sign,
        whole,
        fraction === undefined ? '' : `${separator}${fraction}`,
        exponent === undefined ? '' : `e${exponent}`,
        after,
      ].join('');

      const result = decimalToInteger(text, power);

      // As a fraction: all digits over a power of ten that no exponent here can make fractional.
      const numerator =
        BigInt(`${whole}${fraction ?? ''}`) * 10n ** BigInt(power + 12 + (exponent ?? 0)) * (sign === '-' ? -1n : 1n);
      const denominator = 10n ** BigInt(12 + (fraction ?? '').length);
      expect(result).toBe(Number(floorOf(2n * numerator + denominator, 2n * denominator)));
    }),
    { numRuns: 500 },
  );
});

test('no text at all makes it throw, or answer anything but a safe integer', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.,eE+- \n\u00a0xé') }), (text) => {
      const result = decimalToInteger(text, 3);

      expect(result === undefined || Number.isSafeInteger(result)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
