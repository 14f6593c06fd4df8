import * as z from 'zod';
import { instant } from './schemas.ts';

/** Something a charger said that is kept beside the state: refused frames whole, reports as a timeline. */
export const evidence = z.strictObject({
  at: instant.describe('When it was received'),
  kind: z.enum(['refused', 'staleStatus', 'stop', 'boot', 'firmwareStatus', 'diagnosticsStatus', 'dataTransfer']),
  action: z.string(),
  note: z.string().nullable(),
  content: z.string().describe('The frame as it arrived'),
});

export const violation = z.strictObject({
  action: z.string(),
  field: z.string(),
  rule: z.string(),
  count: z.int(),
  firstAt: instant,
  lastAt: instant,
  example: z.string().describe('The latest frame that broke the rule, cut to 1,000 characters'),
});
