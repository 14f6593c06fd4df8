import { searchTrace } from '#shared/domain/trace.ts';
import { routes } from '#shared/http/routes/trace.ts';
import { traceFrameAnswer } from '#shared/runtime/answers/trace.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { traceRange } from '#shared/runtime/trace-range.ts';

export const listTraceFrames: OperationFunction<typeof routes.listTraceFrames> = async ({ params, query }, context) => {
  const charger = await chargerFor(context, params.chargerId);
  const { action, search, limit } = query;
  const wanted = { ...traceRange(query, context), order: 'newestFirst', action, search, limit } as const;
  const { items, next } = await searchTrace(context.stores.traces, charger.id, wanted);
  return { status: 200, body: { items: items.map(traceFrameAnswer), next: next ?? null } };
};

export const handler = httpHandler('listTraceFrames', routes.listTraceFrames, listTraceFrames);
