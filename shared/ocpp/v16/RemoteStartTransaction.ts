import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { chargingProfile } from './charging-profile.ts';
import { idToken, singleConnectorId } from './types.ts';

/** Begins a session from afar (S 5.11, 6.33, 6.34). Accepted: the charger will try (E 3.32). */
export const RemoteStartTransaction = defineAction('RemoteStartTransaction', {
  section: '5.11',
  request: z
    .strictObject({
      connectorId: singleConnectorId.optional(),
      idTag: idToken,
      chargingProfile: chargingProfile.optional(),
    })
    .superRefine((request, context) => {
      if (!request.chargingProfile) return;
      const { chargingProfilePurpose, transactionId } = request.chargingProfile;
      if (chargingProfilePurpose !== 'TxProfile') {
        const path = ['chargingProfile', 'chargingProfilePurpose'];
        context.addIssue({ code: 'custom', path, message: 'TxProfile is due' });
      }
      if (transactionId !== undefined) {
        const path = ['chargingProfile', 'transactionId'];
        context.addIssue({ code: 'custom', path, message: 'there is no transaction yet' });
      }
    }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected']) }),
});
