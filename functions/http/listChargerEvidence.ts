import { routes } from '#shared/http/routes/evidence.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const listChargerEvidence: OperationFunction<typeof routes.listChargerEvidence> = async (
  { params, query },
  context,
) => {
  const charger = await chargerFor(context, params.chargerId);
  const page = await context.stores.evidence.listEvidence(charger.id, query.limit, query.next);
  const items = page.items.map((item) => ({ ...item, note: item.note ?? null }));
  return { status: 200, body: { items, next: page.next ?? null } };
};

export const handler = httpHandler('listChargerEvidence', routes.listChargerEvidence, listChargerEvidence);
