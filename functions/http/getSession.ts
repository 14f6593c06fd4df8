import { routes } from '#shared/http/routes/sessions.ts';
import { sessionAnswer } from '#shared/runtime/answers/session.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { sessionFor } from '#shared/runtime/principal.ts';

export const getSession: OperationFunction<typeof routes.getSession> = async ({ params }, context) => {
  const session = await sessionFor(context, params.sessionId);
  return { status: 200, body: await sessionAnswer(context.stores.readings, session) };
};

export const handler = httpHandler('getSession', routes.getSession, getSession);
