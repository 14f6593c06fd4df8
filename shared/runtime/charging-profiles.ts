import { commandIdOf } from '#shared/domain/command-id.ts';
import { type ProfileChange, spentChanges } from '#shared/domain/profile-changes.ts';
import type { OpenSession } from '#shared/domain/session.ts';
import type { Stores } from '#shared/store/stores.ts';

/** A profile that was replaced or has ended is remembered for so long: the answer to a command before it may still come. */
const REMEMBERED_MS = 3_600_000;

/** So many are forgotten at once; what is left is with the next change. */
const FORGOTTEN_AT_ONCE = 100;

type ProfileStores = Pick<Stores, 'profiles' | 'sessions'>;

/** What profiles the charger has accepted, and what is running: profiles of a session end with it. */
export async function profilesAndSessions(
  { profiles, sessions: all }: ProfileStores,
  chargerId: string,
): Promise<{ changes: ProfileChange[]; sessions: OpenSession[]; open: ReadonlySet<string> }> {
  const [changes, sessions] = await Promise.all([profiles.listChanges(chargerId), all.listOpen(chargerId)]);
  return { changes, sessions, open: new Set(sessions.map(({ localId }) => localId)) };
}

export async function forgetSpentProfiles(stores: ProfileStores, chargerId: string, nowMs: number): Promise<void> {
  const { changes, open } = await profilesAndSessions(stores, chargerId);
  const until = commandIdOf(nowMs - REMEMBERED_MS, new Uint8Array(10));
  await stores.profiles.forgetChanges(chargerId, spentChanges(changes, open, until).slice(0, FORGOTTEN_AT_ONCE));
}
