import * as z from 'zod';
import { functionHome, readProperties, refuse } from '#local/assembly/template-resource.ts';
import type { Integrate } from '#local/gateway/integrations.ts';
import { headerOf, queryValues, type RequestHead } from '#local/gateway/request-head.ts';
import { type AuthorizerContext, authorizerEvent, type ConnectionFacts } from '#local/gateway/websocket-events.ts';
import { wildcard } from '#local/gateway/wildcard.ts';
import type { Assembly, Resource } from '#local/parts.ts';

/** 401 no or refused credentials, 403 denied by the policy, 500 the authorizer failed or made no sense. */
type Verdict = { allowed: true; context: AuthorizerContext } | { allowed: false; status: 401 | 403 | 500 };

export type Authorize = (facts: ConnectionFacts, head: RequestHead, requestId: string) => Promise<Verdict>;

const authorizerShape = z.object({
  AuthorizerType: z.literal('REQUEST'),
  AuthorizerUri: z.string(),
  IdentitySource: z.union([z.string().transform((source) => source.split(',')), z.array(z.string())]).default([]),
});

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
// Strict: a Condition that nobody evaluates would let in whom AWS keeps out.
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore,
});
const answerShape = z.object({
  principalId: z.string(),
  policyDocument: z.object({
    Statement: z.union([statement.transform((one) => [one]), z.array(statement)]),
  }),
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});

/** The REQUEST authorizer of a WebSocket API's `$connect` route. */
export function requestAuthorizer(
  assembly: Assembly,
  route: Resource,
  id: string,
  integrate: Integrate,
  timeoutMs: number,
): Authorize {
  const resource = assembly.ofType('AWS::ApiGatewayV2::Authorizer').find(({ physicalId }) => physicalId === id);
  if (!resource) refuse(route, `no authorizer is '${id}'`);
  const { AuthorizerUri, IdentitySource } = readProperties(resource, authorizerShape);
  const sources = IdentitySource.filter((source) => source.trim() !== '').map((source) => identity(resource, source));
  const { region, account } = functionHome(AuthorizerUri);

  return async (facts, head, requestId) => {
    if (sources.some((source) => !source(head))) return { allowed: false, status: 401 };

    const methodArn = `arn:aws:execute-api:${region}:${account}:${facts.apiId}/${facts.stage}/$connect`;
    const started = Date.now();
    const outcome = await integrate(AuthorizerUri, authorizerEvent(facts, head, requestId, methodArn), timeoutMs);
    if (!outcome.ok) return { allowed: false, status: outcome.error.errorMessage === 'Unauthorized' ? 401 : 500 };

    const answer = answerShape.safeParse(outcome.payload);
    if (!answer.success) return { allowed: false, status: 500 };
    if (!allows(answer.data.policyDocument.Statement, methodArn)) return { allowed: false, status: 403 };
    return { allowed: true, context: contextOf(answer.data, Date.now() - started) };
  };
}

function identity(authorizer: Resource, source: string): (head: RequestHead) => string | undefined {
  const [, place, name] = /^route\.request\.(header|querystring)\.(.+)$/.exec(source.trim()) ?? [];
  if (name === undefined) refuse(authorizer, `the identity source '${source}' is not emulated`);
  return place === 'header' ? (head) => headerOf(head.headers, name) : (head) => queryValues(head.query).get(name)?.[0];
}

/** As IAM judges: a matching Deny wins over any Allow, and what nothing allows is denied. */
function allows(statements: readonly z.output<typeof statement>[], methodArn: string): boolean {
  const effects = statements
    .filter(({ Action }) => Action.some((pattern) => wildcard(pattern.toLowerCase()).test('execute-api:invoke')))
    .filter(({ Resource }) => Resource.some((pattern) => wildcard(pattern).test(methodArn)))
    .map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

function contextOf({ principalId, context }: z.output<typeof answerShape>, integrationLatency: number) {
  const texts = Object.entries(context).map(([name, value]) => [name, String(value)]);
  return Object.freeze({ ...Object.fromEntries(texts), principalId, integrationLatency });
}
