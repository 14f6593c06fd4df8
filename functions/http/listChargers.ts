import { canonicalId } from '#shared/domain/charger.ts';
import { pageOf } from '#shared/domain/paging.ts';
import { routes } from '#shared/http/routes/chargers.ts';
import { chargerAnswer } from '#shared/runtime/answers/charger.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

export const listChargers: OperationFunction<typeof routes.listChargers> = async ({ query }, context) => {
  const { stores, principal } = context;
  const organisationId = organisationOf(principal, query.organisationId);
  const ids = await stores.chargers.listChargerIds(organisationId, query.limit + 1, query.next);
  const page = pageOf(ids, query.limit, canonicalId);
  const views = await Promise.all(page.items.map((id) => stores.chargers.viewCharger(id)));
  const found = views.filter((view) => view !== undefined);
  const items = await Promise.all(found.map((view) => chargerAnswer(context, view)));
  return { status: 200, body: { items, next: page.next ?? null } };
};

export const handler = httpHandler('listChargers', routes.listChargers, listChargers);
