import type * as z from 'zod';
import type { Durations } from '#shared/domain/durations.ts';
import type { Instant } from '#shared/domain/time.ts';
import type { TraceEntry } from '#shared/domain/trace.ts';
import type { trace, traceFrame } from '#shared/http/trace.ts';

export const traceAnswer = (
  chargerId: string,
  until: Instant | undefined,
  { traceLookMs }: Pick<Durations, 'traceLookMs'>,
): z.input<typeof trace> => ({
  chargerId,
  until: until ?? null,
  takesEffectWithinS: Math.ceil(traceLookMs / 1000),
});

export const traceFrameAnswer = ({
  at,
  direction,
  action,
  text,
  connectionId,
  ms,
}: TraceEntry): z.input<typeof traceFrame> => ({
  at,
  direction,
  action: action ?? null,
  text,
  connectionId,
  ms: ms ?? null,
});
