import { isDeepStrictEqual } from 'node:util';

export type Matches = (event: unknown) => boolean;

/**
 * An EventBridge pattern as event source mappings filter with: exact values, `exists`, `prefix`, `anything-but`, nested. Throws on anything else.
 */
export function compilePattern(pattern: unknown, path = 'Pattern'): Matches {
  if (!isObject(pattern)) throw new Error(`${path}: expected an object or a list of values`);
  const fields = Object.entries(pattern).map(([key, value]) => {
    if (key.startsWith('$')) throw new Error(`${path}.${key} is not known here`);
    const matches = Array.isArray(value) ? anyOf(value, `${path}.${key}`) : compilePattern(value, `${path}.${key}`);
    return (event: unknown) => matches(isObject(event) ? event[key] : undefined);
  });
  return (event) => fields.every((matches) => matches(event));
}

function anyOf(alternatives: unknown[], path: string): Matches {
  const tests = alternatives.map((alternative) => leaf(alternative, path));
  return (value) => tests.some((test) => test(value));
}

function leaf(alternative: unknown, path: string): Matches {
  if (!isObject(alternative)) return eachValue((value) => value === alternative);
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(alternative);
  if (others.length === 0) {
    if (operator === 'exists' && typeof operand === 'boolean') {
      // Only of a leaf: an object does not exist in this sense.
      return (value) => (value !== undefined && !isObject(value)) === operand;
    }
    if (operator === 'prefix' && typeof operand === 'string') return eachValue(startsWith(operand));
    if (operator === 'anything-but') {
      const excluded = anythingBut(operand, path);
      return eachValue((value) => value !== undefined && !excluded(value));
    }
  }
  throw new Error(`${path}: ${JSON.stringify(alternative)} is not known here`);
}

function anythingBut(operand: unknown, path: string): Matches {
  if (isObject(operand)) {
    if (isDeepStrictEqual(Object.keys(operand), ['prefix']) && typeof operand.prefix === 'string') {
      return startsWith(operand.prefix);
    }
    throw new Error(`${path}: anything-but ${JSON.stringify(operand)} is not known here`);
  }
  const values = Array.isArray(operand) ? operand : [operand];
  return (value) => values.includes(value);
}

/** A list in the event matches when one of its values does. */
function eachValue(test: Matches): Matches {
  return (value) => (Array.isArray(value) ? value.some(test) : test(value));
}

function startsWith(prefix: string): Matches {
  return (value) => typeof value === 'string' && value.startsWith(prefix);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
