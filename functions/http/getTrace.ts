import { canonicalId } from '#shared/domain/charger.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/trace.ts';
import { traceAnswer } from '#shared/runtime/answers/trace.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const getTrace: OperationFunction<typeof routes.getTrace> = async ({ params }, context) => {
  const { stores, nowMs, durations } = context;
  const charger = await chargerFor(context, params.chargerId);
  const traced = await stores.traces.traced();
  const now = toInstant(nowMs);
  const found = traced.find(({ chargerId, until }) => chargerId === canonicalId(charger.id) && until > now);
  return { status: 200, body: traceAnswer(charger.id, found?.until, durations) };
};

export const handler = httpHandler('getTrace', routes.getTrace, getTrace);
