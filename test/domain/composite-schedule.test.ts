import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChargingProfile, InstalledProfile } from '#shared/domain/charging-profile.ts';
import { compositeSchedule } from '#shared/domain/composite-schedule.ts';
import { toInstant } from '#shared/domain/time.ts';
import { chargingProfile, installations, installedAt } from '#test/support/charging-profiles.ts';
import { atSecond, noon } from '#test/support/examples.ts';

type Wanted = Parameters<typeof compositeSchedule>[0];

const DAY_S = 86_400;

const wanted = (installed: InstalledProfile[], changes: Partial<Wanted> = {}): Wanted => ({
  installed,
  connectorId: 1,
  from: atSecond(0),
  durationS: 1000,
  unit: 'A',
  ...changes,
});

/** The periods as pairs of start and limit. */
const limitsOf = (...given: Parameters<typeof wanted>) =>
  compositeSchedule(wanted(...given)).periods.map(({ startS, limitTenths }) => [startS, limitTenths]);

const steps = (...pairs: [number, number][]) => pairs.map(([startS, limitTenths]) => ({ startS, limitTenths }));

const session = { transactionId: '7', startedAt: atSecond(-100) };

const always = (limitTenths: number, changes: Partial<Omit<ChargingProfile, 'schedule'>> = {}) =>
  chargingProfile({ ...changes, schedule: { startAt: atSecond(-DAY_S), periods: steps([0, limitTenths]) } });

describe('row 49: the composite schedule of a connector', () => {
  test('is as it was asked for, and without a limit where no profile applies', () => {
    expect(compositeSchedule(wanted([], { from: atSecond(5), durationS: 60, unit: 'W' }))).toEqual({
      startAt: atSecond(5),
      durationS: 60,
      unit: 'W',
      periods: [{ startS: 0 }],
    });
  });

  test('follows the highest stack level, and the lower one where that has come to its end', () => {
    const low = chargingProfile({
      profileId: 1,
      schedule: { durationS: 400, periods: steps([0, 60], [100, 80], [200, 100]) },
    });
    const high = chargingProfile({
      profileId: 2,
      stackLevel: 1,
      schedule: { durationS: 150, periods: steps([0, 70], [100, 90]) },
    });

    expect(limitsOf(installedAt(1, low, high))).toEqual([
      [0, 70],
      [100, 90],
      [150, 80],
      [200, 100],
      [400, undefined],
    ]);
  });

  test('follows a profile only while it is valid', () => {
    const low = always(60, { profileId: 1 });
    const high = always(160, { profileId: 2, stackLevel: 1, validFrom: atSecond(10), validTo: atSecond(20) });

    expect(limitsOf(installedAt(1, high, low))).toEqual([
      [0, 60],
      [10, 160],
      [20, 60],
    ]);
  });

  test('begins in the midst of what began before, and ends with what is asked for', () => {
    const profile = chargingProfile({ schedule: { periods: steps([0, 60], [100, 80], [200, 100], [300, 120]) } });

    expect(limitsOf(installedAt(1, profile), { from: atSecond(150), durationS: 100 })).toEqual([
      [0, 80],
      [50, 100],
    ]);
  });

  test('joins periods with one limit, also of different profiles', () => {
    const low = always(80, { profileId: 1 });
    const high = chargingProfile({
      profileId: 2,
      stackLevel: 1,
      schedule: { durationS: 90, periods: steps([0, 80], [30, 80], [60, 100], [80, 80]) },
    });

    expect(limitsOf(installedAt(1, low, high))).toEqual([
      [0, 80],
      [60, 100],
      [80, 80],
    ]);
  });

  test('follows the profile of its session before the default, whatever their stack levels', () => {
    const installed = installedAt(
      1,
      always(320, { profileId: 1, stackLevel: 5 }),
      chargingProfile({ profileId: 2, purpose: 'TxProfile', transactionId: '7', schedule: { durationS: 60 } }),
    );

    expect(limitsOf(installed, { session })).toEqual([
      [0, 160],
      [60, 320],
    ]);
    expect(limitsOf(installed, { session: { ...session, transactionId: '8' } })).toEqual([[0, 320]]);
    expect(limitsOf(installed)).toEqual([[0, 320]]);
  });

  test('is never above the limit of the charger, which is the limit where there is no other', () => {
    const installed = [
      ...installedAt(0, always(100, { profileId: 1, purpose: 'ChargePointMaxProfile' })),
      ...installedAt(
        1,
        chargingProfile({
          profileId: 2,
          schedule: { durationS: 60, periods: steps([0, 60], [20, 160], [40, 80]) },
        }),
      ),
    ];

    expect(limitsOf(installed)).toEqual([
      [0, 60],
      [20, 100],
      [40, 80],
      [60, 100],
    ]);
  });

  test('of connector 0 is the limit of the charger alone', () => {
    const installed = [
      ...installedAt(0, always(630, { profileId: 1, purpose: 'ChargePointMaxProfile' }), always(160, { profileId: 2 })),
      ...installedAt(1, always(60, { profileId: 3 })),
    ];

    expect(limitsOf(installed, { connectorId: 0 })).toEqual([[0, 630]]);
    expect(limitsOf(installedAt(0, always(160)), { connectorId: 0 })).toEqual([[0, undefined]]);
  });

  test('follows the default of connector 0 where the connector has none of its own, or none any more', () => {
    const installed = [
      ...installedAt(0, always(160, { profileId: 1, stackLevel: 9 })),
      ...installedAt(1, always(60, { profileId: 2, validFrom: atSecond(20), validTo: atSecond(40) })),
    ];

    expect(limitsOf(installed, { connectorId: 2 })).toEqual([[0, 160]]);
    expect(limitsOf(installed)).toEqual([
      [0, undefined],
      [20, 60],
      [40, 160],
    ]);
  });

  test('knows nothing of the profiles of other connectors', () => {
    const elsewhere = installedAt(2, always(60, { purpose: 'TxProfile', transactionId: '7' }), always(60));

    expect(limitsOf(elsewhere, { session })).toEqual([[0, undefined]]);
  });
});

