import { searchTrace } from '#shared/domain/trace.ts';
import { routes } from '#shared/http/routes/trace.ts';
import { traceFrameAnswer } from '#shared/runtime/answers/trace.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { traceRange } from '#shared/runtime/trace-range.ts';

export const exportTrace: OperationFunction<typeof routes.exportTrace> = async ({ params, query }, context) => {
  const charger = await chargerFor(context, params.chargerId);
  const wanted = { ...traceRange(query, context), order: 'oldestFirst', limit: query.limit } as const;
  const { items, next } = await searchTrace(context.stores.traces, charger.id, wanted);
  const text = items.map((entry) => `${JSON.stringify(traceFrameAnswer(entry))}\n`).join('');
  return { status: 200, body: { text, next: next ?? null } };
};

export const handler = httpHandler('exportTrace', routes.exportTrace, exportTrace);
