import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChargingProfile, changesWithin, compose, limitAt } from '#local/charger/charging-schedule.ts';

const noon = Date.UTC(2026, 5, 1, 12);
const hour = 3_600_000;

const profileOf = (
  { startSchedule, duration, ...profile }: Partial<ChargingProfile> & { startSchedule?: number; duration?: number },
  periods: [startPeriod: number, limit: number, numberPhases?: number][],
  chargingRateUnit: 'A' | 'W' = 'W',
): ChargingProfile => ({
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  chargingSchedule: {
    startSchedule,
    duration,
    chargingRateUnit,
    chargingSchedulePeriod: periods.map(([startPeriod, limit, numberPhases]) => ({ startPeriod, limit, numberPhases })),
  },
  ...profile,
});

const wattsAt = (profile: ChargingProfile, at: number, { since = noon, phases = 3 } = {}): number | undefined =>
  limitAt(profile, at, since, phases)?.watts;

describe('a charging profile', () => {
  test('limits from its start, from period to period, for as long as it lasts', () => {
    const profile = profileOf({ startSchedule: noon, duration: 7200 }, [
      [0, 5000],
      [3600, 2000],
    ]);

    const watts = [-1, 0, hour - 1, hour, 2 * hour - 1, 2 * hour].map((ms) => wattsAt(profile, noon + ms));

    expect(watts).toEqual([undefined, 5000, 5000, 2000, 2000, undefined]);
  });

  test('counts from the beginning of the charging where it has no start, or is relative', () => {
    const periods: [number, number][] = [
      [0, 5000],
      [600, 1000],
    ];
    const absolute = profileOf({}, periods);
    const relative = profileOf({ chargingProfileKind: 'Relative', startSchedule: noon - 9 * hour }, periods);

    for (const profile of [absolute, relative]) {
      expect(wattsAt(profile, noon + 599_999)).toBe(5000);
      expect(wattsAt(profile, noon + 600_000)).toBe(1000);
      expect(wattsAt(profile, noon + 600_000, { since: noon + 600_000 })).toBe(5000);
    }
  });

  test('comes back every day or week', () => {
    const daily = { chargingProfileKind: 'Recurring', recurrencyKind: 'Daily', startSchedule: noon } as const;
    const weekly = { ...daily, recurrencyKind: 'Weekly' } as const;
    const periods: [number, number][] = [
      [0, 5000],
      [3600, 1000],
    ];

    expect(wattsAt(profileOf(daily, periods), noon - 1)).toBeUndefined();
    expect(wattsAt(profileOf(daily, periods), noon + 24 * hour)).toBe(5000);
    expect(wattsAt(profileOf(daily, periods), noon + 25 * hour)).toBe(1000);
    expect(wattsAt(profileOf(weekly, periods), noon + 24 * hour)).toBe(1000);
    expect(wattsAt(profileOf(weekly, periods), noon + 168 * hour)).toBe(5000);
  });

  test('says nothing outside its validity', () => {
    const profile = profileOf({ startSchedule: noon, validFrom: noon + hour, validTo: noon + 2 * hour }, [[0, 5000]]);

    const watts = [0, hour, 2 * hour - 1, 2 * hour].map((ms) => wattsAt(profile, noon + ms));

    expect(watts).toEqual([undefined, 5000, 5000, undefined]);
  });

  test('in amperes is per phase, of three where it names none, and of no more than there are', () => {
    const watts = (numberPhases: number | undefined, phases: number) =>
      wattsAt(profileOf({ startSchedule: noon }, [[0, 10, numberPhases]], 'A'), noon, { phases });

    expect(watts(undefined, 3)).toBe(6900);
    expect(watts(undefined, 1)).toBe(2300);
    expect(watts(1, 3)).toBe(2300);
  });
});

const profiles = fc
  .record({
    kind: fc.constantFrom('Absolute', 'Relative', 'Daily', 'Weekly'),
    startMs: fc.option(fc.integer({ min: -90 * hour, max: 3 * hour }), { nil: undefined }),
    duration: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined }),
    validFrom: fc.option(fc.integer({ min: -hour, max: 2 * hour }), { nil: undefined }),
    validTo: fc.option(fc.integer({ min: -hour, max: 3 * hour }), { nil: undefined }),
    gaps: fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 320 })), { maxLength: 5 }),
    unit: fc.constantFrom('A', 'W'),
  })
  .map(({ kind, startMs = 0, duration, validFrom, validTo, gaps, unit }) => {
    let startPeriod = 0;
    const later = gaps.map(([gap, tenths]): [number, number] => {
      startPeriod += gap;
      return [startPeriod, tenths / 10];
    });
    const isRecurring = kind === 'Daily' || kind === 'Weekly';
    return profileOf(
      {
        chargingProfileKind: isRecurring ? 'Recurring' : kind,
        recurrencyKind: isRecurring ? kind : undefined,
        startSchedule: noon + startMs,
        duration,
        validFrom: validFrom === undefined ? undefined : noon + validFrom,
        validTo: validTo === undefined ? undefined : noon + validTo,
      },
      [[0, 16], ...later],
      unit,
    );
  });

describe('a composite schedule', () => {
  test('says for every second what the profile says', () => {
    fc.assert(
      fc.property(
        profiles,
        fc.integer({ min: -hour, max: hour }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.constantFrom(1, 3),
        (profile, sinceMs, durationS, phases) => {
          const since = noon + sinceMs;
          const limit = (at: number) => limitAt(profile, at, since, phases) ?? { watts: 11_000, phases };
          const changes = changesWithin(profile, noon, noon + durationS * 1000, since);

          const periods = compose({ from: noon, durationS, unit: 'W' }, changes, limit);

          for (let second = 0; second < durationS; second += 7) {
            const period = periods.findLast(({ startPeriod }) => startPeriod <= second);
            expect(period?.limit).toBeCloseTo(limit(noon + second * 1000).watts, 1);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('begins at its start, goes on in time, and never repeats a limit', () => {
    fc.assert(
      fc.property(profiles, fc.integer({ min: 1, max: 700_000 }), (profile, durationS) => {
        const limit = (at: number) => limitAt(profile, at, noon, 3) ?? { watts: 11_000, phases: 3 };
        const changes = changesWithin(profile, noon, noon + durationS * 1000, noon);

        const periods = compose({ from: noon, durationS, unit: 'A' }, changes, limit);

        expect(periods[0]?.startPeriod).toBe(0);
        periods.slice(1).forEach((period, index) => {
          const before = periods[index];
          expect(period.startPeriod).toBeGreaterThan(before?.startPeriod ?? 0);
          expect(period.startPeriod).toBeLessThan(durationS);
          expect([period.limit, period.numberPhases]).not.toEqual([before?.limit, before?.numberPhases]);
        });
      }),
    );
  });

  test('gives limits with one decimal, rounded down', () => {
    const limit = () => ({ watts: 7000, phases: 3 });

    const [amperes] = compose({ from: noon, durationS: 60, unit: 'A' }, [], limit);
    const [watts] = compose({ from: noon, durationS: 60, unit: 'W' }, [], limit);

    expect(amperes).toEqual({ startPeriod: 0, limit: 10.1, numberPhases: 3 });
    expect(watts).toEqual({ startPeriod: 0, limit: 7000, numberPhases: 3 });
  });
});
