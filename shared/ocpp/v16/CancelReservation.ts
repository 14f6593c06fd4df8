import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { int32 } from './types.ts';

/** A reservation is given up (S 5.1, 6.5, 6.6). Rejected: the charger knows of none with this id. */
export const CancelReservation = defineAction('CancelReservation', {
  section: '5.1',
  request: z.strictObject({ reservationId: int32 }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected']) }),
});
