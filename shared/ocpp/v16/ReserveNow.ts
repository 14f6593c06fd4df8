import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { connectorId, idToken, int32, sentDateTime } from './types.ts';

/** Keeps a connector, or any one as connector 0, for a tag (S 5.13, 6.37, 6.38). The same id again replaces what was reserved. */
export const ReserveNow = defineAction('ReserveNow', {
  section: '5.13',
  request: z.strictObject({
    connectorId,
    expiryDate: sentDateTime,
    idTag: idToken,
    parentIdTag: idToken.optional(),
    reservationId: int32,
  }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Faulted', 'Occupied', 'Rejected', 'Unavailable']) }),
});
