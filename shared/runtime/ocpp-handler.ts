import middy from '@middy/core';
import * as z from 'zod';
import type { Action } from '#shared/ocpp/action.ts';
import { OcppError } from '#shared/ocpp/errors.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import { type App, deployedApp } from './app.ts';
import { type ActionFunction, type Answered, answerFrame, type Dispatch, type TakeAnswer } from './call.ts';
import { callerOf } from './caller.ts';
import type { ConnectedApp } from './connections.ts';
import { edge, tell } from './edge.ts';
import { traced } from './trace-frames.ts';

/** A message of a charger, as API Gateway delivers it. */
const messageEvent = z.object({
  body: z.string().default(''),
  requestContext: z.object({
    connectionId: z.string(),
    authorizer: z.unknown().optional(),
  }),
});

export interface Reply {
  statusCode: 200;
  body?: string;
}

async function answerEvent(
  app: App,
  event: unknown,
  dispatch: Dispatch,
  takeAnswer?: TakeAnswer,
): Promise<Answered & { connectionId: string }> {
  const { body, requestContext } = messageEvent.parse(event);
  const caller = callerOf(requestContext.authorizer);
  const frame = parseFrame(body);
  const { connectionId } = requestContext;
  const answered = await traced(app, { caller, connectionId, text: body, frame }, () =>
    answerFrame(app, caller, body, frame, dispatch, takeAnswer),
  );
  const { action, refusal } = answered;
  const [messageId, named] = [answered.messageId?.slice(0, 64), answered.named?.slice(0, 64)];
  tell(event as object, { action, refusal, about: { chargerId: caller?.chargerId, messageId, connectionId, named } });
  return { ...answered, connectionId };
}

/** The Lambda of one action, on a two-way route: what it returns is the frame that the charger gets. */
export function ocppHandler<A extends Action>(action: A, run: ActionFunction<A>, app: () => App = deployedApp) {
  const dispatch: Dispatch = (name) => {
    if (name !== action.name) throw new OcppError('InternalError', 'The call was delivered to the wrong function');
    return { action, run: run as ActionFunction };
  };
  return middy(async (event: object): Promise<Reply> => {
    const { reply } = await answerEvent(app(), event, dispatch);
    return { statusCode: 200, body: reply };
  }).use(edge(app, action.name));
}

/** The Lambda behind everything that has no route of its own. The route is one-way: an answer goes out as a message. */
export function routerHandler<A extends ConnectedApp>(
  dispatch: Dispatch,
  takeAnswer: (app: A) => TakeAnswer,
  app: () => A,
) {
  return middy(async (event: object): Promise<Reply> => {
    const { reply, connectionId } = await answerEvent(app(), event, dispatch, takeAnswer(app()));
    if (reply !== undefined) await app().connections.send(connectionId, reply);
    return { statusCode: 200 };
  }).use(edge(app, 'answer'));
}
