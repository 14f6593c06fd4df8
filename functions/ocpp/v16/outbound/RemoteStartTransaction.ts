import { refusalsOf } from '#shared/domain/charging-profile.ts';
import { profilesOfNow } from '#shared/domain/profile-changes.ts';
import { canonicalTag } from '#shared/domain/tag.ts';
import { RemoteStartTransaction } from '#shared/ocpp/v16/RemoteStartTransaction.ts';
import { chargingAbilities } from '#shared/runtime/charging-abilities.ts';
import { forgetSpentProfiles, profilesAndSessions } from '#shared/runtime/charging-profiles.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { profileOf } from '#shared/runtime/v16-charging.ts';

/** Of the newest sessions of the charger so many are looked through. */
const LOOKED_THROUGH = 10;

/**
 * Accepted only says that it will try (E 3.32). The session that it began is of the same tag, on the connector that was named, and was started after the
 * command was sent; one session is the effect of one command. A start from an offline queue was not meant. A profile that came with the command is the
 * session's once that is known.
 */
export const remoteStartTransaction = defineOperation<typeof RemoteStartTransaction>({
  action: RemoteStartTransaction,
  async refuse({ connectorId = 1, chargingProfile }, { charger, stores }) {
    if (!chargingProfile) return [];
    const [abilities, { changes, open }] = await Promise.all([
      chargingAbilities(stores, charger),
      profilesAndSessions(stores, charger.id),
    ]);
    const profile = profileOf(chargingProfile, TO_COME);
    return refusalsOf(profile, connectorId, abilities, profilesOfNow(changes, open)).map(({ field, rule }) => ({
      field: field.replace(/^csChargingProfiles/, 'chargingProfile'),
      rule,
    }));
  },
  watchUntilMs: (_, { status }, { nowMs, durations }) =>
    status === 'Accepted' ? nowMs + durations.effectMs : undefined,
  async look({ idTag, connectorId }, { charger, stores, sentAt }) {
    const { items } = await stores.sessions.listOfCharger(charger.id, LOOKED_THROUGH);
    return items
      .filter(
        (session) =>
          session.receivedAt >= sentAt &&
          session.startedAt !== undefined &&
          session.startedAt >= withSkew(sentAt) &&
          session.idTag !== undefined &&
          canonicalTag(session.idTag) === canonicalTag(idTag) &&
          (connectorId === undefined || session.connector?.evse === connectorId),
      )
      .toReversed()
      .map(({ receivedAt, localId }) => ({
        at: receivedAt,
        what: `${STARTED}${localId}`,
        claim: `session#${localId}`,
      }));
  },
  async seen({ chargingProfile }, { at, what }, { charger, stores, commandId }) {
    if (!chargingProfile) return;
    const localId = what.slice(STARTED.length);
    const session = (await stores.sessions.listOpen(charger.id)).find((open) => open.localId === localId);
    // With the session that has ended meanwhile the profile has ended as well.
    if (!session) return;
    const profile = profileOf(chargingProfile, localId);
    const change = { commandId, at, connectorId: session.connector.evse, profile };
    await stores.profiles.recordChange(charger.id, change);
    await forgetSpentProfiles(stores, charger.id, Date.parse(at));
  },
});

const STARTED = 'StartTransaction ';

/** In the place of the transaction id that a profile will have. */
const TO_COME = '';

/** Chargers' clocks are a little off. */
const SKEW_MS = 60_000;

const withSkew = (instant: string): string => new Date(Date.parse(instant) - SKEW_MS).toISOString();
