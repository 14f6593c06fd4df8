import { createLocalJWKSet, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import * as z from 'zod';
import { readProperties, refuse } from '#local/assembly/template-resource.ts';
import type { JwtIdentity } from '#local/gateway/http-event.ts';
import { headerOf, type RequestHead } from '#local/gateway/request-head.ts';
import type { UserPools } from '#local/gateway/token.ts';
import type { Assembly, Resource } from '#local/parts.ts';

/** 401: no token, or one that is not good. 403: the token lacks every scope that the route asks for. */
type JwtVerdict = { allowed: true; jwt: JwtIdentity } | { allowed: false; status: 401 | 403; challenge: string };

export type CheckJwt = (head: RequestHead, scopes: readonly string[]) => Promise<JwtVerdict>;

const authorizerShape = z.object({
  AuthorizerType: z.literal('JWT'),
  IdentitySource: z.tuple([z.string()]),
  JwtConfiguration: z.object({ Issuer: z.string(), Audience: z.array(z.string()).min(1) }),
});

export function jwtAuthorizer(assembly: Assembly, route: Resource, id: string, pools: UserPools): CheckJwt {
  const resource = assembly.ofType('AWS::ApiGatewayV2::Authorizer').find(({ physicalId }) => physicalId === id);
  if (!resource) refuse(route, `no authorizer is '${id}'`);
  const { IdentitySource, JwtConfiguration } = readProperties(resource, authorizerShape);
  const { Issuer: issuer, Audience: audience } = JwtConfiguration;

  const [, header] = /^\$request\.header\.([\w-]+)$/.exec(IdentitySource[0]) ?? [];
  if (!header) refuse(resource, `the identity source '${IdentitySource[0]}' is not emulated`);
  const jwks = pools.keysOf(issuer);
  if (!jwks) refuse(resource, `its issuer '${issuer}' is no user pool of the templates`);
  const keySet = createLocalJWKSet(jwks);

  const verified = async (token: string): Promise<JWTPayload | undefined> => {
    try {
      // API Gateway insists on a kid; jose alone would be content with a single key.
      if (!decodeProtectedHeader(token).kid) return undefined;
      const { payload } = await jwtVerify(token, keySet, { issuer, algorithms: ['RS256'], requiredClaims: ['exp'] });
      return isFor(payload, audience) && !isFromTheFuture(payload) ? payload : undefined;
    } catch (cause) {
      if (cause instanceof errors.JOSEError || cause instanceof TypeError) return undefined;
      throw cause;
    }
  };

  return async (head, scopes) => {
    const token = headerOf(head.headers, header)?.replace(/^bearer +/i, '');
    if (!token) return { allowed: false, status: 401, challenge: 'Bearer' };
    const payload = await verified(token);
    if (!payload) return { allowed: false, status: 401, challenge: 'Bearer error="invalid_token"' };

    const granted = scopesOf(payload).filter((scope) => scopes.includes(scope));
    if (scopes.length > 0 && granted.length === 0) {
      return {
        allowed: false,
        status: 403,
        challenge: `Bearer scope="${scopes.join(' ')}" error="insufficient_scope"`,
      };
    }
    return { allowed: true, jwt: { claims: claimTexts(payload), scopes: scopes.length > 0 ? granted : null } };
  };
}

/** `aud`, or `client_id` where there is no `aud` (Cognito's access tokens). */
function isFor({ aud, client_id: clientId }: JWTPayload, audience: readonly string[]): boolean {
  return [aud ?? clientId].flat().some((each) => typeof each === 'string' && audience.includes(each));
}

function isFromTheFuture({ iat }: JWTPayload): boolean {
  return iat !== undefined && iat > Date.now() / 1000;
}

function scopesOf({ scope, scp }: JWTPayload): string[] {
  const texts = [scope ?? scp].flat().filter((each) => typeof each === 'string');
  return texts.flatMap((text) => text.split(' '));
}

/** API Gateway hands every claim on as text: a list becomes `[a b]`. */
function claimTexts(payload: JWTPayload): Record<string, string> {
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      Array.isArray(value) ? `[${value.join(' ')}]` : textOf(value),
    ]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
