import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { chargingProfile } from './charging-profile.ts';
import { connectorId } from './types.ts';

/** Limits what a connector, a session or the charger as a whole may draw (S 5.16, 6.43, 6.44). */
export const SetChargingProfile = defineAction('SetChargingProfile', {
  section: '5.16',
  request: z.strictObject({ connectorId, csChargingProfiles: chargingProfile }).superRefine((request, context) => {
    const { chargingProfilePurpose, transactionId } = request.csChargingProfiles;
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (chargingProfilePurpose === 'ChargePointMaxProfile' && request.connectorId !== 0) {
      refuse(['connectorId'], 'a ChargePointMaxProfile is for connector 0');
    }
    if (chargingProfilePurpose === 'TxProfile' && request.connectorId === 0) {
      refuse(['connectorId'], 'a TxProfile is for a connector above 0');
    }
    if ((chargingProfilePurpose === 'TxProfile') !== (transactionId !== undefined)) {
      refuse(['csChargingProfiles', 'transactionId'], 'a TxProfile has one, and no other profile');
    }
  }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected', 'NotSupported']) }),
});
