import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CompositeSchedule } from '#shared/domain/composite-schedule.ts';
import { differenceOf } from '#shared/domain/schedule-difference.ts';
import { atSecond } from '#test/support/examples.ts';

type Period = CompositeSchedule['periods'][number];

const schedule = (periods: Period[], changes: Partial<CompositeSchedule> = {}): CompositeSchedule => ({
  startAt: atSecond(0),
  durationS: 100,
  unit: 'A',
  periods,
  ...changes,
});

const amperes = (limitTenths: number, phases?: number) => ({ limitTenths, unit: 'A' as const, phases });

describe('row 49: what a charger answered agrees with what we expect', () => {
  const ours = schedule([
    { startS: 0, limitTenths: 160, phases: 3 },
    { startS: 40, limitTenths: 60, phases: 3 },
    { startS: 80 },
  ]);

  test.each<[string, CompositeSchedule]>([
    ['where it is the same', ours],
    [
      'within a second and a tenth',
      schedule([{ startS: 0, limitTenths: 161 }, { startS: 41, limitTenths: 59, phases: 3 }, { startS: 79 }]),
    ],
    ['where its clock is read a second later', { ...ours, startAt: atSecond(1) }],
    ['where its clock is read a second earlier', { ...ours, startAt: atSecond(-1) }],
    ['where its clock is read a second and a bit earlier', { ...ours, startAt: atSecond(-1.4) }],
    ['where it goes on for longer', { ...ours, durationS: 1000 }],
    [
      'where it tells what does not change again',
      schedule([
        { startS: 0, limitTenths: 160 },
        { startS: 20, limitTenths: 160 },
        { startS: 40, limitTenths: 60 },
        { startS: 80 },
      ]),
    ],
    ['where it tells its periods in another order', { ...ours, periods: ours.periods.toReversed() }],
    [
      'where it tells the same times from an earlier start on',
      schedule(
        ours.periods.map((period) => ({ ...period, startS: period.startS === 0 ? 0 : period.startS + 30 })),
        { startAt: atSecond(-30), durationS: 130 },
      ),
    ],
  ])('%s', (_, theirs) => {
    expect(differenceOf(ours, theirs)).toEqual([]);
  });
});

describe('row 49: what a charger answered differs from what we expect', () => {
  const ours = schedule([
    { startS: 0, limitTenths: 160 },
    { startS: 40, limitTenths: 60 },
  ]);

  test('by two tenths', () => {
    const theirs = schedule([
      { startS: 0, limitTenths: 162 },
      { startS: 40, limitTenths: 60 },
    ]);

    expect(differenceOf(ours, theirs)).toEqual([{ fromS: 0, ours: amperes(160), theirs: amperes(162) }]);
  });

  test('by two seconds', () => {
    const theirs = schedule([
      { startS: 0, limitTenths: 160 },
      { startS: 42, limitTenths: 60 },
    ]);

    expect(differenceOf(ours, theirs)).toEqual([{ fromS: 40, ours: amperes(60), theirs: amperes(160) }]);
  });

  test('by a single second that we know nothing of', () => {
    const theirs = schedule([
      { startS: 0, limitTenths: 160 },
      { startS: 20, limitTenths: 0 },
      { startS: 21, limitTenths: 160 },
      { startS: 40, limitTenths: 60 },
    ]);

    expect(differenceOf(ours, theirs)).toEqual([{ fromS: 20, ours: amperes(160), theirs: amperes(0) }]);
  });

  test('which is told again whenever one of both changes', () => {
    const theirs = schedule([
      { startS: 0, limitTenths: 160 },
      { startS: 30, limitTenths: 100 },
      { startS: 60, limitTenths: 320 },
      { startS: 90, limitTenths: 60 },
    ]);

    expect(differenceOf(ours, theirs)).toEqual([
      { fromS: 30, ours: amperes(160), theirs: amperes(100) },
      { fromS: 40, ours: amperes(60), theirs: amperes(100) },
      { fromS: 60, ours: amperes(60), theirs: amperes(320) },
    ]);
  });

  test.each<[string, CompositeSchedule, CompositeSchedule, ReturnType<typeof differenceOf>]>([
    [
      'where only we know of a limit',
      ours,
      schedule([{ startS: 0, limitTenths: 160 }, { startS: 40 }]),
      [{ fromS: 40, ours: amperes(60), theirs: undefined }],
    ],
    [
      'where only the charger knows of a limit',
      schedule([{ startS: 0 }]),
      schedule([{ startS: 0, limitTenths: 320 }]),
      [{ fromS: 0, ours: undefined, theirs: amperes(320) }],
    ],
    ['where it ends early', ours, { ...ours, durationS: 50 }, [{ fromS: 50, ours: amperes(60), theirs: undefined }]],
    [
      'where it says nothing',
      ours,
      schedule([]),
      [
        { fromS: 0, ours: amperes(160), theirs: undefined },
        { fromS: 40, ours: amperes(60), theirs: undefined },
      ],
    ],
    [
      'where its first period is late',
      ours,
      schedule([
        { startS: 5, limitTenths: 160 },
        { startS: 40, limitTenths: 60 },
      ]),
      [{ fromS: 0, ours: amperes(160), theirs: undefined }],
    ],
    [
      'in the phases that both tell',
      schedule([{ startS: 0, limitTenths: 160, phases: 1 }]),
      schedule([{ startS: 0, limitTenths: 160, phases: 3 }]),
      [{ fromS: 0, ours: amperes(160, 1), theirs: amperes(160, 3) }],
    ],
    [
      'in the unit',
      schedule([{ startS: 0, limitTenths: 160 }]),
      schedule([{ startS: 0, limitTenths: 160 }], { unit: 'W' }),
      [{ fromS: 0, ours: amperes(160), theirs: { ...amperes(160), unit: 'W' } }],
    ],
  ])('%s', (_, expected, theirs, differences) => {
    expect(differenceOf(expected, theirs)).toEqual(differences);
  });
});

