import * as z from 'zod';
import { idTag, instant } from './schemas.ts';

export const tagPlan = z.strictObject({
  idTag,
  status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid']),
  parentIdTag: idTag.optional(),
  expiryDate: z.iso.datetime({ offset: true }).optional(),
  maxOpenSessions: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe('More at once are answered ConcurrentTx; absent: no limit'),
});

export const tag = z.strictObject({
  idTag,
  issuer: z.string().describe('An organisation, or "installation": valid at every charger'),
  status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid']).describe('Expired also once expiryDate has passed'),
  parentIdTag: idTag.nullable(),
  expiryDate: instant.nullable(),
  maxOpenSessions: z.int().nullable(),
});
