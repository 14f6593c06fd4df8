import { asForwarded, headerValues, queryValues, type RequestHead } from '#local/gateway/request-head.ts';
import { randomId, requestTime } from '#local/gateway/request-ids.ts';

/** What every event of a connection says about it. */
export interface ConnectionFacts {
  apiId: string;
  domainName: string;
  stage: string;
  connectionId: string;
  connectedAt: number;
  sourceIp: string;
  userAgent: string | undefined;
}

/** The authorizer's context as later events carry it: strings only, and nobody can change it. */
export type AuthorizerContext = Readonly<Record<string, string | number>>;

interface Occasion {
  routeKey: string;
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
  requestId: string;
  authorizer: AuthorizerContext | undefined;
}

export function authorizerEvent(facts: ConnectionFacts, head: RequestHead, requestId: string, methodArn: string) {
  return {
    type: 'REQUEST',
    methodArn,
    ...requestParts(head),
    ...(head.query === '' && { queryStringParameters: {}, multiValueQueryStringParameters: {} }),
    stageVariables: {},
    requestContext: context(facts, { routeKey: '$connect', eventType: 'CONNECT', requestId, authorizer: undefined }),
  };
}

export function connectEvent(
  facts: ConnectionFacts,
  head: RequestHead,
  requestId: string,
  authorizer: AuthorizerContext | undefined,
) {
  return {
    ...requestParts(head),
    requestContext: context(facts, { routeKey: '$connect', eventType: 'CONNECT', requestId, authorizer }),
    isBase64Encoded: false,
  };
}

export function messageEvent(
  facts: ConnectionFacts,
  routeKey: string,
  body: string,
  requestId: string,
  authorizer: AuthorizerContext | undefined,
) {
  return {
    requestContext: {
      messageId: randomId(),
      ...context(facts, { routeKey, eventType: 'MESSAGE', requestId, authorizer }),
    },
    body,
    isBase64Encoded: false,
  };
}

export function disconnectEvent(
  facts: ConnectionFacts,
  disconnectStatusCode: number,
  disconnectReason: string,
  authorizer: AuthorizerContext | undefined,
) {
  return {
    requestContext: {
      disconnectStatusCode,
      disconnectReason,
      ...context(facts, { routeKey: '$disconnect', eventType: 'DISCONNECT', requestId: randomId(), authorizer }),
    },
    isBase64Encoded: false,
  };
}

function context(facts: ConnectionFacts, { routeKey, eventType, requestId, authorizer }: Occasion) {
  const now = Date.now();
  return {
    routeKey,
    ...(authorizer && { authorizer }),
    eventType,
    extendedRequestId: requestId,
    requestTime: requestTime(now),
    messageDirection: 'IN',
    stage: facts.stage,
    connectedAt: facts.connectedAt,
    requestTimeEpoch: now,
    identity: { ...(facts.userAgent !== undefined && { userAgent: facts.userAgent }), sourceIp: facts.sourceIp },
    requestId,
    domainName: facts.domainName,
    connectionId: facts.connectionId,
    apiId: facts.apiId,
  };
}

function requestParts(head: RequestHead) {
  // The gateway consumes the hop's own headers.
  const headers = headerValues(asForwarded(head).filter(([name]) => !/^(connection|upgrade)$/i.test(name)));
  const query = queryValues(head.query);
  return {
    headers: lastValues(headers),
    multiValueHeaders: Object.fromEntries(headers),
    ...(query.size > 0 && {
      queryStringParameters: lastValues(query),
      multiValueQueryStringParameters: Object.fromEntries(query),
    }),
  };
}

function lastValues(values: Map<string, string[]>): Record<string, string> {
  return Object.fromEntries(Array.from(values, ([name, all]) => [name, all.at(-1) ?? '']));
}
