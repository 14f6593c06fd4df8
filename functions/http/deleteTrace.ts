import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/trace.ts';
import { traceAnswer } from '#shared/runtime/answers/trace.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

/** Ending what does not run is no error. */
export const deleteTrace: OperationFunction<typeof routes.deleteTrace> = async ({ params }, context) => {
  const { stores, nowMs, durations } = context;
  const charger = await chargerFor(context, params.chargerId);
  await stores.traces.endTrace(charger.id, toInstant(nowMs));
  return { status: 200, body: traceAnswer(charger.id, undefined, durations) };
};

export const handler = httpHandler('deleteTrace', routes.deleteTrace, deleteTrace);
