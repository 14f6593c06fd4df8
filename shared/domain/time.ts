/** UTC, ISO 8601 with three fractional digits: text order is time order. */
export type Instant = string;

/** Milliseconds since 1970. Passed in, never asked of the machine by a rule. */
export type Clock = () => number;

export const toInstant = (epochMs: number): Instant => new Date(epochMs).toISOString();

/** No OCPP 1.6 charger has told a time before the specification was published. */
const EARLIEST = Date.UTC(2015, 9, 8);

/** How far a charger's clock may run ahead of ours. */
const AHEAD_MS = 5 * 60_000;

export interface ReportedTime {
  at: Instant;
  /** False where the charger's own time could not be believed and the receive time counts. */
  plausible: boolean;
}

/** Old times are normal (offline queues); a future, ancient or absent one counts as the receive time (OCPP-S 3.7). */
export function believe(reportedMs: number | undefined, receivedMs: number): ReportedTime {
  const plausible = reportedMs !== undefined && reportedMs >= EARLIEST && reportedMs <= receivedMs + AHEAD_MS;
  return { at: toInstant(plausible ? reportedMs : receivedMs), plausible };
}