const limits = fc.constantFrom(undefined, 60, 61, 62, 160);

const schedules = fc
  .record({
    first: limits,
    more: fc.dictionary(fc.integer({ min: 1, max: 29 }).map(String), limits, { maxKeys: 8 }),
    startS: fc.integer({ min: -3, max: 3 }),
    durationS: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ first, more, startS, durationS }) =>
    schedule(
      [
        { startS: 0, limitTenths: first },
        ...Object.entries(more).map(([second, limitTenths]) => ({ startS: Number(second), limitTenths })),
      ].filter((period) => period.startS < durationS),
      { startAt: atSecond(startS), durationS },
    ),
  );

/** Whether a second differs, by looking at it and its neighbours. */
function naivelyDiffers(ours: CompositeSchedule, theirs: CompositeSchedule, second: number): boolean {
  const laterS = (Date.parse(theirs.startAt) - Date.parse(ours.startAt)) / 1000;
  const at = ({ periods, durationS }: CompositeSchedule, when: number) => {
    if (when < 0 || when >= durationS) return undefined;
    const begun = periods.filter(({ startS }) => startS <= when).toSorted((a, b) => a.startS - b.startS);
    return begun.at(-1)?.limitTenths;
  };
  const alike = (a?: number, b?: number) => (a === undefined || b === undefined ? a === b : a - b <= 1 && b - a <= 1);
  const around = [second - 1, second, second + 1];
  return !(
    around.some((when) => alike(at(ours, second), at(theirs, when - laterS))) &&
    around.some((when) => alike(at(ours, when), at(theirs, second - laterS)))
  );
}

describe('row 49: whatever a charger answers,', () => {
  test('a difference begins exactly where a second differs that follows one that agreed', () => {
    fc.assert(
      fc.property(schedules, schedules, (ours, theirs) => {
        const differing = Array.from({ length: ours.durationS }, (_, second) => naivelyDiffers(ours, theirs, second));

        const starts = differenceOf(ours, theirs).map(({ fromS }) => fromS);

        const begins = differing.flatMap((differs, second) => (differs && !differing[second - 1] ? [second] : []));
        expect(starts).toEqual(expect.arrayContaining(begins));
        expect(starts.filter((second) => !differing[second])).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('nothing differs from itself', () => {
    fc.assert(
      fc.property(schedules, (any) => {
        expect(differenceOf(any, any)).toEqual([]);
      }),
    );
  });
});
