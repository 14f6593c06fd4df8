/** What chargers of a make are known to do, as data: docs/vendors.md is the same table for people. */

/** Each is applied at one place, by its name; nothing else asks who made a charger. */
export type Quirk = 'looseMeterValues' | 'repairEmptyValues';

export interface VendorEntry {
  /** Whole words at the beginning of the name that a charger boots with, in any case: `abb` is ABB and `ABB E-mobility`, not `Abbott`. */
  vendor: string;
  /** Like `vendor`; all models unless given. */
  model?: string;
  /** Versions as dotted numbers: from this one on, and below that one. */
  firmware?: { from?: string; below?: string };
  quirks: readonly Quirk[];
  /** Seconds: a longer heartbeat interval is never told. */
  heartbeatIntervalS?: number;
  why: string;
}

/** What a charger says of itself when it boots. */
export interface Make {
  vendor: string;
  model: string;
  firmwareVersion?: string;
}

export const vendorEntries: readonly VendorEntry[] = [
  {
    vendor: 'AEFA',
    quirks: ['repairEmptyValues'],
    why: 'AEFA writes `"transactionId":,` in every MeterValues, which is no JSON',
  },
  {
    vendor: 'Ocular',
    quirks: [],
    heartbeatIntervalS: 60,
    why: 'Ocular drops a socket on which nothing has come in for some 110 s',
  },
];

export function entriesFor(make: Make, entries: readonly VendorEntry[] = vendorEntries): VendorEntry[] {
  return entries.filter(
    ({ vendor, model, firmware }) =>
      startsWithWords(make.vendor, vendor) &&
      (model === undefined || startsWithWords(make.model, model)) &&
      (firmware === undefined || isWithin(make.firmwareVersion, firmware)),
  );
}

/** The longest heartbeat interval, in seconds, that all of the entries bear. */
export function heartbeatLimitOf(entries: readonly VendorEntry[]): number | undefined {
  const limits = entries.flatMap(({ heartbeatIntervalS }) => heartbeatIntervalS ?? []);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

function startsWithWords(name: string, words: string): boolean {
  const [whole, beginning] = [name, words].map((text) => text.trim().toLowerCase());
  if (whole === undefined || beginning === undefined || !whole.startsWith(beginning)) return false;
  return !/^[\p{L}\p{N}]/u.test(whole.slice(beginning.length));
}

/** A version that cannot be read lies in no range. */
function isWithin(version: string | undefined, { from, below }: { from?: string; below?: string }): boolean {
  const numbers = versionOf(version);
  if (!numbers) return false;
  return (
    (from === undefined || compare(numbers, versionOf(from)) >= 0) &&
    (below === undefined || compare(numbers, versionOf(below)) < 0)
  );
}

/** `v1.10.2-beta` is 1.10.2: what follows the dotted numbers does not count. */
function versionOf(text: string | undefined): number[] | undefined {
  const [, dotted] = /^\s*v?(\d{1,9}(?:\.\d{1,9})*)(?![\d.])/i.exec(text ?? '') ?? [];
  return dotted?.split('.').map(Number);
}

/** By number, place by place: 1.10 is above 1.9, and 1.2 is 1.2.0. */
function compare(a: number[], b: number[] = []): number {
  const length = Math.max(a.length, b.length);
  const differences = Array.from({ length }, (_, place) => (a[place] ?? 0) - (b[place] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
