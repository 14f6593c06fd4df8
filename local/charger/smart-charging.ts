import {
  type ChargingProfile,
  type CompositePeriod,
  changesWithin,
  compose,
  type Limit,
  limitAt,
  type Purpose,
  type RateUnit,
} from './charging-schedule.ts';
import type { SimulatedClock } from './clock.ts';
import type { Configuration } from './configuration.ts';
import type { Connector, Connectors } from './connectors.ts';
import type { Supply } from './meter.ts';
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';

export interface SmartChargingDeps {
  clock: SimulatedClock;
  configuration: Configuration;
  connectors: Connectors;
  outbox: Outbox;
  supply: Supply;
}

interface Installed {
  connectorId: number;
  profile: ChargingProfile;
  installedAt: number;
  /** The session of a TxProfile; it goes with it. */
  localId?: string;
}

export interface ClearCriteria {
  id?: number;
  connectorId?: number;
  chargingProfilePurpose?: Purpose;
  stackLevel?: number;
}

/** `duration` may be shorter than what was asked for: it looks a week ahead. */
export interface Composite {
  from: number;
  duration: number;
  chargingRateUnit: RateUnit;
  chargingSchedulePeriod: CompositePeriod[];
}

const longestCompositeS = 7 * 86_400;

/** Schedules count in seconds. */
const toSecond = (at: number): number => Math.floor(at / 1000) * 1000;

/** The installed charging profiles (OCPP 1.6, 3.13), and the limits that follow from them. */
export class SmartCharging {
  readonly #deps: SmartChargingDeps;
  #installed: Installed[] = [];

  constructor(deps: SmartChargingDeps) {
    this.#deps = deps;
  }

  /** SetChargingProfile. */
  set(connectorId: number, profile: ChargingProfile): boolean {
    const connector = this.#deps.connectors.get(connectorId);
    if (!connector || !this.#isSound(profile) || !this.#hasRoomFor(connectorId, profile)) return false;
    switch (profile.chargingProfilePurpose) {
      case 'ChargePointMaxProfile':
        if (connectorId !== 0 || profile.chargingProfileKind === 'Relative') return false;
        this.#install({ connectorId, profile });
        return true;
      case 'TxDefaultProfile':
        this.#install({ connectorId, profile });
        return true;
      case 'TxProfile': {
        const { transactionId } = profile;
        const localId = transactionId === undefined ? undefined : this.#deps.outbox.localId(transactionId);
        if (localId === undefined || connector.session?.localId !== localId) return false;
        this.#install({ connectorId, profile, localId });
        return true;
      }
    }
  }

  /** May a remote start bring this profile? The transaction that it is for has no id yet. */
  suitsRemoteStart(connectorId: number, profile: ChargingProfile): boolean {
    const { chargingProfilePurpose, transactionId } = profile;
    const isForTransaction = chargingProfilePurpose === 'TxProfile' && transactionId === undefined;
    return isForTransaction && this.#isSound(profile) && this.#hasRoomFor(connectorId, profile);
  }

  /** Installs the profile that came with a remote start, for the session that it started. */
  bind(connectorId: number, profile: ChargingProfile, localId: string): void {
    this.#install({ connectorId, profile, localId });
  }

  /** The session is over. */
  release(localId: string): void {
    this.#keep((installed) => installed.localId !== localId);
  }

  /** With an id the other criteria do not count; without any, everything goes (errata 3.26). False when nothing fitted. */
  clear({ id, connectorId, chargingProfilePurpose, stackLevel }: ClearCriteria): boolean {
    const fits = ({ connectorId: installedAt, profile }: Installed): boolean =>
      id !== undefined
        ? profile.chargingProfileId === id
        : (connectorId === undefined || installedAt === connectorId) &&
          (chargingProfilePurpose === undefined || profile.chargingProfilePurpose === chargingProfilePurpose) &&
          (stackLevel === undefined || profile.stackLevel === stackLevel);
    return this.#keep((installed) => !fits(installed));
  }

  /** Lets all meters catch up, since what bounds their power is about to change; not that of a connector that stops in its own time. */
  settle(stopping?: Connector): void {
    for (const connector of this.#deps.connectors.real) if (connector !== stopping) connector.session?.catchUp();
  }

  /** What the connector may draw at that time. What the whole charger may draw is shared evenly by those that charge. */
  limitW(connector: Connector, at: number): number {
    if (this.#installed.length === 0) return Number.POSITIVE_INFINITY;
    const charging = this.#deps.connectors.real.filter(({ session }) => session?.isCharging).length;
    const share = (this.#wholeLimit(at)?.watts ?? Number.POSITIVE_INFINITY) / Math.max(1, charging);
    return Math.min(this.#ownLimit(connector, at, at)?.watts ?? Number.POSITIVE_INFINITY, share);
  }

  /** GetCompositeSchedule; of connector 0 it is what the whole charger may draw. */
  composite(connectorId: number, durationS: number, chargingRateUnit: RateUnit = 'W'): Composite | undefined {
    const { connectors, clock } = this.#deps;
    const connector = connectors.get(connectorId);
    if (!connector || durationS <= 0) return undefined;
    const from = toSecond(clock.now());
    const duration = Math.min(durationS, longestCompositeS);
    const changes = this.#installed.flatMap(({ connectorId: id, profile, installedAt }) =>
      (id === 0 ? connectors.real : connectors.real.filter((each) => each.id === id)).flatMap(({ session }) => {
        const isForAll = profile.chargingProfilePurpose === 'ChargePointMaxProfile';
        const since = isForAll ? installedAt : begin(session, from);
        return changesWithin(profile, from, from + duration * 1000, since);
      }),
    );
    const chargingSchedulePeriod = compose({ from, durationS: duration, unit: chargingRateUnit }, changes, (at) =>
      this.#compositeLimit(connectorId === 0 ? connectors.real : [connector], at, from),
    );
    return { from, duration, chargingRateUnit, chargingSchedulePeriod };
  }

  #compositeLimit(connectors: Connector[], at: number, from: number): Limit {
    const { powerW, phases } = this.#deps.supply;
    const own = connectors.map((connector): Limit => {
      const limit = this.#ownLimit(connector, at, from) ?? { watts: powerW, phases };
      return { ...limit, watts: Math.min(limit.watts, powerW) };
    });
    const sum = {
      watts: own.reduce((watts, limit) => watts + limit.watts, 0),
      phases: Math.max(...own.map((limit) => limit.phases)),
    };
    const whole = this.#wholeLimit(at);
    return whole && whole.watts < sum.watts ? whole : sum;
  }

  /** A profile for the transaction comes first, then a default of the connector, then a default of all. */
  #ownLimit({ id, session }: Connector, at: number, from: number): Limit | undefined {
    const since = begin(session, from);
    const of = (purpose: Purpose, connectorId: number): Installed[] =>
      this.#installed.filter(
        (each) => each.profile.chargingProfilePurpose === purpose && each.connectorId === connectorId,
      );
    return (
      this.#prevailing(
        of('TxProfile', id).filter(({ localId }) => localId === session?.localId),
        at,
        () => since,
      ) ??
      this.#prevailing(of('TxDefaultProfile', id), at, () => since) ??
      this.#prevailing(of('TxDefaultProfile', 0), at, () => since)
    );
  }

