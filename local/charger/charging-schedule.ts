import * as z from 'zod';

const time = z.string().transform((text) => Date.parse(text));

/** As on the wire (OCPP 1.6, 7.8), its times in milliseconds since 1970. */
export const chargingProfile = z.object({
  chargingProfileId: z.int(),
  transactionId: z.int().optional(),
  stackLevel: z.int(),
  chargingProfilePurpose: z.enum(['ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile']),
  chargingProfileKind: z.enum(['Absolute', 'Recurring', 'Relative']),
  recurrencyKind: z.enum(['Daily', 'Weekly']).optional(),
  validFrom: time.optional(),
  validTo: time.optional(),
  chargingSchedule: z.object({
    duration: z.int().optional(),
    startSchedule: time.optional(),
    chargingRateUnit: z.enum(['A', 'W']),
    chargingSchedulePeriod: z.array(
      z.object({ startPeriod: z.int(), limit: z.number(), numberPhases: z.int().optional() }),
    ),
  }),
});
export type ChargingProfile = z.infer<typeof chargingProfile>;
export type RateUnit = ChargingProfile['chargingSchedule']['chargingRateUnit'];
export type Purpose = ChargingProfile['chargingProfilePurpose'];

/** Power over all phases in use. */
export interface Limit {
  watts: number;
  phases: number;
}

/** A period of a composite schedule, as on the wire. */
export interface CompositePeriod {
  startPeriod: number;
  limit: number;
  numberPhases: number;
}

const nominalVolts = 230;
const recurrenceMs = { Daily: 86_400_000, Weekly: 7 * 86_400_000 };

/**
 * What the profile allows at that time, on so many phases; undefined while it says nothing. Amperes are per phase, of three where none are named
 * (errata 3.69). `since`: when the charging began, from which a schedule without a start of its own counts.
 */
export function limitAt(profile: ChargingProfile, at: number, since: number, phases: number): Limit | undefined {
  const { validFrom = Number.NEGATIVE_INFINITY, validTo = Number.POSITIVE_INFINITY, chargingSchedule } = profile;
  if (at < validFrom || at >= validTo) return undefined;
  const { chargingRateUnit, duration = Number.POSITIVE_INFINITY, chargingSchedulePeriod } = chargingSchedule;
  const seconds = (at - beginning(profile, at, since)) / 1000;
  if (seconds < 0 || seconds >= duration) return undefined;
  const period = chargingSchedulePeriod.findLast(({ startPeriod }) => startPeriod <= seconds);
  if (!period) return undefined;
  const used = Math.min(period.numberPhases ?? 3, phases);
  return { watts: chargingRateUnit === 'W' ? period.limit : period.limit * nominalVolts * used, phases: used };
}

/** The times between those two at which the profile's limit may change. */
export function changesWithin(profile: ChargingProfile, from: number, to: number, since: number): number[] {
  const { validFrom, validTo, recurrencyKind, chargingSchedule } = profile;
  const everyMs = recurrencyKind ? recurrenceMs[recurrencyKind] : Number.POSITIVE_INFINITY;
  const offsets = chargingSchedule.chargingSchedulePeriod.map(({ startPeriod }) => startPeriod);
  if (chargingSchedule.duration !== undefined) offsets.push(chargingSchedule.duration);
  const changes = [validFrom, validTo].filter((at) => at !== undefined);
  for (let begins = beginning(profile, from, since); begins < to; begins += everyMs) {
    changes.push(...offsets.map((offset) => begins + offset * 1000));
  }
  return changes.filter((at) => at > from && at < to);
}

/** What `limit` gives from second to second, its equal seconds in a row as one period. `changes`: the times at which it may change. */
export function compose(
  { from, durationS, unit }: { from: number; durationS: number; unit: RateUnit },
  changes: readonly number[],
  limit: (at: number) => Limit,
): CompositePeriod[] {
  const starts = new Set([0, ...changes.map((at) => Math.ceil((at - from) / 1000))]);
  const periods: CompositePeriod[] = [];
  for (const startPeriod of [...starts].sort((one, other) => one - other)) {
    if (startPeriod >= durationS) break;
    const { watts, phases } = limit(from + startPeriod * 1000);
    const period = { startPeriod, limit: inUnit({ watts, phases }, unit), numberPhases: phases };
    const before = periods.at(-1);
    if (before?.limit !== period.limit || before.numberPhases !== phases) periods.push(period);
  }
  return periods;
}

/** Rounded down to the one decimal that a limit may have. */
function inUnit({ watts, phases }: Limit, unit: RateUnit): number {
  const value = unit === 'W' ? watts : watts / (nominalVolts * phases);
  return Math.floor(value * 10 + 1e-6) / 10;
}

/** When the run of the schedule began in which that time lies; of a recurring one that has not begun yet, the first. */
function beginning(
  { chargingProfileKind, recurrencyKind, chargingSchedule }: ChargingProfile,
  at: number,
  since: number,
) {
  if (chargingProfileKind === 'Relative') return since;
  const start = chargingSchedule.startSchedule ?? since;
  if (!recurrencyKind || at < start) return start;
  return at - ((at - start) % recurrenceMs[recurrencyKind]);
}
