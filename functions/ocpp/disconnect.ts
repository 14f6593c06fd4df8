import middy from '@middy/core';
import * as z from 'zod';
import { toInstant } from '#shared/domain/time.ts';
import { type App, deployedApp } from '#shared/runtime/app.ts';
import { callerOf } from '#shared/runtime/caller.ts';
import { edge, tell } from '#shared/runtime/edge.ts';

const disconnectEvent = z.object({
  requestContext: z.object({
    connectionId: z.string(),
    authorizer: z.unknown().optional(),
    disconnectStatusCode: z.number().optional(),
    disconnectReason: z.string().optional(),
  }),
});

/** It may come late: only the charger's present connection can end by it. */
export async function disconnect(app: App, event: object) {
  const { connectionId, authorizer, ...closed } = disconnectEvent.parse(event).requestContext;
  const chargerId = callerOf(authorizer)?.chargerId;
  const at = toInstant(app.clock());
  const text = [closed.disconnectStatusCode, closed.disconnectReason].filter(Boolean).join(' ');
  const [ended] =
    chargerId === undefined
      ? [false]
      : await Promise.all([
          app.stores.chargers.disconnect(chargerId, connectionId, at),
          app.tracing.note(chargerId, { at, direction: 'disconnected', text, connectionId }),
        ]);
  tell(event, { action: 'disconnect', about: { connectionId, chargerId, late: ended ? undefined : 'yes' } });
  return { statusCode: 200 };
}

export const handler = middy((event: object) => disconnect(deployedApp(), event)).use(edge(deployedApp, 'disconnect'));
