import middy from '@middy/core';
import * as z from 'zod';
import { toInstant } from '#shared/domain/time.ts';
import { callerOf } from '#shared/runtime/caller.ts';
import { edge, tell } from '#shared/runtime/edge.ts';
import { deployedTimedApp, type TimedApp } from '#shared/runtime/timed-app.ts';

const connectEvent = z.object({
  requestContext: z.object({
    connectionId: z.string(),
    authorizer: z.unknown().optional(),
  }),
});

const refusal = z.object({ verdict: z.enum(['400', '401', '404']) });

/**
 * The handshake's answer: the subprotocol, or the status code of the authorizer's verdict. The new connection replaces an older one of
 * the same charger, which is cut. A charger that was changed between the verdict and this dials again: the reader of changes may have
 * looked for a connection before there was one. A key that was on its way to the charger has arrived with its first use, and commands that waited for
 * the charger are seen to soon.
 */
export async function connect(app: TimedApp, event: object) {
  const { connectionId, authorizer } = connectEvent.parse(event).requestContext;
  const caller = callerOf(authorizer);
  if (!caller) {
    const refused = refusal.safeParse(authorizer);
    const statusCode = refused.success ? Number(refused.data.verdict) : 401;
    tell(event, { action: 'connect', refusal: String(statusCode), about: { connectionId } });
    return { statusCode };
  }
  const { chargerId, protocol, revision, usesNext } = caller;
  const { chargers } = app.stores;
  const at = toInstant(app.clock());
  // Where somebody has decided otherwise since, the revision tells it below.
  if (usesNext) await chargers.adoptNextCredential(chargerId, { revision });
  const { replaced, commandsWait } = await chargers.connect(chargerId, connectionId, revision, at);
  const charger = await chargers.findCharger(chargerId);
  if (charger?.revision !== revision) {
    await chargers.disconnect(chargerId, connectionId, at);
    tell(event, { action: 'connect', refusal: '401', about: { connectionId, chargerId, reason: 'changed meanwhile' } });
    return { statusCode: 401 };
  }
  tell(event, { action: 'connect', about: { connectionId, chargerId, replaced } });
  await Promise.all([
    app.tracing.note(chargerId, { at, direction: 'connected', text: protocol, connectionId }),
    replaced !== undefined && cutQuietly(app, chargerId, replaced),
  ]);
  // A connection cannot be spoken to before this has answered, nor should a charger be before its boot exchange.
  if (commandsWait) await app.timers.after(app.durations.bootGraceMs, { chargerId });
  return { statusCode: 200, ...(protocol !== '' && { headers: { 'Sec-WebSocket-Protocol': protocol } }) };
}

/** Most often it is long gone. If it cannot be cut, the new connection must not fail for it. */
async function cutQuietly(app: TimedApp, chargerId: string, connectionId: string): Promise<void> {
  try {
    await app.connections.cut(connectionId);
  } catch (error) {
    app.log.warn('a replaced connection could not be cut', { chargerId, connectionId, error });
  }
}

export const handler = middy((event: object) => connect(deployedTimedApp(), event)).use(
  edge(deployedTimedApp, 'connect'),
);
