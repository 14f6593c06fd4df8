import type { Connector } from './connector.ts';
import { decimalToInteger } from './energy.ts';
import type { Paged } from './paging.ts';
import type { Instant } from './time.ts';

/** One sampled value with nothing changed but the defaults filled in. Any field may hold a word that nobody knows. */
export interface Sample {
  /** As the charger wrote it. */
  value: string;
  context: string;
  format: string;
  measurand: string;
  phase?: string;
  location: string;
  unit: string;
}

/** What a charger measured at one moment. */
export interface Reading {
  connector?: Connector;
  /** As the charger named it; any integer. */
  protocolTransactionId?: string;
  /** The session that it belongs to, by its local id, where that is not the transaction id that the charger named. */
  filedUnder?: string;
  /** The charger's time; where that cannot be believed, when it was received last. */
  at: Instant;
  /** The charger's time, as it wrote it, where that cannot be believed. */
  reportedAt?: string;
  /** When it was received last. */
  receivedAt: Instant;
  samples: Sample[];
  /** The register of the energy that was delivered, in Wh, where the reading has one of the session's own series. */
  registerWh?: number;
}

/** Where readings are looked for: under the transaction, and under the connector for those that name none that was ever issued. */
export interface SeriesKey {
  chargerId: string;
  protocolTransactionId?: string;
  connector?: Connector;
  from?: Instant;
  to?: Instant;
}

export interface ReadingStore {
  /**
   * Each reading is an item of its own; the same reading again is kept once. Of those whose time cannot be believed this holds under
   * a transaction; under a connector they are filed by the receive time, so that the window of a session finds them, and one that
   * comes again in another millisecond is kept again.
   */
  record(chargerId: string, readings: Reading[]): Promise<void>;
  /**
   * By the charger's time, ascending. Under a transaction those whose time cannot be believed come before all others, by the text
   * of their time: so they are in their order where the charger has no clock, and no glitch of a clock hides what is newer.
   */
  listReadings(series: SeriesKey, limit: number, after?: string): Promise<Paged<Reading>>;
  /** The last reading of the series, and the last that has a register, if it is among the last of its place, some 2000. */
  latestReadings(series: SeriesKey): Promise<{ any?: Reading; register?: Reading }>;
}

/** How many readings are looked through for the newest register, at most; what lies further back is unknown. */
export const REGISTER_LOOK_BACK = 2000;

const REGISTER = 'Energy.Active.Import.Register';

/** Units in small letters: chargers write KWH and kwh as well. */
const POWER_OF_TEN = new Map([
  ['wh', 0],
  ['kwh', 3],
  ['varh', 0],
  ['kvarh', 3],
]);

const MEASURANDS = new Set(
  ['Active', 'Reactive'].flatMap((power) =>
    ['Export', 'Import'].flatMap((way) => ['Interval', 'Register'].map((kind) => `Energy.${power}.${way}.${kind}`)),
  ),
);

const CONTEXTS = new Set([
  'Interruption.Begin',
  'Interruption.End',
  'Other',
  'Sample.Clock',
  'Sample.Periodic',
  'Transaction.Begin',
  'Transaction.End',
  'Trigger',
]);

const PHASES = new Set([undefined, 'L1', 'L2', 'L3', 'N', 'L1-N', 'L2-N', 'L3-N', 'L1-L2', 'L2-L3', 'L3-L1']);

const LOCATIONS = new Set(['Body', 'Cable', 'EV', 'Inlet', 'Outlet']);

/** Nobody can tell what a value measures that is described in words of a charger's own. */
const isUnderstood = ({ measurand, format, context, phase, location }: Sample) =>
  MEASURANDS.has(measurand) &&
  format === 'Raw' &&
  CONTEXTS.has(context) &&
  PHASES.has(phase) &&
  LOCATIONS.has(location);

/** An energy value in Wh (or varh), rounded half up; undefined for everything else, and for all that is not understood. */
export function energyOf(sample: Sample): number | undefined {
  const power = POWER_OF_TEN.get(sample.unit.toLowerCase());
  return isUnderstood(sample) && power !== undefined ? decimalToInteger(sample.value, power) : undefined;
}

/**
 * The register that tells what a session was given: imported energy, of all phases, at the outlet where there is a choice. Values
 * on the clock's quarter hours are a series of their own.
 */
export function registerOf(samples: Sample[]): number | undefined {
  const chosen = registerSampleOf(samples);
  return chosen && energyOf(chosen);
}

function registerSampleOf(samples: Sample[]): Sample | undefined {
  const registers = samples.filter(
    (sample) =>
      sample.measurand === REGISTER &&
      sample.phase === undefined &&
      sample.context !== 'Sample.Clock' &&
      isRegister(sample),
  );
  return registers.find((sample) => sample.location === 'Outlet') ?? registers[0];
}

/** To how many Wh the register of a reading is told: 1 where it is written in Wh, 100 for `1.2` kWh. */
export function registerStepOf(samples: Sample[]): number {
  const chosen = registerSampleOf(samples);
  const power = chosen && POWER_OF_TEN.get(chosen.unit.toLowerCase());
  const [, fraction = ''] = chosen?.value.trim().split(/[.,]/) ?? [];
  return 10 ** Math.max(0, (power ?? 0) - fraction.length);
}

const isRegister = (sample: Sample) => (energyOf(sample) ?? -1) >= 0;
