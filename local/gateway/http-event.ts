import * as z from 'zod';
import type { Header, RequestHead } from '#local/gateway/request-head.ts';
import { asForwarded, headerOf, headerValues, queryValues } from '#local/gateway/request-head.ts';
import { randomId, requestTime } from '#local/gateway/request-ids.ts';

export interface JwtIdentity {
  claims: Record<string, string>;
  scopes: string[] | null;
}

interface HttpRequest {
  head: RequestHead;
  apiId: string;
  region: string;
  account: string;
  stage: string;
  routeKey: string;
  pathParameters: Record<string, string>;
  body: Buffer;
  jwt: JwtIdentity | undefined;
}

/** The event of payload format 2.0. The path keeps its percent-encoding: use the decoded path parameters. */
export function httpEvent({ head, apiId, region, account, stage, routeKey, pathParameters, body, jwt }: HttpRequest) {
  const received = asForwarded(head);
  const headers = headerValues(received.filter(([name]) => !/^(cookie|connection)$/i.test(name)));
  const cookies = received
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, text]) => text.split(/;\s*/));
  const query = queryValues(head.query);
  const isText = body.length === 0 || isTextType(headerOf(received, 'content-type'));
  const now = Date.now();

  return {
    version: '2.0',
    routeKey,
    rawPath: head.path,
    rawQueryString: head.query,
    ...(cookies.length > 0 && { cookies }),
    headers: Object.fromEntries(Array.from(headers, ([name, values]) => [name.toLowerCase(), values.join(',')])),
    ...(query.size > 0 && {
      queryStringParameters: Object.fromEntries(Array.from(query, ([name, values]) => [name, values.join(',')])),
    }),
    requestContext: {
      accountId: account,
      apiId,
      ...(jwt && { authorizer: { jwt } }),
      domainName: `${apiId}.execute-api.${region}.amazonaws.com`,
      domainPrefix: apiId,
      http: {
        method: head.method,
        path: head.path,
        protocol: head.protocol,
        sourceIp: head.sourceIp,
        userAgent: headerOf(received, 'user-agent') ?? '',
      },
      requestId: randomId(),
      routeKey,
      stage,
      time: requestTime(now),
      timeEpoch: now,
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: !isText,
  };
}

/** Form posts are not text to API Gateway: they arrive base64-encoded. */
function isTextType(contentType = 'text/plain'): boolean {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^text\/|^application\/(json|javascript|xml)$|^application\/[\w.-]+\+(json|xml)$/.test(type);
}

interface HttpAnswer {
  status: number;
  headers: Header[];
  body: Buffer;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const fullAnswer = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** What a function's result means as an HTTP answer; undefined when it is malformed. */
export function httpAnswer(result: unknown): HttpAnswer | undefined {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const text = typeof result === 'string' ? result : JSON.stringify(result ?? null);
    return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(text) };
  }

  const parsed = fullAnswer.safeParse(result);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const given = [...Object.entries(headers ?? {}), ...(cookies ?? []).map((cookie): Header => ['set-cookie', cookie])];
  const kept = given.filter(([name]) => !/^(connection|content-length|transfer-encoding)$/i.test(name));
  const typed = kept.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    status: statusCode,
    headers: typed ? kept : [...kept, ['content-type', 'text/plain;charset=UTF-8']],
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}
