import { toInstant } from '#shared/domain/time.ts';
import { TRACED_AT_ONCE } from '#shared/domain/trace.ts';
import { routes } from '#shared/http/routes/trace.ts';
import { traceAnswer } from '#shared/runtime/answers/trace.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

const HOUR_MS = 3_600_000;

export const putTrace: OperationFunction<typeof routes.putTrace> = async ({ params, body }, context) => {
  const { stores, nowMs, durations } = context;
  const charger = await chargerFor(context, params.chargerId);
  const until = toInstant(nowMs + body.hours * HOUR_MS);
  if (!(await stores.traces.startTrace(charger.id, until, toInstant(nowMs)))) {
    throw new HttpProblem(409, `${TRACED_AT_ONCE} chargers are traced, and that is the most: end the trace of another`);
  }
  return { status: 200, body: traceAnswer(charger.id, until, durations) };
};

export const handler = httpHandler('putTrace', routes.putTrace, putTrace);
