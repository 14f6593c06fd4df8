/** Text as chargers write numbers: blanks around it, a decimal comma, a sign, an exponent. */
const DECIMAL = /^\s*([+-]?)(\d*)(?:[.,](\d*))?(?:[eE]([+-]?\d{1,2}))?\s*$/;

/** Above this an energy is no reading but noise: it would not fit an integer without loss. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * A decimal number scaled by a power of ten and rounded half up to an integer, by decimal arithmetic; undefined where the text
 * is no number. `decimalToInteger('1.2345', 3)` is kWh text as Wh: 1235.
 */
export function decimalToInteger(text: string, powerOfTen: number): number | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const shift = powerOfTen + Number(exponent) - fraction.length;
  const magnitude = shift >= 0 ? digits * 10n ** BigInt(shift) : undefined;
  const divisor = 10n ** BigInt(Math.max(0, -shift));
  const negative = sign === '-';
  // Half up means towards +infinity: 0.5 becomes 1, -0.5 becomes 0.
  const rounded = magnitude ?? (digits * 2n + (negative ? divisor - 1n : divisor)) / (divisor * 2n);
  if (rounded > LARGEST) return undefined;
  return Number(negative ? -rounded : rounded);
}
