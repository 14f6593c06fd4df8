import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { connectorId } from './types.ts';

/** Takes a connector, or the charger as a whole as connector 0, out of service or back (S 5.2, 6.7, 6.8). Scheduled: once the session ends. */
export const ChangeAvailability = defineAction('ChangeAvailability', {
  section: '5.2',
  request: z.strictObject({ connectorId, type: z.enum(['Inoperative', 'Operative']) }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected', 'Scheduled']) }),
});
