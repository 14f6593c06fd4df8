import { refusalsOf } from '#shared/domain/charging-profile.ts';
import { profilesOfNow } from '#shared/domain/profile-changes.ts';
import { toInstant } from '#shared/domain/time.ts';
import { SetChargingProfile } from '#shared/ocpp/v16/SetChargingProfile.ts';
import { chargingAbilities } from '#shared/runtime/charging-abilities.ts';
import { forgetSpentProfiles, profilesAndSessions } from '#shared/runtime/charging-profiles.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { profileOf } from '#shared/runtime/v16-charging.ts';

/** A TxProfile is for a session that is running on its connector (S 5.16). */
export const setChargingProfile = defineOperation<typeof SetChargingProfile>({
  action: SetChargingProfile,
  async refuse({ connectorId, csChargingProfiles }, { charger, stores }) {
    const profile = profileOf(csChargingProfiles);
    const [abilities, { changes, sessions, open }] = await Promise.all([
      chargingAbilities(stores, charger),
      profilesAndSessions(stores, charger.id),
    ]);
    const runs = sessions.some(
      ({ localId, connector }) => localId === profile.transactionId && connector.evse === connectorId,
    );
    return [
      ...refusalsOf(profile, connectorId, abilities, profilesOfNow(changes, open)),
      ...(profile.purpose === 'TxProfile' && !runs
        ? [{ field: 'csChargingProfiles.transactionId', rule: 'no session of the connector is running under it' }]
        : []),
    ];
  },
  async answered({ connectorId, csChargingProfiles }, { status }, { charger, stores, nowMs, commandId }) {
    if (status !== 'Accepted') return;
    const profile = profileOf(csChargingProfiles);
    await stores.profiles.recordChange(charger.id, { commandId, at: toInstant(nowMs), connectorId, profile });
    await forgetSpentProfiles(stores, charger.id, nowMs);
  },
});