describe('row 49: a schedule starts', () => {
  const night = (startS: number, recurrency: ChargingProfile['recurrency']) =>
    installedAt(
      1,
      chargingProfile({
        kind: 'Recurring',
        recurrency,
        schedule: {
          startAt: atSecond(startS),
          durationS: 12 * 3600,
          periods: steps([0, 60], [6 * 3600, 160]),
        },
      }),
    );

  test('every day anew, from its first start on', () => {
    const from = atSecond(-DAY_S);

    expect(limitsOf(night(0, 'Daily'), { from, durationS: 3 * DAY_S })).toEqual([
      [0, undefined],
      [DAY_S, 60],
      [DAY_S + 6 * 3600, 160],
      [DAY_S + 12 * 3600, undefined],
      [2 * DAY_S, 60],
      [2 * DAY_S + 6 * 3600, 160],
      [2 * DAY_S + 12 * 3600, undefined],
    ]);
  });

  test('every day anew, years after its first start', () => {
    expect(limitsOf(night(-3650 * DAY_S - 3600, 'Daily'), { durationS: 6 * 3600 })).toEqual([
      [0, 60],
      [5 * 3600, 160],
    ]);
  });

  test('every week anew', () => {
    expect(limitsOf(night(-5 * DAY_S, 'Weekly'), { durationS: 7 * DAY_S })).toEqual([
      [0, undefined],
      [2 * DAY_S, 60],
      [2 * DAY_S + 6 * 3600, 160],
      [2 * DAY_S + 12 * 3600, undefined],
    ]);
  });

  test('every day anew even before it is through', () => {
    const long = chargingProfile({
      kind: 'Recurring',
      recurrency: 'Daily',
      schedule: { periods: steps([0, 60], [DAY_S - 10, 160], [DAY_S, 320]) },
    });

    expect(limitsOf(installedAt(1, long), { from: atSecond(DAY_S - 20), durationS: 40 })).toEqual([
      [0, 60],
      [10, 160],
      [20, 60],
    ]);
  });

  test.each<[string, Partial<ChargingProfile>]>([
    ['is relative', { kind: 'Relative' }],
    ['tells no start of its own', { kind: 'Absolute' }],
  ])('with the session where it %s, or at once where there is none', (_, changes) => {
    const relative = chargingProfile({
      ...changes,
      schedule: { startAt: undefined, periods: steps([0, 60], [120, 160]) },
    });

    expect(limitsOf(installedAt(1, relative), { session })).toEqual([
      [0, 60],
      [20, 160],
    ]);
    expect(limitsOf(installedAt(1, relative))).toEqual([
      [0, 60],
      [120, 160],
    ]);
  });
});

