import { toInstant } from '#shared/domain/time.ts';
import { ClearChargingProfile } from '#shared/ocpp/v16/ClearChargingProfile.ts';
import { forgetSpentProfiles } from '#shared/runtime/charging-profiles.ts';
import { defineOperation } from '#shared/runtime/operation.ts';
import { criteriaOf } from '#shared/runtime/v16-charging.ts';

/** Unknown: the charger has none of these. What we took it to have it has not. */
export const clearChargingProfile = defineOperation<typeof ClearChargingProfile>({
  action: ClearChargingProfile,
  async refuse(request, { confirm }) {
    const isForAll = Object.values(request).every((value) => value === undefined);
    return isForAll && confirm !== 'all'
      ? [{ field: 'payload', rule: 'without any field every profile is cleared: confirm=all is due' }]
      : [];
  },
  async answered(request, _, { charger, stores, nowMs, commandId }) {
    const change = { commandId, at: toInstant(nowMs), cleared: criteriaOf(request) };
    await stores.profiles.recordChange(charger.id, change);
    await forgetSpentProfiles(stores, charger.id, nowMs);
  },
});
