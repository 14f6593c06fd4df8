import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { chargingProfilePurpose, stackLevel } from './charging-profile.ts';
import { connectorId, int32 } from './types.ts';

/** Charging profiles are taken away: the one with this id, or all that fit the other fields (S 5.5, 6.13, 6.14). Without any field: every one. */
export const ClearChargingProfile = defineAction('ClearChargingProfile', {
  section: '5.5',
  request: z.strictObject({
    /** The other fields are ignored beside it (E 3.26). */
    id: int32.optional(),
    connectorId: connectorId.optional(),
    chargingProfilePurpose: chargingProfilePurpose.optional(),
    stackLevel: stackLevel.optional(),
  }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Unknown']) }),
});
