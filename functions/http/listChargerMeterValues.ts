import { routes } from '#shared/http/routes/sessions.ts';
import { readingAnswer } from '#shared/runtime/answers/reading.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { connectorOf } from '#shared/runtime/v16-words.ts';

export const listChargerMeterValues: OperationFunction<typeof routes.listChargerMeterValues> = async (
  { params, query },
  context,
) => {
  const { limit, next, connectorId, transactionId: protocolTransactionId } = query;
  const charger = await chargerFor(context, params.chargerId);
  const connector = connectorId === undefined ? undefined : connectorOf(connectorId);
  const series = { chargerId: charger.id, protocolTransactionId, connector };
  const page = await context.stores.readings.listReadings(series, limit, next);
  return { status: 200, body: { items: page.items.map(readingAnswer), next: page.next ?? null } };
};

export const handler = httpHandler('listChargerMeterValues', routes.listChargerMeterValues, listChargerMeterValues);
