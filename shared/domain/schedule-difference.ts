import type { CompositeSchedule } from './composite-schedule.ts';

/** What one side says of a stretch of time. */
interface Told {
  limitTenths: number;
  unit: CompositeSchedule['unit'];
  phases?: number;
}

interface Difference {
  /** In seconds after the start of our schedule. */
  fromS: number;
  /** Undefined: no limit is known. */
  ours?: Told;
  theirs?: Told;
}

/** Chargers round, and read their clock a moment later. */
const TOLERATED_S = 1;
const TOLERATED_TENTHS = 1;

/**
 * Where what a charger answered is not what we expect of it, each time that either side changes meanwhile. A limit may be off by a tenth, a change
 * by a second; phases count only where both sides tell them. Where we know of no limit and the charger tells one, that is a difference as
 * well: it may be what its hardware bears, or a profile that we do not know of. Only the time of our schedule is looked at: it should have been made
 * for the start, duration and unit of the answer.
 */
export function differenceOf(ours: CompositeSchedule, theirs: CompositeSchedule): Difference[] {
  const laterS = Math.round((Date.parse(theirs.startAt) - Date.parse(ours.startAt)) / 1000);
  const [our, their] = [stretchesOf(ours, 0), stretchesOf(theirs, laterS)];
  const moments = [...our, ...their]
    .flatMap(({ fromS }) => [fromS - TOLERATED_S, fromS, fromS + TOLERATED_S])
    .filter((atS) => atS >= 0 && atS < ours.durationS);
  const [aroundOurs, aroundTheirs] = [lookAround(our), lookAround(their)];

  const differences: Difference[] = [];
  let before: Difference | undefined;
  for (const fromS of [...new Set(moments)].toSorted((a, b) => a - b)) {
    const [mine, other] = [aroundOurs(fromS), aroundTheirs(fromS)];
    const agreed =
      other.near.some((told) => isAlike(mine.now, told)) && mine.near.some((told) => isAlike(told, other.now));
    const difference = agreed ? undefined : { fromS, ours: mine.now, theirs: other.now };
    if (difference && !(before && isSame(before.ours, mine.now) && isSame(before.theirs, other.now))) {
      differences.push(difference);
    }
    before = difference;
  }
  return differences;
}

/** From `fromS` until before `toS`. */
interface Stretch {
  fromS: number;
  toS: number;
  told?: Told;
}

/** All of time: before and after the schedule nothing is told. */
function stretchesOf({ periods, durationS, unit }: CompositeSchedule, laterS: number): Stretch[] {
  const starts = periods
    .filter(({ startS }) => startS < durationS)
    .toSorted((a, b) => a.startS - b.startS)
    .map(({ startS, limitTenths, phases }) => ({
      fromS: startS + laterS,
      told: limitTenths === undefined ? undefined : { limitTenths, unit, phases },
    }));
  const all = [{ fromS: -Infinity }, ...starts, { fromS: durationS + laterS }];
  return all
    .map((start, index) => ({ ...start, toS: all[index + 1]?.fromS ?? Infinity }))
    .filter(({ fromS, toS }) => fromS < toS);
}

/** What is told at a moment, and all that is told within the tolerance of it. Moments are asked for in their order. */
function lookAround(stretches: Stretch[]): (atS: number) => { now?: Told; near: (Told | undefined)[] } {
  let passed = 0;
  return (atS) => {
    while ((stretches[passed]?.toS ?? Infinity) <= atS - TOLERATED_S) passed++;
    const near: Stretch[] = [];
    for (let index = passed; index < stretches.length; index++) {
      const stretch = stretches[index];
      if (!stretch || stretch.fromS > atS + TOLERATED_S) break;
      near.push(stretch);
    }
    return { now: near.findLast(({ fromS }) => fromS <= atS)?.told, near: near.map(({ told }) => told) };
  };
}

/** Of one side, which has one unit. */
const isSame = (a: Told | undefined, b: Told | undefined): boolean =>
  a?.limitTenths === b?.limitTenths && a?.phases === b?.phases;

function isAlike(a: Told | undefined, b: Told | undefined): boolean {
  if (!a || !b) return a === b;
  const samePhases = a.phases === undefined || b.phases === undefined || a.phases === b.phases;
  return a.unit === b.unit && samePhases && Math.abs(a.limitTenths - b.limitTenths) <= TOLERATED_TENTHS;
}
