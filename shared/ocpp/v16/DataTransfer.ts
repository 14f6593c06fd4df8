import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { ciString } from './types.ts';

/** What the specification has no words for, by agreement with a vendor: either side sends it (S 4.3, 5.6, 6.15, 6.16). */
export const DataTransfer = defineAction('DataTransfer', {
  section: '4.3',
  request: z.strictObject({
    vendorId: ciString(255),
    messageId: ciString(50).optional(),
    data: z.string().optional(),
  }),
  response: z.strictObject({
    status: z.enum(['Accepted', 'Rejected', 'UnknownMessageId', 'UnknownVendorId']),
    data: z.string().optional(),
  }),
});
