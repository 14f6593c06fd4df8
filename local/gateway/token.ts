import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
} from 'jose';
import * as z from 'zod';
import type { Assembly, Resource } from '#local/parts.ts';

/** Whom a token is for; without an organisation, for the whole installation. */
export const personShape = z.strictObject({
  email: z.email().max(254),
  role: z.enum(['owner', 'manager', 'finance', 'viewer', 'operator', 'driver']),
  // As the app API's contracts have it, which nothing here may import.
  organisationId: z
    .string()
    .regex(/^(?!installation$)[a-z0-9][a-z0-9-]{0,47}$/, 'at most 48 small letters, digits and hyphens')
    .optional(),
});
type Person = z.output<typeof personShape>;

/** `expiresAt` is UTC, ISO 8601. */
export interface Token {
  token: string;
  expiresAt: string;
}

/** The user pools of the templates, as far as tokens are concerned. */
export interface UserPools {
  /** Signs an ID token of the first pool; undefined when the templates have no pool with a client. */
  mint: ((person: Person) => Promise<Token>) | undefined;
  /** The public keys of the pool that issues under this name. */
  keysOf(issuer: string): JSONWebKeySet | undefined;
}

const lifetimeS = 60 * 60;

export async function userPools(assembly: Assembly, dataDir: string): Promise<UserPools> {
  const pools = assembly.ofType('AWS::Cognito::UserPool');
  const [pool] = pools;
  if (!pool) return { mint: undefined, keysOf: () => undefined };

  const key = await signingKey(dataDir);
  const { kty, n, e, kid, alg, use } = key;
  const keys: JSONWebKeySet = { keys: [{ kty, n, e, kid, alg, use }] };
  const issuers = new Set(pools.map((each) => issuerOf(assembly, each)));

  const client = assembly
    .ofType('AWS::Cognito::UserPoolClient')
    .find(({ properties }) => properties.UserPoolId === pool.physicalId);
  const privateKey = await importJWK(key, 'RS256');
  const mint = async (person: Person, audience: string): Promise<Token> => {
    const iat = Math.floor(Date.now() / 1000);
    const payload = idToken(person, { iss: issuerOf(assembly, pool), aud: audience, iat, exp: iat + lifetimeS });
    const token = await new SignJWT(payload).setProtectedHeader({ kid, alg: 'RS256' }).sign(privateKey);
    return { token, expiresAt: new Date((iat + lifetimeS) * 1000).toISOString() };
  };
  return {
    mint: client && ((person) => mint(person, client.physicalId)),
    keysOf: (issuer) => (issuers.has(issuer) ? keys : undefined),
  };
}

/** The pool's issuer as the templates' own authorizers spell it, and as Cognito would where none does. */
function issuerOf(assembly: Assembly, pool: Resource): string {
  const spelled = assembly
    .ofType('AWS::ApiGatewayV2::Authorizer')
    .map(({ properties }) => z.object({ Issuer: z.string() }).safeParse(properties.JwtConfiguration).data?.Issuer)
    .find(
      (issuer) =>
        issuer !== undefined && /^https:\/\/cognito-idp\.[\w.-]+\/(.+)$/.exec(issuer)?.[1] === pool.physicalId,
    );
  const region = pool.physicalId.split('_')[0];
  return spelled ?? `https://cognito-idp.${region}.amazonaws.com/${pool.physicalId}`;
}

function idToken({ email, role, organisationId }: Person, fixed: JWTPayload & { iat: number }): JWTPayload {
  const sub = stableId(`${fixed.iss} ${email.toLowerCase()}`);
  return {
    sub,
    email,
    email_verified: true,
    token_use: 'id',
    'cognito:username': sub,
    'cognito:groups': [role],
    // In Cognito an administrator writes it: there is no token without one that is good for anything.
    'custom:organisationId': organisationId ?? '*',
    auth_time: fixed.iat,
    jti: randomUUID(),
    ...fixed,
  };
}

/** The same text gives the same id, in the form of Cognito's subs. */
function stableId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const keyShape = z.object({
  kty: z.literal('RSA'),
  n: z.string(),
  e: z.string(),
  d: z.string(),
  p: z.string(),
  q: z.string(),
  dp: z.string(),
  dq: z.string(),
  qi: z.string(),
  kid: z.string(),
  alg: z.literal('RS256'),
  use: z.literal('sig'),
});
type SigningKey = z.output<typeof keyShape>;

/** The data directory's key, made at the first start: tokens stay good across restarts. */
async function signingKey(dataDir: string): Promise<SigningKey> {
  const path = join(dataDir, 'token-key.json');
  return (await storedKey(path)) ?? (await storeKey(dataDir, path));
}

async function storedKey(path: string): Promise<SigningKey | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  try {
    return keyShape.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is not a signing key; remove it and a new one is made`, { cause });
  }
}

async function storeKey(dataDir: string, path: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = keyShape.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' });

  // Linked into place when it is complete: a crash leaves no half key, and of two starts at once one wins.
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
    return key;
  } catch (cause) {
    const winner = await storedKey(path);
    if (!winner) throw cause;
    return winner;
  } finally {
    await rm(draft);
  }
}
