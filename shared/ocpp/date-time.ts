const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

export interface DateTime {
  /** Milliseconds since 1970-01-01T00:00:00Z; digits below a millisecond are cut off. */
  epochMs: number;
  /** False where the text names no zone and was taken as UTC. */
  zoned: boolean;
}

/**
 * Reads an ISO 8601 date and time as chargers write it: any number of fractional digits, any offset, lower-case t and z,
 * no zone (taken as UTC). Answers undefined for everything else, also for a day that no calendar has (OCPP-S 3.15).
 */
export function parseDateTime(text: string): DateTime | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match;
  const offset = zone === undefined ? 0 : offsetMinutes(zone);
  if (offset === undefined) return undefined;
  const fields = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields;
  if (h > 23 || mi > 59 || s > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d) return undefined;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const epochMs = date.getTime() + ((h * 60 + mi - offset) * 60 + s) * 1000 + ms;
  return { epochMs, zoned: zone !== undefined };
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** UTC with `Z` and three fractional digits: the only form that is ever sent. */
export function formatDateTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
