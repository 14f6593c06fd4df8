import { createHash, timingSafeEqual } from 'node:crypto';
import type { Knock } from '#shared/domain/admission.ts';

/** The parts of a connect request that say who is there. Header names keep the client's casing. */
export interface ConnectRequest {
  headers?: Record<string, string | undefined> | null;
  multiValueHeaders?: Record<string, string[] | undefined> | null;
  queryStringParameters?: Record<string, string | undefined> | null;
  multiValueQueryStringParameters?: Record<string, string[] | undefined> | null;
}

/** CloudFront puts the secret that proves it into this header. */
const ORIGIN_KEY_HEADER = 'x-chargeline-origin-key';

export function knockOf(request: ConnectRequest): Knock {
  const [authorization] = headerOf(request, 'authorization');
  return {
    identities: identitiesOf(request),
    basic: authorization === undefined ? undefined : basicOf(authorization),
    offered: headerOf(request, 'sec-websocket-protocol')
      .flatMap((value) => value.split(','))
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  };
}

/** 'forged': there is a key, but none of ours. */
export function cameThroughFrontDoor(request: ConnectRequest, originKeys: string[]): 'yes' | 'no' | 'forged' {
  const shown = headerOf(request, ORIGIN_KEY_HEADER);
  if (shown.length === 0) return 'no';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const known = originKeys.map((key) => shown.length === 1 && timingSafeEqual(digest(key), digest(shown[0] ?? '')));
  return known.includes(true) ? 'yes' : 'forged';
}

function identitiesOf(request: ConnectRequest): string[] {
  const several = request.multiValueQueryStringParameters?.id;
  if (several) return several;
  const one = request.queryStringParameters?.id;
  return one === undefined ? [] : [one];
}

function headerOf(request: ConnectRequest, name: string): string[] {
  const several = Object.entries(request.multiValueHeaders ?? {}).filter(([key]) => key.toLowerCase() === name);
  if (several.length > 0) return several.flatMap(([, values]) => values ?? []);
  const single = Object.entries(request.headers ?? {}).filter(([key]) => key.toLowerCase() === name);
  return single.flatMap(([, value]) => (value === undefined ? [] : [value]));
}

/** The password is bytes: a raw AuthorizationKey is no UTF-8, and a colon in it is legal (RFC 7617 forbids it in the user only). */
function basicOf(authorization: string): Knock['basic'] {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const colon = bytes.indexOf(0x3a);
  if (colon < 0) return undefined;
  return { user: bytes.subarray(0, colon).toString('utf8'), password: bytes.subarray(colon + 1) };
}
