import * as z from 'zod';
import { instant, written } from './schemas.ts';

const WEEK_S = 7 * 24 * 3600;

const unit = z.enum(['A', 'W']).describe('A counts for each phase, W for all together');
const limit = z.number().describe('In the unit of its schedule; one decimal');
const phases = z.int().nullable().describe('null: not told, which means 3');

export const chargingProfile = z.strictObject({
  connectorId: z.int().describe('0: the charger as a whole'),
  profileId: z.int(),
  purpose: z.enum(['ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile']),
  kind: z.enum(['Absolute', 'Recurring', 'Relative']),
  recurrency: z.enum(['Daily', 'Weekly']).nullable(),
  stackLevel: z.int().describe('Of those with one purpose the highest counts'),
  transactionId: z.string().nullable().describe('Of a TxProfile, which ends with it'),
  validFrom: instant.nullable(),
  validTo: instant.nullable(),
  schedule: z.strictObject({
    startAt: instant.nullable().describe('null: it starts with the session'),
    durationS: z.int().nullable(),
    unit,
    minRate: limit.nullable(),
    periods: z.array(z.strictObject({ startS: z.int(), limit, phases })),
  }),
  installedAt: instant.describe('When the charger accepted it'),
});

const told = z.strictObject({ limit, unit, phases }).nullable().describe('null: no limit is known');

const schedule = {
  startAt: instant,
  durationS: z.int(),
  unit,
  periods: z.array(z.strictObject({ startS: z.int(), limit: limit.nullable(), phases })),
};

export const compositeSchedule = z.strictObject({
  connectorId: z.int(),
  ...schedule,
  charger: z
    .strictObject({
      commandId: z.string(),
      answeredAt: instant,
      ...schedule,
      outdated: z.boolean().describe('Profiles have changed since: ask again'),
      differences: z
        .array(z.strictObject({ fromS: z.int(), ours: told, theirs: told }))
        .nullable()
        .describe('From what we expect, in seconds after its start; null where it is outdated'),
    })
    .nullable()
    .describe('What the charger answered to the newest GetCompositeSchedule for this connector'),
});

export const compositeScheduleQuery = z.strictObject({
  connectorId: written(z.int().min(0).max(2_147_483_647)),
  durationS: written(z.int().min(1).max(WEEK_S)).default(24 * 3600),
  unit: z.enum(['A', 'W']).default('A'),
});
