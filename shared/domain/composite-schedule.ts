import {
  type ChargingPeriod,
  type ChargingProfile,
  type InstalledProfile,
  type RateUnit,
  USUAL_PHASES,
  USUAL_VOLTAGE,
} from './charging-profile.ts';
import type { Instant } from './time.ts';

/** What applies at a moment; without a limit where no profile does. */
interface Limit {
  limitTenths?: number;
  phases?: number;
}

export interface CompositeSchedule {
  startAt: Instant;
  durationS: number;
  unit: RateUnit;
  /** The first starts at 0; neighbours differ. */
  periods: (Limit & { startS: number })[];
}

interface Wanted {
  installed: readonly InstalledProfile[];
  connectorId: number;
  from: Instant;
  durationS: number;
  unit: RateUnit;
  /** Of a period that does not tell; 3 if absent. */
  phases?: number;
  /** Between a phase and neutral, an integer; 230 if absent. */
  voltage?: number;
  /** The one at the connector; a TxProfile counts only for the transaction that it names. */
  session?: { transactionId: string; startedAt: Instant };
}

const EVERY_MS = { Daily: 86_400_000, Weekly: 604_800_000 };

/**
 * The limits of a connector, told for each second of a stretch of time (OCPP-S 3.13). Of the profiles with one purpose, the one with
 * the highest stack level that has a limit at the moment counts; a TxProfile comes before a TxDefaultProfile; the lower of that
 * and the ChargePointMaxProfile is the limit. Those of connector 0 are the default of each connector that has none of its own, or none
 * any more. Each limit is converted with the phases that it is for, and rounded down to tenths.
 *
 * Of connector 0 it is the ChargePointMaxProfile's own limit: what the sessions at the connectors add up to is not known here.
 */
export function compositeSchedule(wanted: Wanted): CompositeSchedule {
  const { from, durationS, unit } = wanted;
  const fromMs = Date.parse(from);
  const untilMs = fromMs + durationS * 1000;
  const courses = wanted.installed.map((each) => courseOf(each, wanted.session?.startedAt ?? from));
  const limitAt = limitsOf(courses, wanted);
  const breaks = courses.flatMap((course) => breaksOf(course, fromMs, untilMs));
  const seconds = breaks
    .filter((atMs) => atMs > fromMs && atMs < untilMs)
    .map((atMs) => Math.ceil((atMs - fromMs) / 1000))
    .filter((startS) => startS < durationS);
  const periods = [...new Set([0, ...seconds])]
    .toSorted((a, b) => a - b)
    .map((startS) => ({ startS, ...limitAt(fromMs + startS * 1000) }))
    .filter((period, index, all) => {
      const before = all[index - 1];
      return !before || before.limitTenths !== period.limitTenths || before.phases !== period.phases;
    });
  return { startAt: from, durationS, unit, periods };
}

/** An installed profile on the clock. */
interface Course {
  connectorId: number;
  profile: ChargingProfile;
  validFromMs: number;
  validToMs: number;
  /** Of its schedule, the first time. */
  startMs: number;
  everyMs?: number;
}

/** A schedule without a start of its own starts with the session; where there is none, as if one began with what is asked for. */
function courseOf({ connectorId, profile }: InstalledProfile, sessionStart: Instant): Course {
  const { kind, recurrency, schedule, validFrom, validTo } = profile;
  return {
    connectorId,
    profile,
    validFromMs: validFrom === undefined ? -Infinity : Date.parse(validFrom),
    validToMs: validTo === undefined ? Infinity : Date.parse(validTo),
    startMs: Date.parse(kind === 'Relative' ? sessionStart : (schedule.startAt ?? sessionStart)),
    everyMs: kind === 'Recurring' && recurrency !== undefined ? EVERY_MS[recurrency] : undefined,
  };
}

function periodAt({ profile, validFromMs, validToMs, startMs, everyMs }: Course, atMs: number) {
  const { periods, durationS = Infinity } = profile.schedule;
  if (atMs < validFromMs || atMs >= validToMs || atMs < startMs) return undefined;
  const passedMs = everyMs === undefined ? atMs - startMs : (atMs - startMs) % everyMs;
  return passedMs < durationS * 1000 ? periods.findLast(({ startS }) => startS * 1000 <= passedMs) : undefined;
}

/** Every moment from `fromMs` until `untilMs` at which the limit of a profile may change, and some more. */
function breaksOf({ profile, validFromMs, validToMs, startMs, everyMs }: Course, fromMs: number, untilMs: number) {
  const { periods, durationS = 0 } = profile.schedule;
  const stepsMs = [0, durationS, ...periods.map(({ startS }) => startS)].map((startS) => startS * 1000);
  const roundsMs = [startMs];
  if (everyMs !== undefined) {
    const passed = Math.max(0, Math.floor((fromMs - startMs) / everyMs));
    for (let atMs = startMs + passed * everyMs; atMs < untilMs; atMs += everyMs) roundsMs.push(atMs);
  }
  return [validFromMs, validToMs, ...roundsMs.flatMap((roundMs) => stepsMs.map((stepMs) => roundMs + stepMs))];
}

/** What applies at a moment, in the unit that is wanted. */
function limitsOf(courses: Course[], wanted: Wanted): (atMs: number) => Limit {
  const { connectorId, session } = wanted;
  const withPurpose = (purpose: ChargingProfile['purpose'], on: number) =>
    courses
      .filter((course) => course.profile.purpose === purpose && course.connectorId === on)
      .toSorted((a, b) => b.profile.stackLevel - a.profile.stackLevel);
  const prevailing = (ordered: Course[], atMs: number): (Limit & { limitTenths: number }) | undefined => {
    for (const course of ordered) {
      const period = periodAt(course, atMs);
      if (period) return { limitTenths: converted(period, course, wanted), phases: period.phases };
    }
    return undefined;
  };

  const caps = withPurpose('ChargePointMaxProfile', 0);
  if (connectorId === 0) return (atMs) => prevailing(caps, atMs) ?? {};
  const ofCharger = withPurpose('TxDefaultProfile', 0);
  const own = withPurpose('TxDefaultProfile', connectorId);
  const ofSession = withPurpose('TxProfile', connectorId).filter(
    ({ profile }) => session !== undefined && profile.transactionId === session.transactionId,
  );
  return (atMs) => {
    const defaults = own.some(({ validToMs }) => atMs < validToMs) ? own : ofCharger;
    const cap = prevailing(caps, atMs);
    const given = prevailing(ofSession, atMs) ?? prevailing(defaults, atMs) ?? cap;
    return (cap && given && cap.limitTenths < given.limitTenths ? cap : given) ?? {};
  };
}

function converted({ limitTenths, phases }: ChargingPeriod, { profile }: Course, wanted: Wanted): number {
  if (profile.schedule.unit === wanted.unit) return limitTenths;
  const wattsOfAmpere = (phases ?? wanted.phases ?? USUAL_PHASES) * (wanted.voltage ?? USUAL_VOLTAGE);
  return wanted.unit === 'W'
    ? limitTenths * wattsOfAmpere
    : (limitTenths - (limitTenths % wattsOfAmpere)) / wattsOfAmpere;
}
