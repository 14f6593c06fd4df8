import { canonicalId } from '#shared/domain/charger.ts';
import type { ChargingProfileStore, ProfileChange } from '#shared/domain/profile-changes.ts';
import { Rows } from './rows.ts';

export function memoryProfileStore(): ChargingProfileStore {
  const changes = new Rows<ProfileChange>();
  const of = (chargerId: string, commandId: string) => `${canonicalId(chargerId)}/${commandId}`;

  return {
    async recordChange(chargerId, change) {
      if (!changes.has(of(chargerId, change.commandId))) changes.set(of(chargerId, change.commandId), change);
    },

    async listChanges(chargerId) {
      return changes.startingWith(of(chargerId, '')).map(([, change]) => change);
    },

    async forgetChanges(chargerId, commandIds) {
      for (const commandId of commandIds) changes.delete(of(chargerId, commandId));
    },
  };
}