describe('row 49: watts are the total, amperes are per phase', () => {
  const one = (unit: 'A' | 'W', limitTenths: number, phases?: number) =>
    installedAt(1, chargingProfile({ schedule: { unit, periods: [{ startS: 0, limitTenths, phases }] } }));

  test.each<[string, InstalledProfile[], Partial<Wanted>, number]>([
    ['16 A on three phases', one('A', 160, 3), { unit: 'W' }, 110_400],
    ['16 A on one phase', one('A', 160, 1), { unit: 'W' }, 36_800],
    ['16 A where no phases are told', one('A', 160), { unit: 'W' }, 110_400],
    ['16 A where no phases are told, at a connector with one', one('A', 160), { unit: 'W', phases: 1 }, 36_800],
    ['16 A at 240 V', one('A', 160, 1), { unit: 'W', voltage: 240 }, 38_400],
    ['11 kW on three phases', one('W', 110_000, 3), { unit: 'A' }, 159],
    ['3.7 kW on one phase', one('W', 37_000, 1), { unit: 'A' }, 160],
    ['11 kW where no phases are told', one('W', 110_000), { unit: 'A' }, 159],
    ['what is in its unit already', one('W', 110_001, 3), { unit: 'W' }, 110_001],
  ])('%s', (_, installed, changes, limitTenths) => {
    expect(limitsOf(installed, changes)).toEqual([[0, limitTenths]]);
  });

  test('and the phases are those of the limit that counts', () => {
    const cap = chargingProfile({
      profileId: 2,
      purpose: 'ChargePointMaxProfile',
      schedule: {
        unit: 'W',
        periods: [0, 60].map((startS) => ({ startS, limitTenths: 69_000 - startS * 1000, phases: 3 })),
      },
    });

    const { periods } = compositeSchedule(wanted([...one('A', 100, 1), ...installedAt(0, cap)]));

    expect(periods).toEqual([
      { startS: 0, limitTenths: 100, phases: 1 },
      { startS: 60, limitTenths: 13, phases: 3 },
    ]);
  });
});

/** The same rules, second by second, without a thought for speed: undefined where there is no limit. */
function naiveLimit(given: Wanted, second: number): bigint | undefined {
  const now = Date.parse(given.from) + second * 1000;
  const candidates = (purpose: string, connectorId: number) =>
    given.installed.filter((each) => each.profile.purpose === purpose && each.connectorId === connectorId);
  const best = (those: InstalledProfile[]) => {
    const found = those
      .map(({ profile }) => ({ level: profile.stackLevel, limit: naiveLimitOf(profile, now, given) }))
      .filter(({ limit }) => limit !== undefined);
    const highest = Math.max(...found.map(({ level }) => level));
    return found.find(({ level }) => level === highest)?.limit;
  };
  const cap = best(candidates('ChargePointMaxProfile', 0));
  if (given.connectorId === 0) return cap;

  const ofSession = candidates('TxProfile', given.connectorId).filter(
    ({ profile }) => profile.transactionId === given.session?.transactionId,
  );
  const own = candidates('TxDefaultProfile', given.connectorId).filter(
    ({ profile }) => profile.validTo === undefined || now < Date.parse(profile.validTo),
  );
  const limit = best(ofSession) ?? best(own.length > 0 ? own : candidates('TxDefaultProfile', 0));
  if (limit === undefined) return cap;
  return cap !== undefined && cap < limit ? cap : limit;
}

