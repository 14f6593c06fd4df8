import type { Durations } from '#shared/domain/durations.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { TraceRange } from '#shared/domain/trace.ts';

/** The part of a trace that is asked for: what should be gone by now is not there, deleted or not. */
export function traceRange(
  { from, to, next }: { from?: string | undefined; to?: string | undefined; next?: string | undefined },
  { nowMs, durations }: { nowMs: number; durations: Pick<Durations, 'traceKeptMs'> },
): Omit<TraceRange, 'order'> {
  const keptFromMs = nowMs - durations.traceKeptMs;
  return {
    from: toInstant(Math.max(keptFromMs, from === undefined ? keptFromMs : Date.parse(from))),
    ...(to !== undefined && { to: toInstant(Date.parse(to)) }),
    ...(next !== undefined && { after: next }),
  };
}
