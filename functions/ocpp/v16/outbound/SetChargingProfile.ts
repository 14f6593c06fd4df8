import { SetChargingProfile } from '#shared/ocpp/v16/SetChargingProfile.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

export const setChargingProfile = defineOperation<typeof SetChargingProfile>({ action: SetChargingProfile });
