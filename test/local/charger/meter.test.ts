import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { charge, type Meter, measurands, plugIn, registerWh, type Supply, sample } from '#local/charger/meter.ts';

const supplies: fc.Arbitrary<Supply> = fc.record({
  powerW: fc.integer({ min: 1, max: 350_000 }),
  phases: fc.constantFrom(1, 3),
  batteryWh: fc.integer({ min: 500, max: 120_000 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
});
const meters = fc
  .tuple(supplies, fc.integer({ min: 0, max: 2_000_000_000 }), fc.double({ min: 0, max: 100, noNaN: true }))
  .map(([supply, register, soc]) => plugIn(supply, register, soc));
const passages = fc.array(fc.integer({ min: 1, max: 120_000 }), { minLength: 1, maxLength: 8 });

describe('the meter of a simulated charger', () => {
  test('shows whole watt-hours that never fall', () => {
    fc.assert(
      fc.property(meters, passages, (fresh, steps) => {
        let meter = fresh;
        for (const ms of steps) {
          const before = registerWh(meter);

          meter = charge(meter, ms);

          expect(Number.isInteger(registerWh(meter))).toBe(true);
          expect(registerWh(meter)).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });

  test('shows the integral of the power that it reported, within a watt-hour', () => {
    fc.assert(
      fc.property(meters, fc.integer({ min: 1, max: 1800 }), (fresh, seconds) => {
        let meter: Meter = fresh;
        let integralWh = 0;

        for (let second = 0; second < seconds; second++) {
          meter = charge(meter, 1000);
          integralWh += meter.powerW / 3600;
        }

        expect(Math.abs(registerWh(meter) - registerWh(fresh) - integralWh)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('shows the same however often it is looked at', () => {
    fc.assert(
      fc.property(meters, passages, (fresh, steps) => {
        const looked = steps.reduce((before, ms) => charge(before, ms), fresh);

        const unlooked = charge(
          fresh,
          steps.reduce((sum, ms) => sum + ms, 0),
        );

        expect(looked.elapsedMs).toBe(unlooked.elapsedMs);
        expect(looked.powerW).toBeCloseTo(unlooked.powerW, 3);
        expect(looked.energyWh).toBeCloseTo(unlooked.energyWh, 3);
      }),
    );
  });

  test('never gives more than the connector can, nor fills a car beyond 100 %', () => {
    fc.assert(
      fc.property(meters, passages, (fresh, steps) => {
        const meter = steps.reduce((before, ms) => charge(before, ms), fresh);

        expect(meter.powerW).toBeLessThanOrEqual(meter.supply.powerW);
        expect(meter.soc).toBeLessThanOrEqual(100);
      }),
    );
  });

  test('never gives more than the limit of the second, and as much as without one where that is higher', () => {
    fc.assert(
      fc.property(
        meters,
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 0, max: 30_000 }),
        (fresh, seconds, watts) => {
          const limitW = (elapsedMs: number): number => (elapsedMs < 60_000 ? watts : Number.POSITIVE_INFINITY);
          let meter: Meter = fresh;

          for (let second = 0; second < seconds; second++) {
            const unlimited = charge(meter, 1000);

            meter = charge(meter, 1000, limitW);

            expect(meter.powerW).toBe(Math.min(unlimited.powerW, limitW(second * 1000)));
          }
        },
      ),
    );
  });

  test('tapers above 80 % and stops at a full car', () => {
    const supply: Supply = { powerW: 10_000, phases: 3, batteryWh: 60_000, seed: 1 };
    const powerAt = (soc: number): number => charge(plugIn(supply, 0, soc), 1000).powerW;

    expect(powerAt(80)).toBeGreaterThanOrEqual(9_800);
    expect(powerAt(90)).toBeLessThanOrEqual(5_000);
    expect(powerAt(90)).toBeGreaterThanOrEqual(4_900);
    expect(powerAt(100)).toBe(0);
  });

  test('reports power that is voltage times current over its phases', () => {
    fc.assert(
      fc.property(meters, passages, (fresh, steps) => {
        const meter = steps.reduce((before, ms) => charge(before, ms), fresh);

        const values = sample(meter, 'Sample.Periodic', measurands);

        const read = (measurand: string): number[] =>
          values.filter((value) => value.measurand === measurand).map(({ value }) => Number(value));
        const volts = read('Voltage');
        const watts = read('Current.Import').reduce((sum, amperes, phase) => sum + amperes * (volts[phase] ?? 0), 0);
        expect(volts).toHaveLength(meter.supply.phases);
        expect(Math.abs(watts - meter.powerW)).toBeLessThanOrEqual(6 + meter.powerW / 1000);
      }),
    );
  });

  test('repeats itself with the same seed only', () => {
    const run = (seed: number): number =>
      charge(plugIn({ powerW: 7200, phases: 1, batteryWh: 60_000, seed }, 0, 20), 600_000).energyWh;

    expect(run(7)).toBe(run(7));
    expect(run(7)).not.toBe(run(8));
  });
});
