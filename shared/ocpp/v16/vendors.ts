/** What chargers of a make are known to do, as data: docs/vendors.md is the same table for people. */

/** Each is applied at one place, by its name; nothing else asks who made a charger. */
export type Quirk = 'looseMeterValues' | 'repairEmptyValues';

/** Which makes it is about is read as a pattern of `shared/domain/make.ts`. */
export interface VendorEntry {
  vendor: string;
  /** All models unless given. */
  model?: string;
  firmware?: { from?: string; below?: string };
  quirks: readonly Quirk[];
  /** Seconds: a longer heartbeat interval is never told. */
  heartbeatIntervalS?: number;
  why: string;
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

/** The longest heartbeat interval, in seconds, that all of the entries bear. */
export function heartbeatLimitOf(entries: readonly VendorEntry[]): number | undefined {
  const limits = entries.flatMap(({ heartbeatIntervalS }) => heartbeatIntervalS ?? []);
  return limits.length === 0 ? undefined : Math.min(...limits);
}
