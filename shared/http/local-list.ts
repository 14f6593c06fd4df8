import * as z from 'zod';
import { idTag, instant } from './schemas.ts';

/** As many as fit into one item of the database, whatever characters they are made of. */
const MOST_ENTRIES = 1000;

const status = z.enum(['Accepted', 'Blocked', 'Expired', 'Invalid']);

/** With an offset the year may be another one in UTC, and OCPP has four digits for it. */
const tellable = (text: string) => /^\d{4}-/.test(new Date(text).toISOString());

export const localListPlan = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        idTag,
        status,
        expiryDate: z.iso
          .datetime({ offset: true, abort: true })
          .refine(tellable, 'from the year 0000 to 9999 in UTC')
          .optional(),
        parentIdTag: idTag.optional(),
      }),
    )
    .max(MOST_ENTRIES)
    .describe('The whole list: what is not in it is taken off'),
});

const entries = z.array(
  z.strictObject({ idTag, status, expiryDate: instant.nullable(), parentIdTag: idTag.nullable() }),
);

export const localList = z.strictObject({
  desired: z
    .strictObject({ revision: z.int().describe('Grows with each PUT'), entries })
    .nullable()
    .describe('null: nothing was decided yet'),
  held: z.strictObject({
    is: z
      .enum(['unknown', 'unsupported', 'empty', 'list'])
      .describe(
        'What the charger has. unknown: nobody has told, or an update was not answered; unsupported: it keeps no list',
      ),
    version: z.int().nullable(),
    entries: entries.nullable(),
  }),
  lastVersion: z.int().describe('The highest version that was ever sent to the charger or told by it'),
  inStep: z.boolean().describe('The charger has the desired list, and no update is on its way'),
  pendingCommandId: z.string().nullable().describe('The update that is on its way'),
  sync: z
    .strictObject({
      state: z.enum(['running', 'done', 'failed']),
      by: z.string().describe('The subject of whoever asked for it, or LocalListConflict'),
      startedAt: instant,
      failures: z
        .int()
        .describe('Updates that the charger did not take: a whole list follows each, at most three times'),
      reason: z.string().nullable().describe('Why it failed'),
    })
    .nullable(),
});