function naiveLimitOf(profile: ChargingProfile, now: number, given: Wanted): bigint | undefined {
  const { schedule, validFrom, validTo } = profile;
  if (validFrom !== undefined && now < Date.parse(validFrom)) return undefined;
  if (validTo !== undefined && now >= Date.parse(validTo)) return undefined;
  const fallback = given.session?.startedAt ?? given.from;
  let start = Date.parse(profile.kind === 'Relative' ? fallback : (schedule.startAt ?? fallback));
  if (profile.kind === 'Recurring') {
    const round = (profile.recurrency === 'Weekly' ? 7 : 1) * 24 * 3600 * 1000;
    while (start + round <= now) start += round;
  }
  if (now < start) return undefined;
  if (schedule.durationS !== undefined && now >= start + schedule.durationS * 1000) return undefined;
  let current: (typeof schedule.periods)[number] | undefined;
  for (const period of schedule.periods) if (start + period.startS * 1000 <= now) current = period;
  if (!current) return undefined;
  const factor = BigInt(current.phases ?? given.phases ?? 3) * BigInt(given.voltage ?? 230);
  const limit = BigInt(current.limitTenths);
  if (schedule.unit === given.unit) return limit;
  return given.unit === 'W' ? limit * factor : limit / factor;
}

const questions: fc.Arbitrary<Wanted> = fc.record({
  installed: installations,
  connectorId: fc.constantFrom(0, 1, 1, 1, 2),
  from: fc
    .tuple(fc.integer({ min: -50, max: 50 }), fc.constantFrom(0, 0, 500), fc.constantFrom(0, 0, 1, 8))
    .map(([second, ms, days]) => toInstant(noon + (days * DAY_S + second) * 1000 + ms)),
  durationS: fc.integer({ min: 1, max: 150 }),
  unit: fc.constantFrom('A', 'W'),
  phases: fc.constantFrom(undefined, 1, 3),
  voltage: fc.constantFrom(undefined, 120, 240),
  session: fc.option(
    fc.record({
      transactionId: fc.constant('7'),
      startedAt: fc.integer({ min: -200, max: 100 }).map(atSecond),
    }),
    { nil: undefined },
  ),
});

const secondsOf = ({ durationS }: Wanted) => Array.from({ length: durationS }, (_, second) => second);

function limitAt({ periods }: ReturnType<typeof compositeSchedule>, second: number) {
  return periods.findLast(({ startS }) => startS <= second)?.limitTenths;
}

describe('row 49: whatever is installed,', () => {
  test('the limit of each second is that of the rules, one by one', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const composite = compositeSchedule(question);

        const told = secondsOf(question).map((second) => limitAt(composite, second));
        const expected = secondsOf(question).map((second) => naiveLimit(question, second));
        expect(told).toEqual(expected.map((limit) => (limit === undefined ? undefined : Number(limit))));
      }),
      { numRuns: 500 },
    );
  });

  test('over days, the limit of any second is that of the rules', () => {
    const seconds = fc.array(fc.nat({ max: 20 * DAY_S - 1 }), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(questions, seconds, (short, sampled) => {
        const question = { ...short, durationS: 20 * DAY_S };

        const composite = compositeSchedule(question);

        const changes = composite.periods.slice(1, 30).flatMap(({ startS }) => [startS - 1, startS]);
        const looked = [...sampled, ...changes];
        const expected = looked.map((second) => naiveLimit(question, second));
        expect(looked.map((second) => limitAt(composite, second))).toEqual(
          expected.map((limit) => (limit === undefined ? undefined : Number(limit))),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('periods begin at 0, are in order, within what is asked for, and differ from their neighbours', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { periods } = compositeSchedule(question);

        const starts = periods.map(({ startS }) => startS);
        expect(starts[0]).toBe(0);
        expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b));
        expect(Math.max(...starts)).toBeLessThan(question.durationS);
        for (const [index, { limitTenths, phases }] of periods.slice(1).entries()) {
          expect({ limitTenths, phases }).not.toEqual({
            limitTenths: periods[index]?.limitTenths,
            phases: periods[index]?.phases,
          });
        }
      }),
    );
  });

  test('no limit is above that of the charger', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const [composite, ofCharger] = [question, { ...question, connectorId: 0 }].map(compositeSchedule);

        const above = secondsOf(question).filter((second) => {
          const cap = ofCharger && limitAt(ofCharger, second);
          const limit = composite && limitAt(composite, second);
          return cap !== undefined && !(limit !== undefined && limit <= cap);
        });
        expect(above).toEqual([]);
      }),
    );
  });
});
