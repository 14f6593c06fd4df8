import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { int32 } from './types.ts';

/** Ends a session from afar, also one that is not known here (S 5.12, 6.35, 6.36). Accepted: the charger will try. */
export const RemoteStopTransaction = defineAction('RemoteStopTransaction', {
  section: '5.12',
  request: z.strictObject({ transactionId: int32 }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected']) }),
});
