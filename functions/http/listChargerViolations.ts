import { routes } from '#shared/http/routes/evidence.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const listChargerViolations: OperationFunction<typeof routes.listChargerViolations> = async (
  { params, query },
  context,
) => {
  const charger = await chargerFor(context, params.chargerId);
  const { items, next } = await context.stores.evidence.listViolations(charger.id, query.limit, query.next);
  return { status: 200, body: { items, next: next ?? null } };
};

export const handler = httpHandler('listChargerViolations', routes.listChargerViolations, listChargerViolations);
