import type { Connector } from './connector.ts';
import { decimalToInteger } from './energy.ts';
import type { Paged } from './paging.ts';
import type { Instant } from './time.ts';

/** One sampled value with nothing changed but the defaults filled in. */
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
  at: Instant;
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
  /** Each reading is an item of its own; the same reading again is kept once. */
  record(chargerId: string, readings: Reading[]): Promise<void>;
  /** By the charger's time, ascending. */
  listReadings(series: SeriesKey, limit: number, after?: string): Promise<Paged<Reading>>;
  /** The newest reading of the series, and the newest that has a register. */
  latestReadings(series: SeriesKey): Promise<{ any?: Reading; register?: Reading }>;
}

const REGISTER = 'Energy.Active.Import.Register';

const POWER_OF_TEN = new Map([
  ['Wh', 0],
  ['kWh', 3],
  ['varh', 0],
  ['kvarh', 3],
]);

/** An energy value in Wh (or varh), rounded half up; undefined for everything else. */
export function energyOf(sample: Sample): number | undefined {
  const power = POWER_OF_TEN.get(sample.unit);
  const readable = sample.format === 'Raw' && sample.measurand.startsWith('Energy.') && power !== undefined;
  return readable ? decimalToInteger(sample.value, power) : undefined;
}

/**
 * The register that tells what a session was given: imported energy, of all phases, at the outlet where there is a choice. Values
 * on the clock's quarter hours are a series of their own.
 */
export function registerOf(samples: Sample[]): number | undefined {
  const registers = samples.filter(
    (sample) =>
      sample.measurand === REGISTER &&
      sample.phase === undefined &&
      sample.context !== 'Sample.Clock' &&
      isRegister(sample),
  );
  const chosen = registers.find((sample) => sample.location === 'Outlet') ?? registers[0];
  return chosen && energyOf(chosen);
}

const isRegister = (sample: Sample) => (energyOf(sample) ?? -1) >= 0;
