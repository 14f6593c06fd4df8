import {
  type ChargingProfile,
  type ClearCriteria,
  clear,
  type InstalledProfile,
  install,
  withoutTransaction,
} from './charging-profile.ts';
import type { Instant } from './time.ts';

/** What a charger has accepted of a command that sets or clears its profiles. */
export type ProfileChange = {
  /** In the order of these the charger was told. */
  commandId: string;
  at: Instant;
} & ({ connectorId: number; profile: ChargingProfile } | { cleared: ClearCriteria });

export interface ChargingProfileStore {
  /** Once for each command: what is recorded first stays. */
  recordChange(chargerId: string, change: ProfileChange): Promise<void>;
  /** In the order of their commands. */
  listChanges(chargerId: string): Promise<ProfileChange[]>;
  /** At most 100. */
  forgetChanges(chargerId: string, commandIds: string[]): Promise<void>;
}

/**
 * What a charger has after all that it accepted. The order of the commands counts, not that of the answers: one may be told twice, or come when
 * others have been given.
 */
export const profilesAfter = (changes: readonly ProfileChange[]): InstalledProfile[] =>
  changes
    .toSorted((one, other) => (one.commandId < other.commandId ? -1 : 1))
    .reduce<InstalledProfile[]>(
      (before, change) =>
        'cleared' in change
          ? clear(before, change.cleared).kept
          : install(before, change.connectorId, change.profile, change.at),
      [],
    );

/** The profiles of sessions that are not among the open ones have ended with them. */
export function profilesOfNow(changes: readonly ProfileChange[], open: ReadonlySet<string>): InstalledProfile[] {
  const installed = profilesAfter(changes);
  const ended = installed.flatMap(({ profile: { transactionId = '' } }) =>
    open.has(transactionId) ? [] : transactionId,
  );
  return ended.reduce(withoutTransaction, installed);
}

/**
 * The commands before `until` that make no difference any more, the oldest first: their profiles are replaced, cleared, or ended with their sessions.
 * The newest stays, so that it is known when the last change was.
 */
export function spentChanges(
  changes: readonly ProfileChange[],
  open: ReadonlySet<string>,
  until: ProfileChange['commandId'],
): string[] {
  const inForce = new Set(profilesOfNow(changes, open).map(({ profile }) => profile));
  return changes
    .toSorted((one, other) => (one.commandId < other.commandId ? -1 : 1))
    .slice(0, -1)
    .filter((change) => change.commandId < until && !('profile' in change && inForce.has(change.profile)))
    .map(({ commandId }) => commandId);
}
