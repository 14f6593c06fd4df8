import middy from '@middy/core';
import * as z from 'zod';
import { toInstant } from '#shared/domain/time.ts';
import { type App, deployedApp } from '#shared/runtime/app.ts';
import { callerOf } from '#shared/runtime/caller.ts';
import { edge, tell } from '#shared/runtime/edge.ts';

const disconnectEvent = z.object({
  requestContext: z.object({ connectionId: z.string(), authorizer: z.unknown().optional() }),
});

/** It may come late: only the charger's present connection can end by it. */
export async function disconnect(app: App, event: object) {
  const { connectionId, authorizer } = disconnectEvent.parse(event).requestContext;
  const chargerId = callerOf(authorizer)?.chargerId;
  const ended =
    chargerId !== undefined && (await app.stores.chargers.disconnect(chargerId, connectionId, toInstant(app.clock())));
  tell(event, { action: 'disconnect', about: { connectionId, chargerId, late: ended ? undefined : 'yes' } });
  return { statusCode: 200 };
}

export const handler = middy((event: object) => disconnect(deployedApp(), event)).use(edge(deployedApp, 'disconnect'));
