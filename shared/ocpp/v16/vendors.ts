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
  /** Charging profiles of another stack level are never sent. */
  onlyStackLevels?: readonly number[];
  /** Amperes of each phase: charging profiles never limit to less, not even to 0. */
  minimumCurrentA?: number;
  why: string;
}

const ABB_STACK_LEVEL = 'ABB Terra AC takes charging profiles of stack level 0 only, whatever it tells of itself';

export const vendorEntries: readonly VendorEntry[] = [
  { vendor: 'ABB', model: 'CDT_TACW11', quirks: [], onlyStackLevels: [0], why: ABB_STACK_LEVEL },
  { vendor: 'ABB', model: 'CDT_TACW22', quirks: [], onlyStackLevels: [0], why: ABB_STACK_LEVEL },
  {
    vendor: 'AEFA',
    quirks: ['repairEmptyValues'],
    why: 'AEFA writes `"transactionId":,` in every MeterValues, which is no JSON',
  },
  {
    vendor: 'Huawei',
    quirks: [],
    minimumCurrentA: 6,
    why: 'Huawei ends the session at a limit of 0, and may start none after it; the rate unit is `Power` or `W`',
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

/** What charging profiles must keep to, by all of the entries. */
export function limitsOfProfiles(entries: readonly VendorEntry[]): {
  onlyStackLevels?: readonly number[];
  minimumCurrentTenths?: number;
} {
  const levels = entries.flatMap(({ onlyStackLevels }) => (onlyStackLevels ? [onlyStackLevels] : []));
  const currents = entries.flatMap(({ minimumCurrentA }) => minimumCurrentA ?? []);
  return {
    ...(levels.length > 0 && {
      onlyStackLevels: levels.reduce((common, each) => common.filter((level) => each.includes(level))),
    }),
    ...(currents.length > 0 && { minimumCurrentTenths: Math.max(...currents) * 10 }),
  };
}
