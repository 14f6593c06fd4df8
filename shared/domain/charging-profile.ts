import { decimalToInteger } from './energy.ts';
import type { Instant } from './time.ts';

/** Amperes count for each phase, watts for all phases together. */
export type RateUnit = 'A' | 'W';

/** From `startS` seconds after the start of the schedule until the next period. */
export interface ChargingPeriod {
  startS: number;
  /** Tenths of the schedule's unit, an integer: OCPP knows one decimal. */
  limitTenths: number;
  /** Absent: 3 (OCPP 1.6 errata 3.69). */
  phases?: number;
}

export interface ChargingProfile {
  profileId: number;
  purpose: 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile';
  kind: 'Absolute' | 'Recurring' | 'Relative';
  recurrency?: 'Daily' | 'Weekly';
  /** Of those with one purpose the highest counts. */
  stackLevel: number;
  /** As the charger knows it; of a TxProfile only. */
  transactionId?: string;
  validFrom?: Instant;
  /** The first moment at which it is not valid any more. */
  validTo?: Instant;
  schedule: {
    /** Absent: the schedule starts with the session. */
    startAt?: Instant;
    /** Absent: the last period has no end. */
    durationS?: number;
    unit: RateUnit;
    minRateTenths?: number;
    periods: ChargingPeriod[];
  };
}

export interface InstalledProfile {
  /** 0 is the charger as a whole. */
  connectorId: number;
  profile: ChargingProfile;
  installedAt: Instant;
}

/** What a charger can do with profiles, as far as that is known. */
export interface ChargingAbilities {
  maxStackLevel?: number;
  allowedUnits?: RateUnit[];
  maxPeriods?: number;
  maxInstalled?: number;
  /** Where less than this, zero included, would end the session instead of pausing it. */
  minimumCurrentTenths?: number;
  onlyStackLevels?: readonly number[];
}

/** Why a profile cannot be installed: the field by its name in OCPP. */
interface Refusal {
  field: string;
  rule: string;
}

/** Which profiles to clear; an absent field means any. */
export interface ClearCriteria {
  profileId?: number;
  connectorId?: number;
  purpose?: ChargingProfile['purpose'];
  stackLevel?: number;
}

/** Between a phase and neutral, where nobody knows better. */
export const USUAL_VOLTAGE = 230;

/** Of a period that does not tell. */
export const USUAL_PHASES = 3;

/** A limit as OCPP writes it in tenths; undefined for more than one decimal. */
export function tenthsOf(limit: number): number | undefined {
  const tenths = decimalToInteger(String(limit), 1);
  return tenths !== undefined && tenths / 10 === limit ? tenths : undefined;
}

const UNITS = new Map<string, RateUnit>([
  ['current', 'A'],
  ['a', 'A'],
  ['power', 'W'],
  ['w', 'W'],
]);

/** From a charger's configuration keys, whose names are matched without regard to case; a value that makes no sense tells nothing. */
export function abilitiesFrom(configuration: ReadonlyMap<string, string>): ChargingAbilities {
  const values = new Map([...configuration].map(([key, value]) => [key.toLowerCase(), value.trim()]));
  const numberOf = (key: string, least: number) => {
    const text = values.get(key) ?? '';
    return /^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined;
  };
  const words = values.get('chargingscheduleallowedchargingrateunit')?.toLowerCase().split(',') ?? [];
  const units = words.map((word) => UNITS.get(word.trim())).filter((unit) => unit !== undefined);
  return {
    maxStackLevel: numberOf('chargeprofilemaxstacklevel', 0),
    allowedUnits: units.length > 0 ? [...new Set(units)] : undefined,
    maxPeriods: numberOf('chargingschedulemaxperiods', 1),
    maxInstalled: numberOf('maxchargingprofilesinstalled', 1),
  };
}

/** Every rule that forbids to install a profile on a connector (OCPP-S 3.13, 5.16); none: it can be sent. */
export function refusalsOf(
  profile: ChargingProfile,
  connectorId: number,
  abilities: ChargingAbilities,
  installed: readonly InstalledProfile[],
): Refusal[] {
  return [
    ...refusalsOfPlace(profile, connectorId),
    ...refusalsOfKind(profile),
    ...refusalsOfPeriods(profile),
    ...refusalsOfAbilities(profile, connectorId, abilities, installed),
  ];
}

const PROFILE = 'csChargingProfiles';
const SCHEDULE = `${PROFILE}.chargingSchedule`;
const PERIODS = `${SCHEDULE}.chargingSchedulePeriod`;

/** A field, the rule for it, and whether it is broken. */
type Finding = [field: string, rule: string, broken: boolean];

const broken = (findings: Finding[]): Refusal[] =>
  findings.filter(([, , isBroken]) => isBroken).map(([field, rule]) => ({ field, rule }));

function refusalsOfPlace({ purpose, transactionId }: ChargingProfile, connectorId: number): Refusal[] {
  const ofSession = purpose === 'TxProfile';
  const ofCharger = purpose === 'ChargePointMaxProfile';
  return broken([
    ['connectorId', 'out of range', connectorId < 0],
    ['connectorId', '0 is due for a ChargePointMaxProfile', ofCharger && connectorId > 0],
    ['connectorId', 'above 0 is due for a TxProfile', ofSession && connectorId === 0],
    [`${PROFILE}.transactionId`, 'is due for a TxProfile', ofSession && transactionId === undefined],
    [`${PROFILE}.transactionId`, 'only for a TxProfile', !ofSession && transactionId !== undefined],
  ]);
}

