import fc from 'fast-check';
import { type ChargingProfile, type InstalledProfile, install } from '#shared/domain/charging-profile.ts';
import { toInstant } from '#shared/domain/time.ts';
import { atSecond, noon } from '#test/support/examples.ts';

type Schedule = ChargingProfile['schedule'];

/** Changes the schedule as well as the profile around it: 16 A from noon on, unless told otherwise. */
export const chargingProfile = (
  changes: Partial<Omit<ChargingProfile, 'schedule'>> & { schedule?: Partial<Schedule> } = {},
): ChargingProfile => ({
  profileId: 1,
  purpose: 'TxDefaultProfile',
  kind: 'Absolute',
  stackLevel: 0,
  ...changes,
  schedule: { startAt: atSecond(0), unit: 'A', periods: [{ startS: 0, limitTenths: 160 }], ...changes.schedule },
});

export const installedAt = (connectorId: number, ...profiles: ChargingProfile[]): InstalledProfile[] =>
  profiles.map((profile) => ({ connectorId, profile, installedAt: atSecond(0) }));

const DAY_S = 86_400;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Around noon, in milliseconds: chargers and operators write full seconds, our own clock does not. */
const moments = fc
  .tuple(fc.integer({ min: -100, max: 200 }), fc.constantFrom(0, 0, 0, 1, 347, 999))
  .map(([seconds, ms]) => noon + seconds * 1000 + ms);

const periods = (unit: Schedule['unit']) =>
  fc
    .uniqueArray(fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: DAY_S - 60, max: DAY_S + 60 })), {
      maxLength: 5,
    })
    .chain((starts) =>
      fc.tuple(
        ...[0, ...starts.toSorted((a, b) => a - b)].map((startS) =>
          fc.record({
            startS: fc.constant(startS),
            limitTenths: fc.integer({ min: 0, max: unit === 'A' ? 320 : 220_000 }),
            phases: fc.constantFrom(undefined, 1, 2, 3),
          }),
        ),
      ),
    );

const schedules = fc.constantFrom('A' as const, 'W' as const).chain((unit) =>
  fc.record({
    startAt: optional(
      fc
        .tuple(moments, fc.constantFrom(0, 1, 3, 7, 14))
        .map(([atMs, daysBefore]) => toInstant(atMs - daysBefore * DAY_S * 1000)),
    ),
    durationS: optional(fc.oneof(fc.integer({ min: 1, max: 150 }), fc.integer({ min: DAY_S - 60, max: 9 * DAY_S }))),
    unit: fc.constant(unit),
    periods: periods(unit),
  }),
);

export const chargingProfiles: fc.Arbitrary<ChargingProfile> = fc
  .record({
    profileId: fc.integer({ min: 1, max: 12 }),
    purpose: fc.constantFrom('ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile'),
    kind: fc.constantFrom('Absolute', 'Recurring', 'Relative'),
    recurrency: fc.constantFrom('Daily', 'Weekly'),
    stackLevel: fc.integer({ min: 0, max: 3 }),
    transactionId: fc.constantFrom('7', '7', '8'),
    validFrom: optional(moments.map(toInstant)),
    validTo: optional(moments.map(toInstant)),
    schedule: schedules,
  })
  .map(({ transactionId, recurrency, ...profile }) => ({
    ...profile,
    recurrency: profile.kind === 'Recurring' ? recurrency : undefined,
    transactionId: profile.purpose === 'TxProfile' ? transactionId : undefined,
  }));

/** A connector that a profile may be for. */
const connectorFor = ({ purpose }: ChargingProfile, drawn: number) =>
  purpose === 'ChargePointMaxProfile' ? 0 : purpose === 'TxProfile' ? Math.max(1, drawn) : drawn;

/** What a charger has after any history of profiles that it accepted. */
export const installations: fc.Arbitrary<InstalledProfile[]> = fc
  .array(fc.tuple(chargingProfiles, fc.integer({ min: 0, max: 2 })), { maxLength: 10 })
  .map((history) =>
    history.reduce<InstalledProfile[]>(
      (installed, [profile, drawn], index) =>
        install(installed, connectorFor(profile, drawn), profile, atSecond(index)),
      [],
    ),
  );
