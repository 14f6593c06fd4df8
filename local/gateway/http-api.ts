import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import {
  functionHome,
  type Integration,
  integrationOf,
  ofApi,
  readProperties,
  refuse,
} from '#local/assembly/template-resource.ts';
import { corsHeaders, corsShape, isPreflight, withoutCors } from '#local/gateway/http-cors.ts';
import { httpAnswer, httpEvent, type JwtIdentity } from '#local/gateway/http-event.ts';
import { readBody } from '#local/gateway/http-exchange.ts';
import { bySpecificity, matchRoute, type RouteKey, routeKey } from '#local/gateway/http-routes.ts';
import type { Integrate } from '#local/gateway/integrations.ts';
import { type CheckJwt, jwtAuthorizer } from '#local/gateway/jwt-authorizer.ts';
import { eventBytes, httpBodyBytes, integrationTimeoutMs } from '#local/gateway/quotas.ts';
import type { Header, RequestHead } from '#local/gateway/request-head.ts';
import type { UserPools } from '#local/gateway/token.ts';
import type { Assembly, Resource } from '#local/parts.ts';

export interface HttpApi {
  id: string;
  /** Whether the API has an answer of its own to a request: a route, or CORS headers for a preflight. */
  claims(head: RequestHead): boolean;
  answer(head: RequestHead, req: IncomingMessage, res: ServerResponse): Promise<void>;
}

interface Route {
  key: RouteKey;
  integration: Integration;
  checkJwt: CheckJwt | undefined;
  scopes: readonly string[];
}

interface Match {
  stage: string;
  route: Route;
  parameters: Record<string, string>;
}

const apiShape = z.object({ CorsConfiguration: corsShape.optional() });
const stageShape = z.object({ StageName: z.string() });
const routeShape = z.object({
  RouteKey: z.string(),
  Target: z.string(),
  AuthorizationType: z.enum(['NONE', 'JWT']).default('NONE'),
  AuthorizerId: z.string().optional(),
  AuthorizationScopes: z.array(z.string()).default([]),
});

/** An HTTP API of the templates, payload format 2.0. */
export function httpApi(assembly: Assembly, api: Resource, pools: UserPools, integrate: Integrate): HttpApi {
  const { CorsConfiguration: cors } = readProperties(api, apiShape);
  const stages = ofApi(assembly, 'AWS::ApiGatewayV2::Stage', api).map(
    (stage) => readProperties(stage, stageShape).StageName,
  );
  if (stages.length === 0) refuse(api, 'it has no stage, so nobody could reach it');
  const routes = ofApi(assembly, 'AWS::ApiGatewayV2::Route', api)
    .map((resource) => readRoute(assembly, api, resource, pools))
    .sort((a, b) => bySpecificity(a.key, b.key));

  function match(head: RequestHead): Match | undefined {
    for (const stage of stages) {
      const path = pathWithin(stage, head.path);
      if (path === undefined) continue;
      for (const route of routes) {
        const parameters = matchRoute(route.key, head.method, path);
        if (parameters) return { stage, route, parameters };
      }
    }
    return undefined;
  }

  async function respond(head: RequestHead, req: IncomingMessage, send: Send): Promise<void> {
    // The gateway answers a preflight itself unless a route is made for OPTIONS.
    const matched = match(head);
    if (cors && isPreflight(head) && matched?.route.key.method !== 'OPTIONS') return send(204, []);
    if (!matched) return send(404, [], '{"message":"Not Found"}');

    const pathParameters = decoded(matched.parameters);
    if (!pathParameters) return send(400, [], '{"message":"Bad Request"}');

    const { route, stage } = matched;
    let jwt: JwtIdentity | undefined;
    if (route.checkJwt) {
      const verdict = await route.checkJwt(head, route.scopes);
      if (!verdict.allowed) {
        const message = verdict.status === 401 ? 'Unauthorized' : 'Forbidden';
        return send(verdict.status, [['www-authenticate', verdict.challenge]], JSON.stringify({ message }));
      }
      jwt = verdict.jwt;
    }

    const body = await readBody(req, httpBodyBytes);
    if (!body) return send(413, [], '{"message":"Request Entity Too Large"}');

    const { uri, timeoutMs } = route.integration;
    const place = { apiId: api.physicalId, ...functionHome(uri), stage, routeKey: route.key.key };
    const event = httpEvent({ ...place, head, pathParameters, body, jwt });
    if (body.length > eventBytes / 2 && Buffer.byteLength(JSON.stringify(event)) > eventBytes) {
      return send(413, [], '{"message":"Request Entity Too Large"}');
    }
    const outcome = await integrate(uri, event, timeoutMs);
    const answer = outcome.ok ? httpAnswer(outcome.payload) : undefined;
    if (!answer) return send(500, [], '{"message":"Internal Server Error"}');
    send(answer.status, answer.headers, answer.body);
  }

  return {
    id: api.physicalId,
    claims: (head) => match(head) !== undefined || (cors !== undefined && isPreflight(head)),
    answer: (head, req, res) =>
      respond(head, req, (status, headers, body) => {
        const all = cors ? [...withoutCors(headers), ...corsHeaders(cors, head)] : headers;
        write(res, status, all, body);
      }),
  };
}

type Send = (status: number, headers: readonly Header[], body?: string | Buffer) => void;

function write(res: ServerResponse, status: number, headers: readonly Header[], body: string | Buffer = ''): void {
  if (typeof body === 'string' && body !== '') res.setHeader('content-type', 'application/json');
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'set-cookie') res.appendHeader(name, value);
    else res.setHeader(name, value);
  }
  res.writeHead(status).end(body);
}

function readRoute(assembly: Assembly, api: Resource, resource: Resource, pools: UserPools): Route {
  const { RouteKey, Target, AuthorizationType, AuthorizerId, AuthorizationScopes } = readProperties(
    resource,
    routeShape,
  );
  const integration = integrationOf(assembly, api, resource, Target, integrationTimeoutMs.http);
  if (integration.payloadFormat !== '2.0') refuse(resource, 'only payload format 2.0 is emulated');

  let checkJwt: CheckJwt | undefined;
  if (AuthorizationType === 'JWT') {
    checkJwt = jwtAuthorizer(assembly, resource, AuthorizerId ?? refuse(resource, 'AuthorizerId is missing'), pools);
  }
  return { key: routeKey(RouteKey), integration, checkJwt, scopes: AuthorizationScopes };
}

/** A stage other than `$default` is the first segment of the path. */
function pathWithin(stage: string, path: string): string | undefined {
  if (stage === '$default') return path;
  if (path === `/${stage}`) return '/';
  return path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : undefined;
}

function decoded(parameters: Record<string, string>): Record<string, string> | undefined {
  try {
    return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return undefined;
  }
}
