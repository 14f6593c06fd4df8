import { canonicalId } from './charger.ts';

/** The key of a session in the API: opaque to callers, and readable without an index. */
export function sessionIdOf(chargerId: string, localId: string): string {
  return `${Buffer.from(canonicalId(chargerId)).toString('base64url')}.${localId}`;
}

/** Undefined where the text is no session id of ours. */
export function parseSessionId(id: string): { chargerId: string; localId: string } | undefined {
  const [encoded = '', localId = '', ...rest] = id.split('.');
  const chargerId = Buffer.from(encoded, 'base64url').toString();
  const valid = rest.length === 0 && chargerId !== '' && localId !== '' && sessionIdOf(chargerId, localId) === id;
  return valid ? { chargerId, localId } : undefined;
}