  #wholeLimit(at: number): Limit | undefined {
    const whole = this.#installed.filter(({ profile }) => profile.chargingProfilePurpose === 'ChargePointMaxProfile');
    return this.#prevailing(whole, at, ({ installedAt }) => installedAt);
  }

  /** The highest stack level counts that says something at that time. */
  #prevailing(stack: Installed[], at: number, since: (installed: Installed) => number): Limit | undefined {
    const { phases } = this.#deps.supply;
    return stack
      .sort((one, other) => other.profile.stackLevel - one.profile.stackLevel)
      .map((installed) => limitAt(installed.profile, at, since(installed), phases))
      .find((limit) => limit !== undefined);
  }

  #isSound(profile: ChargingProfile): boolean {
    const { configuration } = this.#deps;
    const { stackLevel, chargingProfileKind, recurrencyKind, validFrom, validTo, chargingSchedule } = profile;
    const { chargingSchedulePeriod: periods, startSchedule, duration } = chargingSchedule;
    const isRecurring = chargingProfileKind === 'Recurring';
    return (
      stackLevel >= 0 &&
      stackLevel <= configuration.number('ChargeProfileMaxStackLevel') &&
      isRecurring === (recurrencyKind !== undefined) &&
      (!isRecurring || startSchedule !== undefined) &&
      (validFrom === undefined || validTo === undefined || validFrom < validTo) &&
      (duration === undefined || duration > 0) &&
      periods.length <= configuration.number('ChargingScheduleMaxPeriods') &&
      periods[0]?.startPeriod === 0 &&
      periods.every((period, index) => index === 0 || period.startPeriod > (periods[index - 1]?.startPeriod ?? 0)) &&
      periods.every(({ limit, numberPhases = 3 }) => limit >= 0 && numberPhases >= 1 && numberPhases <= 3)
    );
  }

  #hasRoomFor(connectorId: number, profile: ChargingProfile): boolean {
    const others = this.#installed.filter((installed) => !isReplaced(installed, connectorId, profile));
    return others.length < this.#deps.configuration.number('MaxChargingProfilesInstalled');
  }

  #install(installed: Omit<Installed, 'installedAt'>): void {
    this.settle();
    const { connectorId, profile } = installed;
    this.#installed = this.#installed.filter((other) => !isReplaced(other, connectorId, profile));
    this.#installed.push({ ...installed, installedAt: toSecond(this.#deps.clock.now()) });
  }

  /** Whether anything went. */
  #keep(stays: (installed: Installed) => boolean): boolean {
    const kept = this.#installed.filter(stays);
    if (kept.length === this.#installed.length) return false;
    this.settle();
    this.#installed = kept;
    return true;
  }
}

/** Without a session, and in the second in which one begins, it is as if the charging began now. */
const begin = (session: Session | undefined, now: number): number => Math.min(session?.chargingSince ?? now, now);

/** By the same id, or by the same purpose and stack level on the same connector. */
const isReplaced = (installed: Installed, connectorId: number, { chargingProfileId, ...profile }: ChargingProfile) =>
  installed.profile.chargingProfileId === chargingProfileId ||
  (installed.connectorId === connectorId &&
    installed.profile.chargingProfilePurpose === profile.chargingProfilePurpose &&
    installed.profile.stackLevel === profile.stackLevel);
