import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';

/** The charger starts anew; sessions end first, in an orderly way when Soft (S 5.14, 6.39, 6.40). */
export const Reset = defineAction('Reset', {
  section: '5.14',
  request: z.strictObject({ type: z.enum(['Hard', 'Soft']) }),
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected']) }),
});
