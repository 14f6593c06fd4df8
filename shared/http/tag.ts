import * as z from 'zod';
import { idTag, instant } from './schemas.ts';

const first = Date.parse('0001-01-01T00:00:00.000Z');
const last = Date.parse('9999-12-31T23:59:59.999Z');

/** With an offset the year may be another one in UTC, and beyond these it could not be written as we write times. */
const tellable = (text: string) => Date.parse(text) >= first && Date.parse(text) <= last;

export const tagPlan = z.strictObject({
  idTag,
  status: z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid']),
  parentIdTag: idTag.optional(),
  expiryDate: z.iso
    .datetime({ offset: true, abort: true })
    .refine(tellable, 'from the year 0001 to 9999 in UTC')
    .optional(),
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
