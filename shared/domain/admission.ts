import type { Charger } from './charger.ts';
import { canonicalId } from './charger.ts';
import type { CredentialKeeper } from './credential.ts';

/** What a charger shows at the door, whichever way it came. */
export interface Knock {
  /** Every identity given in the address; more than one is refused. */
  identities: string[];
  basic?: { user: string; password: Uint8Array };
  /** The subprotocols that it offers, in its order. */
  offered: string[];
}

export type Verdict =
  | {
      status: 'in';
      charger: Charger;
      protocol: string | undefined;
      /** Whether it showed the key that was on its way to it. */
      usesNext: boolean;
    }
  | { status: 400 | 401 | 404; reason: string };

/** In characters: the app API takes no longer one. What is much longer would not even fit into a key of the table. */
const LONGEST_IDENTITY = 48;

/**
 * Who may connect: 404 for an identity nobody knows, then 401 for a wrong or missing credential, then 400 for no common subprotocol
 * (OCPP-J 3.1.1, 3.2; security profiles 0 to 2). Where the address names no identity, the Basic user name does.
 */
export async function admit(
  knock: Knock,
  supported: readonly string[],
  findCharger: (id: string) => Promise<Charger | undefined>,
  credentials: CredentialKeeper,
): Promise<Verdict> {
  if (knock.identities.length > 1) return { status: 400, reason: 'several identities' };
  // Firmware that appends its identity to `…?id=` makes `?id=/CP001`.
  const identity = knock.identities[0]?.replace(/^\//, '') || knock.basic?.user;
  const possible = identity !== undefined && identity !== '' && identity.length <= LONGEST_IDENTITY;
  const charger = possible ? await findCharger(identity) : undefined;
  if (!possible || !charger) return { status: 404, reason: 'unknown identity' };
  const { basic } = knock;
  if (basic && canonicalId(basic.user) !== canonicalId(identity))
    return { status: 401, reason: 'user is not the identity' };
  let usesNext = false;
  if (charger.securityProfile === 3) return { status: 401, reason: 'client certificate due' };
  if (charger.securityProfile > 0) {
    if (!basic) return { status: 401, reason: 'no credential' };
    const shown = await shownCredential(charger, basic.password, credentials);
    if (!shown) return { status: 401, reason: 'wrong credential' };
    usesNext = shown === 'next';
  }
  const protocol = knock.offered.find((name) => supported.includes(name));
  const assumed = knock.offered.length === 0 && charger.assumeProtocol !== undefined;
  if (protocol === undefined && !assumed) return { status: 400, reason: 'no common subprotocol' };
  return { status: 'in', charger, protocol, usesNext };
}

async function shownCredential(
  { credential, nextCredential }: Charger,
  presented: Uint8Array,
  credentials: CredentialKeeper,
): Promise<'current' | 'next' | undefined> {
  if (credential && (await credentials.matches(credential, presented))) return 'current';
  return nextCredential && (await credentials.matches(nextCredential, presented)) ? 'next' : undefined;
}
