import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDateTime, parseDateTime } from '#shared/ocpp/date-time.ts';

/** A day from each end of the years that four digits can write, so that no offset leaves them. */
const FIRST = Date.parse('0000-01-02T00:00:00Z');
const LAST = Date.parse('9999-12-30T23:59:59Z');

const offset = fc
  .record({ sign: fc.constantFrom(1, -1), hours: fc.nat(23), minutes: fc.nat(59), short: fc.constantFrom(0, 1, 2) })
  .map(({ sign, hours, minutes, short }) => {
    const text = `${sign < 0 ? '-' : '+'}${two(hours)}`;
    if (short === 0) return { text, minutes: sign * hours * 60 };
    return { text: `${text}${short === 1 ? ':' : ''}${two(minutes)}`, minutes: sign * (hours * 60 + minutes) };
  });

const zone = fc.oneof(
  fc.constantFrom('Z', 'z').map((text) => ({ text, minutes: 0 })),
  offset,
);

const instant = fc.integer({ min: FIRST, max: LAST });

/** The instant as a charger in that zone would write it, with its milliseconds and whatever digits follow. */
function write(epochMs: number, minutes: number, separator: string, point: string, moreDigits: string): string {
  const local = new Date(epochMs + minutes * 60_000).toISOString();
  return `${local.slice(0, 10)}${separator}${local.slice(11, 19)}${point}${local.slice(20, 23)}${moreDigits}`;
}

describe('a time is read', () => {
  test('row 18: to the same millisecond, whatever its offset and its fractional digits', () => {
    const forms = fc.record({
      epochMs: instant,
      zone,
      separator: fc.constantFrom('T', 't'),
      point: fc.constantFrom('.', ','),
      moreDigits: fc.stringMatching(/^[0-9]{0,12}$/),
    });

    fc.assert(
      fc.property(forms, ({ epochMs, zone, separator, point, moreDigits }) => {
        const text = write(epochMs, zone.minutes, separator, point, moreDigits) + zone.text;

        expect(parseDateTime(text)).toEqual({ epochMs, zoned: true });
      }),
      { numRuns: 2000 },
    );
  });

  test('row 18: with fewer than three fractional digits, or none', () => {
    fc.assert(
      fc.property(instant, zone, fc.nat(2), (epochMs, zone, digits) => {
        const step = 10 ** (3 - digits);
        const rounded = Math.floor(epochMs / step) * step;
        const whole = write(rounded, zone.minutes, 'T', '.', '');
        const text = digits === 0 ? whole.slice(0, 19) : whole.slice(0, 20 + digits);

        expect(parseDateTime(text + zone.text)).toEqual({ epochMs: rounded, zoned: true });
      }),
      { numRuns: 1000 },
    );
  });

  test('without a zone as UTC, and says so', () => {
    fc.assert(
      fc.property(instant, (epochMs) => {
        expect(parseDateTime(write(epochMs, 0, 'T', '.', ''))).toEqual({ epochMs, zoned: false });
      }),
    );
  });

  test('row 18: as it is sent: UTC with Z and three fractional digits', () => {
    fc.assert(
      fc.property(instant, (epochMs) => {
        const text = formatDateTime(epochMs);

        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(parseDateTime(text)).toEqual({ epochMs, zoned: true });
      }),
    );
  });

  test.each([
    ['2026-01-31T12:00:00.123456789+01:00', '2026-01-31T11:00:00.123Z'],
    ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T23:30:00-01:30', '2026-02-01T01:00:00.000Z'],
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2000-02-29T12:00:00Z', '2000-02-29T12:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
    [`2026-01-31T12:00:00.${'9'.repeat(1000)}Z`, '2026-01-31T12:00:00.999Z'],
  ])('%s is %s', (text, utc) => {
    const read = parseDateTime(text);

    expect(read && formatDateTime(read.epochMs)).toBe(utc);
  });
});

describe('no time is read', () => {
  test('from a day that no calendar has', () => {
    const day = fc.record({ year: fc.integer({ min: 0, max: 9999 }), month: fc.nat(99), day: fc.nat(99) });

    fc.assert(
      fc.property(day, ({ year, month, day }) => {
        const text = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T12:00:00Z`;
        const exists = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);

        expect(parseDateTime(text) !== undefined).toBe(exists);
      }),
      { numRuns: 2000 },
    );
  });

  test('from an hour, minute, second or offset that no clock has', () => {
    const fields = fc.record({ h: fc.nat(99), m: fc.nat(99), s: fc.nat(99), oh: fc.nat(99), om: fc.nat(99) });
    const near = fc.record({
      h: fc.integer({ min: 22, max: 24 }),
      m: fc.integer({ min: 58, max: 60 }),
      s: fc.integer({ min: 58, max: 61 }),
      oh: fc.integer({ min: 22, max: 24 }),
      om: fc.integer({ min: 58, max: 60 }),
    });

    fc.assert(
      fc.property(fc.oneof(near, fields), ({ h, m, s, oh, om }) => {
        const text = `2026-01-31T${two(h)}:${two(m)}:${two(s)}+${two(oh)}:${two(om)}`;
        const exists = h <= 23 && m <= 59 && s <= 60 && oh <= 23 && om <= 59;

        expect(parseDateTime(text) !== undefined).toBe(exists);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    'yesterday',
    '',
    '2026-01-31',
    '12:00:00Z',
    '2026-01-31T12:00Z',
    '2026-01-31 12:00:00Z',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00ZZ',
    '2026-01-31T12:00:00Z\n',
    ' 2026-01-31T12:00:00Z',
    '2026-1-31T12:00:00Z',
    '+002026-01-31T12:00:00Z',
    '2026-W05-6T12:00:00Z',
    '20260131T120000Z',
    '1769860800',
    '２０２６-01-31T12:00:00Z',
    '2026-02-29T12:00:00Z',
    '1900-02-29T12:00:00Z',
    '2026-04-31T12:00:00Z',
  ])('from %j', (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });

  test('from any other text, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:.,+TtZz \n') }), (text) => {
        const read = parseDateTime(text);

        expect(read === undefined || Number.isInteger(read.epochMs)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