function refusalsOfKind({ kind, recurrency, validFrom, validTo, schedule }: ChargingProfile): Refusal[] {
  const { startAt, durationS } = schedule;
  const recurs = kind === 'Recurring';
  const isNeverValid = validFrom !== undefined && validTo !== undefined && Date.parse(validTo) <= Date.parse(validFrom);
  return broken([
    [`${PROFILE}.recurrencyKind`, 'is due for Recurring', recurs && recurrency === undefined],
    [`${PROFILE}.recurrencyKind`, 'only for Recurring', !recurs && recurrency !== undefined],
    [`${PROFILE}.validTo`, 'after validFrom', isNeverValid],
    [`${SCHEDULE}.startSchedule`, 'is due for Recurring', recurs && startAt === undefined],
    [`${SCHEDULE}.startSchedule`, 'not for Relative', kind === 'Relative' && startAt !== undefined],
    [`${SCHEDULE}.duration`, 'above 0 is due', durationS !== undefined && durationS <= 0],
  ]);
}

function refusalsOfPeriods({ schedule: { periods } }: ChargingProfile): Refusal[] {
  const starts = periods.map(({ startS }) => startS);
  const climb = starts.every((startS, index) => startS > (starts[index - 1] ?? -1));
  const isPhases = (phases = USUAL_PHASES) => phases >= 1 && phases <= 3;
  return broken([
    [PERIODS, 'at least one entry is due', periods.length === 0],
    [`${PERIODS}[].startPeriod`, 'the first is 0', periods.length > 0 && starts[0] !== 0],
    [`${PERIODS}[].startPeriod`, 'each is later than the one before', !climb],
    [`${PERIODS}[].limit`, 'out of range', periods.some(({ limitTenths }) => limitTenths < 0)],
    [`${PERIODS}[].numberPhases`, 'out of range', periods.some(({ phases }) => !isPhases(phases))],
  ]);
}

function refusalsOfAbilities(
  profile: ChargingProfile,
  connectorId: number,
  abilities: ChargingAbilities,
  installed: readonly InstalledProfile[],
): Refusal[] {
  const { stackLevel, schedule } = profile;
  const { unit, periods } = schedule;
  const { allowedUnits = [unit], onlyStackLevels = [stackLevel], minimumCurrentTenths = -Infinity } = abilities;
  const { maxStackLevel = Infinity, maxPeriods = Infinity, maxInstalled = Infinity } = abilities;
  const kept = installed.filter((each) => !replaces(profile, connectorId, each)).length;
  const leastTenths = ({ phases = USUAL_PHASES }: ChargingPeriod) =>
    minimumCurrentTenths * (unit === 'A' ? 1 : USUAL_VOLTAGE * phases);
  const tooLow = periods.some((period) => period.limitTenths < leastTenths(period));
  return broken([
    [`${PROFILE}.stackLevel`, 'out of range', stackLevel < 0],
    [`${PROFILE}.stackLevel`, `at most ${maxStackLevel}`, stackLevel > maxStackLevel],
    [`${PROFILE}.stackLevel`, `only ${onlyStackLevels.join(', ')}`, !onlyStackLevels.includes(stackLevel)],
    [`${SCHEDULE}.chargingRateUnit`, `only ${allowedUnits.join(', ')}`, !allowedUnits.includes(unit)],
    [PERIODS, `at most ${maxPeriods} entries`, periods.length > maxPeriods],
    [`${PERIODS}[].limit`, `at least ${minimumCurrentTenths / 10} A for each phase`, tooLow],
    [PROFILE, `at most ${maxInstalled} are installed`, kept === installed.length && kept >= maxInstalled],
  ]);
}

/** The same id anywhere on the charger, or the same purpose and stack level on the same connector (OCPP-S 5.16). */
const replaces = (profile: ChargingProfile, connectorId: number, installed: InstalledProfile): boolean =>
  installed.profile.profileId === profile.profileId ||
  (installed.connectorId === connectorId &&
    installed.profile.purpose === profile.purpose &&
    installed.profile.stackLevel === profile.stackLevel);

/** What is installed once the charger has accepted a profile. */
export const install = (
  installed: readonly InstalledProfile[],
  connectorId: number,
  profile: ChargingProfile,
  installedAt: Instant,
): InstalledProfile[] => [
  ...installed.filter((each) => !replaces(profile, connectorId, each)),
  { connectorId, profile, installedAt },
];

/** With an id the other criteria do not count (OCPP 1.6 errata 3.26); without any, everything is cleared. */
export function clear(
  installed: readonly InstalledProfile[],
  { profileId, connectorId, purpose, stackLevel }: ClearCriteria,
): { kept: InstalledProfile[]; cleared: InstalledProfile[] } {
  const isMeant = ({ profile, connectorId: on }: InstalledProfile) =>
    profileId === undefined
      ? (connectorId ?? on) === on &&
        (purpose ?? profile.purpose) === profile.purpose &&
        (stackLevel ?? profile.stackLevel) === profile.stackLevel
      : profile.profileId === profileId;
  return { kept: installed.filter((each) => !isMeant(each)), cleared: installed.filter(isMeant) };
}

/** What is left when a transaction is over: its profiles end with it. */
export const withoutTransaction = (installed: readonly InstalledProfile[], transactionId: string): InstalledProfile[] =>
  installed.filter(({ profile }) => profile.purpose !== 'TxProfile' || profile.transactionId !== transactionId);
