import { isDeepStrictEqual } from 'node:util';
import middy from '@middy/core';
import * as z from 'zod';
import { type ConnectedApp, deployedConnectedApp } from '#shared/runtime/connections.ts';
import { edge, tell } from '#shared/runtime/edge.ts';

const text = z.object({ S: z.string() });
const number = z.object({ N: z.string() });

/** Of a charger's own item: who it is, and what decides whether its connection may go on. */
const image = z.object({
  id: text,
  registration: text,
  securityProfile: number,
  revision: number,
  credential: z.unknown().optional(),
  nextCredential: z.unknown().optional(),
});

const streamEvent = z.object({
  Records: z.array(
    z.object({
      dynamodb: z.object({
        SequenceNumber: z.string(),
        OldImage: image.optional(),
        NewImage: image.optional(),
      }),
    }),
  ),
});

type Change = z.infer<typeof streamEvent>['Records'][number]['dynamodb'];

/**
 * The one reader of the chargers' changes. A charger that was rejected or deleted, or whose credential is another one, loses its
 * connection: what the authorizer told of it when it connected holds no longer.
 */
export async function chargerChanges(app: ConnectedApp, event: object) {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { dynamodb: change } of streamEvent.parse(event).Records) {
    try {
      await cutWhereDue(app, change);
    } catch (error) {
      app.log.error('a change could not be followed', { chargerId: change.OldImage?.id.S, error });
      batchItemFailures.push({ itemIdentifier: change.SequenceNumber });
      break;
    }
  }
  tell(event, { action: 'chargerChanges', about: {} });
  return { batchItemFailures };
}

async function cutWhereDue(app: ConnectedApp, { OldImage: before, NewImage: after }: Change): Promise<void> {
  if (!before || !losesConnection(before, after)) return;
  const connection = await app.stores.chargers.currentConnection(before.id.S);
  if (connection?.connectionId === undefined) return;
  const judgedSince = after !== undefined && (connection.revision ?? 0) >= Number(after.revision.N);
  if (!judgedSince) await app.connections.cut(connection.connectionId);
}

function losesConnection(before: z.infer<typeof image>, after: z.infer<typeof image> | undefined): boolean {
  if (!after) return true;
  const barred = after.registration.S !== 'accepted' && before.registration.S !== after.registration.S;
  // A key that the charger was given arrives with the connection that uses it.
  const arrived = before.nextCredential !== undefined && isDeepStrictEqual(before.nextCredential, after.credential);
  const rekeyed =
    (!arrived && !isDeepStrictEqual(before.credential, after.credential)) ||
    !isDeepStrictEqual(before.securityProfile, after.securityProfile);
  return barred || rekeyed;
}

export const handler = middy((event: object) => chargerChanges(deployedConnectedApp(), event)).use(
  edge(deployedConnectedApp, 'chargerChanges'),
);
