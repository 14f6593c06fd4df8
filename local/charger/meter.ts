/** What a meter and a car do while time passes. Pure: the same car, meter and seed give the same samples. */

export interface Supply {
  /** What the connector gives at most, over all phases. */
  powerW: number;
  phases: 1 | 3;
  batteryWh: number;
  seed: number;
}

export interface Meter {
  supply: Supply;
  /** What went through the meter in its life, exact; the register shows it in whole Wh. */
  energyWh: number;
  /** The car's state of charge, 0 to 100. */
  soc: number;
  elapsedMs: number;
  /** The power of the second that passed last; 0 before the first one. */
  powerW: number;
}

export const plugIn = (supply: Supply, registerWh: number, soc: number): Meter => ({
  supply,
  energyWh: registerWh,
  soc,
  elapsedMs: 0,
  powerW: 0,
});

/** The register never falls, and is whole: a meter does not show a Wh before it has passed. */
export const registerWh = (meter: Meter): number => Math.floor(meter.energyWh);

/** The meter after whole milliseconds of charging. Power is constant within a second; `limitW` bounds that of the second that begins then. */
export function charge(meter: Meter, ms: number, limitW = (_elapsedMs: number) => Number.POSITIVE_INFINITY): Meter {
  let { energyWh, soc, elapsedMs, powerW } = meter;
  for (let left = ms; left > 0; ) {
    const intoSecond = elapsedMs % 1000;
    if (intoSecond === 0) powerW = Math.min(drawn(meter.supply, soc, elapsedMs / 1000), limitW(elapsedMs));
    const step = Math.min(left, 1000 - intoSecond);
    const stepWh = (powerW * step) / 3_600_000;
    energyWh += stepWh;
    soc = Math.min(100, soc + (stepWh / meter.supply.batteryWh) * 100);
    elapsedMs += step;
    left -= step;
  }
  return { supply: meter.supply, energyWh, soc, elapsedMs, powerW };
}

/** Full power up to 80 %, then less and less; a full car draws nothing. Up to 2 % below that at random. */
function drawn({ powerW, seed }: Supply, soc: number, second: number): number {
  if (soc >= 100) return 0;
  const taper = soc <= 80 ? 1 : Math.max(0.05, (100 - soc) / 20);
  return powerW * taper * (1 - 0.02 * noise(seed, second));
}

/** In [0, 1); depends on nothing but the two numbers (the finaliser of MurmurHash3). */
function noise(seed: number, index: number): number {
  let x = (seed ^ Math.imul(index + 1, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

export const measurands = [
  'Energy.Active.Import.Register',
  'Power.Active.Import',
  'Voltage',
  'Current.Import',
  'SoC',
] as const;
export type Measurand = (typeof measurands)[number];

export type Context = 'Sample.Periodic' | 'Transaction.Begin' | 'Transaction.End' | 'Trigger';

/** As on the wire (OCPP 1.6, 7.43). */
export interface SampledValue {
  value: string;
  context: Context;
  measurand: Measurand;
  unit: 'Wh' | 'W' | 'V' | 'A' | 'Percent';
  location: 'Outlet' | 'EV';
  phase?: string;
}

export interface MeterValue {
  timestamp: string;
  sampledValue: SampledValue[];
}

/** What the meter shows. On three phases voltage and current are given per phase. */
export function sample(meter: Meter, context: Context, wanted: readonly Measurand[]): SampledValue[] {
  const values: Record<Measurand, () => Omit<SampledValue, 'measurand'>[]> = {
    'Energy.Active.Import.Register': () => [value(String(registerWh(meter)), 'Wh')],
    'Power.Active.Import': () => [value(meter.powerW.toFixed(0), 'W')],
    Voltage: () => phases(meter).map(({ name, volts }) => value(volts.toFixed(1), 'V', name && `${name}-N`)),
    'Current.Import': () => phases(meter).map(({ name, amperes }) => value(amperes.toFixed(2), 'A', name)),
    SoC: () => [{ ...value(meter.soc.toFixed(1), 'Percent'), location: 'EV' }],
  };
  return wanted.flatMap((measurand) => values[measurand]().map((sampled) => ({ ...sampled, measurand })));

  function value(text: string, unit: SampledValue['unit'], phase?: string): Omit<SampledValue, 'measurand'> {
    return { value: text, context, unit, location: 'Outlet', ...(phase && { phase }) };
  }
}

function phases({ supply, powerW, elapsedMs }: Meter): { name?: string; volts: number; amperes: number }[] {
  const names = supply.phases === 3 ? ['L1', 'L2', 'L3'] : [undefined];
  return names.map((name, phase) => {
    const volts = 228 + 4 * noise(supply.seed + phase + 1, Math.floor(elapsedMs / 1000));
    return { name, volts, amperes: powerW / supply.phases / volts };
  });
}
