import { routes } from '#shared/http/routes/sessions.ts';
import { sessionAnswer } from '#shared/runtime/answers/session.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

export const listSessions: OperationFunction<typeof routes.listSessions> = async ({ query }, { stores, principal }) => {
  const organisationId = organisationOf(principal, query.organisationId);
  const which = query.review === 'true' ? 'review' : 'open';
  const page = await stores.sessions.listOfOrganisation(organisationId, which, query.limit, query.next);
  const items = await Promise.all(page.items.map((session) => sessionAnswer(stores.readings, session)));
  return { status: 200, body: { items, next: page.next ?? null } };
};

export const handler = httpHandler('listSessions', routes.listSessions, listSessions);
