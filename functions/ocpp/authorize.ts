import middy from '@middy/core';
import * as z from 'zod';
import { admit, type Knock } from '#shared/domain/admission.ts';
import type { CredentialKeeper } from '#shared/domain/credential.ts';
import { subprotocol } from '#shared/ocpp/v16/index.ts';
import { type App, deployedApp, lazily } from '#shared/runtime/app.ts';
import { contextFor } from '#shared/runtime/caller.ts';
import { deployedCredentials } from '#shared/runtime/credentials.ts';
import { edge, tell } from '#shared/runtime/edge.ts';
import { deployedEntrance, type Entrance } from '#shared/runtime/entrance.ts';
import { cameThroughFrontDoor, knockOf } from '#shared/runtime/knock.ts';

const connectEvent = z.object({
  methodArn: z.string(),
  headers: z.record(z.string(), z.string().optional()).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(z.string()).optional()).nullish(),
  queryStringParameters: z.record(z.string(), z.string().optional()).nullish(),
  multiValueQueryStringParameters: z.record(z.string(), z.array(z.string()).optional()).nullish(),
  requestContext: z.object({ connectionId: z.string() }),
});

export type ConnectEvent = z.infer<typeof connectEvent>;

export interface DoorApp extends App {
  credentials: CredentialKeeper;
  entrance(): Promise<Entrance>;
}

const deployed = lazily(
  (): DoorApp => ({ ...deployedApp(), credentials: deployedCredentials(), entrance: deployedEntrance }),
);

/**
 * Gives its verdict in the context and lets the request through: an authorizer can answer 401 and 403 only, and the connect function
 * turns the verdict into what OCPP-J asks for. Whoever goes round the front door is denied here; an error denies as well.
 */
export async function authorize(app: DoorApp, event: ConnectEvent) {
  const { setting, originKeys } = await app.entrance();
  const knock: Knock = knockOf(event);
  const front = cameThroughFrontDoor(event, originKeys);
  if (front === 'forged' || (front === 'no' && setting === 'cloudfront') || (front === 'yes' && setting === 'direct')) {
    tell(event, { action: 'authorize', refusal: '403', about: { reason: 'not through the front door' } });
    return policy(event.methodArn, 'Deny', { verdict: '403' });
  }
  const verdict = await admit(knock, [subprotocol], (id) => app.stores.chargers.findCharger(id), app.credentials);
  const { connectionId } = event.requestContext;
  if (verdict.status !== 'in') {
    const { status, reason } = verdict;
    const about = { reason, connectionId, identity: knock.identities[0]?.slice(0, 48) };
    tell(event, { action: 'authorize', refusal: String(status), about });
    return policy(event.methodArn, 'Allow', { verdict: String(status) });
  }
  const { charger, protocol, usesNext } = verdict;
  tell(event, { action: 'authorize', about: { connectionId, chargerId: charger.id } });
  return policy(event.methodArn, 'Allow', contextFor(charger, protocol, usesNext), charger.id);
}

function policy(methodArn: string, effect: 'Allow' | 'Deny', context: Record<string, string>, principalId = 'nobody') {
  return {
    principalId: encodeURIComponent(principalId),
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: methodArn }],
    },
    context,
  };
}

export const handler = middy(async (event: object) => {
  const parsed = connectEvent.parse(event);
  return authorize(deployed(), Object.assign(event, parsed));
}).use(edge(deployed, 'authorize'));
