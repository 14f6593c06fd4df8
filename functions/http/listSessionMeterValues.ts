import { seriesOf } from '#shared/domain/session.ts';
import { routes } from '#shared/http/routes/sessions.ts';
import { readingAnswer } from '#shared/runtime/answers/reading.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { sessionFor } from '#shared/runtime/principal.ts';

export const listSessionMeterValues: OperationFunction<typeof routes.listSessionMeterValues> = async (
  { params, query },
  context,
) => {
  const session = await sessionFor(context, params.sessionId);
  const page = await context.stores.readings.listReadings(seriesOf(session), query.limit, query.next);
  return { status: 200, body: { items: page.items.map(readingAnswer), next: page.next ?? null } };
};

export const handler = httpHandler('listSessionMeterValues', routes.listSessionMeterValues, listSessionMeterValues);
