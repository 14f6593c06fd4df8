import * as z from 'zod';
import { defineAction } from '#shared/ocpp/action.ts';
import { empty } from './types.ts';

/** The charger forgets the tags that it has seen (S 5.4, 6.11, 6.12). */
export const ClearCache = defineAction('ClearCache', {
  section: '5.4',
  request: empty,
  response: z.strictObject({ status: z.enum(['Accepted', 'Rejected']) }),
});
