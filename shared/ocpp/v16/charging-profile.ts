import * as z from 'zod';
import { forgiving } from '#shared/ocpp/leniency.ts';
import { dateTime, int32, safeInteger, seconds, sentDateTime } from './types.ts';

/** Charging profiles, which we send, and composite schedules, which chargers answer (S 7.8 to 7.14). */

export const chargingProfilePurpose = z.enum(['ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile']);

/** W is the total, A is per phase. */
export const chargingRateUnit = z.enum(['A', 'W']);

/** 0 is the lowest. */
export const stackLevel = z.int32().min(0);

/** Dividing by ten gives the number nearest to a decimal fraction, as reading its text does; dividing by 0.1 does not. */
const hasOneDecimal = (value: number) => Number.isInteger(value) || Math.round(value * 10) / 10 === value;

/** A or W. */
const decimal = z.number().refine(hasOneDecimal, { error: 'at most one decimal is due' });

const limit = decimal.min(0);

/** The first period begins with the schedule, each other one after the one before. */
const periods = z
  .array(
    z.strictObject({
      /** Seconds from the start of the schedule. */
      startPeriod: seconds,
      limit,
      /** Absent means 3 (E 3.69). */
      numberPhases: z.int32().min(1).max(3).optional(),
    }),
  )
  .min(1)
  .superRefine((list, context) => {
    for (const [place, { startPeriod }] of list.entries()) {
      const before = list[place - 1]?.startPeriod;
      const message = before === undefined ? 'the first period starts at 0' : 'periods start one after the other';
      const isDue = before === undefined ? startPeriod === 0 : startPeriod > before;
      if (!isDue) context.addIssue({ code: 'custom', path: [place, 'startPeriod'], message });
    }
  });

export const chargingProfile = z
  .strictObject({
    chargingProfileId: int32,
    transactionId: int32.optional(),
    stackLevel,
    chargingProfilePurpose,
    chargingProfileKind: z.enum(['Absolute', 'Recurring', 'Relative']),
    recurrencyKind: z.enum(['Daily', 'Weekly']).optional(),
    validFrom: sentDateTime.optional(),
    validTo: sentDateTime.optional(),
    chargingSchedule: z.strictObject({
      /** Absent: the last period goes on. */
      duration: seconds.optional(),
      startSchedule: sentDateTime.optional(),
      chargingRateUnit,
      chargingSchedulePeriod: periods,
      minChargingRate: limit.optional(),
    }),
  })
  .superRefine(({ chargingProfileKind, recurrencyKind }, context) => {
    if ((chargingProfileKind === 'Recurring') === (recurrencyKind !== undefined)) return;
    const message = 'a Recurring profile has one, and no other kind';
    context.addIssue({ code: 'custom', path: ['recurrencyKind'], message });
  });

/** Chargers reckon with more decimals than the field has. */
const reportedLimit = forgiving(decimal, (value) => (typeof value === 'number' ? value : undefined));

/** A schedule as a charger answers it: what it says is shown, whether or not it makes sense. */
export const reportedSchedule = z.strictObject({
  duration: safeInteger.optional(),
  startSchedule: dateTime.optional(),
  chargingRateUnit,
  chargingSchedulePeriod: z.array(
    z.strictObject({ startPeriod: safeInteger, limit: reportedLimit, numberPhases: safeInteger.optional() }),
  ),
  minChargingRate: reportedLimit.optional(),
});
