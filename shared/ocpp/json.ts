const MANY_DIGITS = /\d{16}/;

/** JSON.parse that keeps integers beyond 2^53 whole, as bigint: real transaction ids are that large. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return MANY_DIGITS.test(text) ? JSON.parse(text, keepLargeIntegers) : JSON.parse(text);
}

function keepLargeIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Half of a character that takes two places, written as an escape: legal JSON, but no text that could be stored. */
const ESCAPED_HALF = /\\u[dD][89a-fA-F]/;

export const mayHoldHalves = (text: string): boolean => ESCAPED_HALF.test(text);

/** The same value with U+FFFD for each half. Throws RangeError where it is nested too deep. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name.toWellFormed(), wellFormed(held)]));
}
