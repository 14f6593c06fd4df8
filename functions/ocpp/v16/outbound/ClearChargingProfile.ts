import { ClearChargingProfile } from '#shared/ocpp/v16/ClearChargingProfile.ts';
import { defineOperation } from '#shared/runtime/operation.ts';

export const clearChargingProfile = defineOperation<typeof ClearChargingProfile>({ action: ClearChargingProfile });
