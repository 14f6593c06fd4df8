import { routes } from '#shared/http/routes/sessions.ts';
import { sessionAnswer } from '#shared/runtime/answers/session.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const listChargerSessions: OperationFunction<typeof routes.listChargerSessions> = async (
  { params, query },
  context,
) => {
  const { sessions, readings } = context.stores;
  const charger = await chargerFor(context, params.chargerId);
  const page = await sessions.listOfCharger(charger.id, query.limit, query.next);
  const items = await Promise.all(page.items.map((session) => sessionAnswer(readings, session)));
  return { status: 200, body: { items, next: page.next ?? null } };
};

export const handler = httpHandler('listChargerSessions', routes.listChargerSessions, listChargerSessions);
