import { decideSession as decide } from '#shared/domain/decide-session.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/sessions.ts';
import { sessionAnswer } from '#shared/runtime/answers/session.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { sessionFor } from '#shared/runtime/principal.ts';

export const decideSession: OperationFunction<typeof routes.decideSession> = async ({ params, body }, context) => {
  const { stores, principal, nowMs } = context;
  const session = await sessionFor(context, params.sessionId);
  const utc = (time: string | undefined) => (time === undefined ? undefined : toInstant(Date.parse(time)));
  const verdict = { ...body, startedAt: utc(body.startedAt), endedAt: utc(body.endedAt), by: principal.subject };
  const outcome = await decide(stores.sessions, session, verdict, nowMs);
  switch (outcome.is) {
    case 'decided':
      return { status: 200, body: await sessionAnswer(stores.readings, outcome.session) };
    case 'reversed':
      throw new HttpProblem(400, 'endedAt: before startedAt', [{ field: 'endedAt', rule: 'before startedAt' }]);
    case 'active':
      throw new HttpProblem(409, 'The session is active: it can be decided when it has ended');
    case 'settled':
      throw new HttpProblem(409, 'The session does not await review');
    case 'changed': {
      const rule = `the session has ${outcome.session.reviewReasons.join(', ') || 'none any more'}`;
      throw new HttpProblem(409, `reasons: ${rule}`, [{ field: 'reasons', rule }]);
    }
  }
};

export const handler = httpHandler('decideSession', routes.decideSession, decideSession);
