import { describe, expect, test } from 'vitest';
import { energyOf, registerOf } from '#shared/domain/reading.ts';
import { meterValue } from '#shared/ocpp/v16/types.ts';
import { sample } from '#test/support/examples.ts';

const sampledValue = meterValue.shape.sampledValue.element.shape;

const vocabulary = {
  measurand: sampledValue.measurand.unwrap().options.filter((word) => word.startsWith('Energy.')),
  context: sampledValue.context.unwrap().options,
  phase: sampledValue.phase.unwrap().options,
  location: sampledValue.location.unwrap().options,
};

/** Registers but for one word that nobody knows. */
const inUnknownWords = [
  sample({ measurand: 'Voltage.Neutral' }),
  sample({ measurand: 'Energy.Active.Import.Register.Total' }),
  sample({ unit: 'parsec' }),
  sample({ format: 'Encoded' }),
  sample({ context: 'Sample.Sometimes' }),
  sample({ phase: 'L4' }),
  sample({ location: 'Roof' }),
];

describe('row 41: the energy of a value', () => {
  test.each(Object.entries(vocabulary))('is told for every %s that the specification has', (field, words) => {
    const samples = words.map((word) => sample({ [field]: word }));

    expect(samples.map(energyOf)).toEqual(words.map(() => 1000));
  });

  test.each([
    ['Wh', '1234.5', 1235],
    ['kWh', '1,2345', 1235],
    ['varh', '7', 7],
    ['kvarh', ' 0.5 ', 500],
    ['KWH', '2.5', 2500],
    ['KWh', '2.5', 2500],
    ['kwh', '2.5', 2500],
    ['wh', '7', 7],
  ])('in %s: %j is %i', (unit, value, energy) => {
    expect(energyOf(sample({ unit, value }))).toBe(energy);
  });

  test.each(['Energy.Active.Export.Register', 'Energy.Active.Import.Interval', 'Energy.Reactive.Import.Register'])(
    'is told for %s as well',
    (measurand) => {
      expect(energyOf(sample({ measurand, value: '5' }))).toBe(5);
    },
  );

  test('is undefined for what is no energy, no number, signed, or in a unit of something else', () => {
    const others = [
      sample({ measurand: 'Power.Active.Import', unit: 'W' }),
      sample({ measurand: 'SoC', unit: 'Wh' }),
      sample({ value: 'broken' }),
      sample({ value: '' }),
      sample({ format: 'SignedData' }),
      sample({ unit: 'V' }),
      sample({ unit: 'toString' }),
      ...inUnknownWords,
    ];

    expect(others.map(energyOf)).toEqual(others.map(() => undefined));
  });
});

describe('row 42: the register of a reading', () => {
  test('is the imported energy among all that was sampled', () => {
    const samples = [
      sample({ measurand: 'Power.Active.Import', unit: 'W', value: '7200' }),
      sample({ measurand: 'Energy.Active.Import.Interval', value: '60' }),
      sample({ measurand: 'Energy.Active.Export.Register', value: '61' }),
      sample({ measurand: 'Energy.Reactive.Import.Register', unit: 'varh', value: '62' }),
      sample({ value: '1.5', unit: 'kWh' }),
    ];

    expect(registerOf(samples)).toBe(1500);
  });

  test('is that of the outlet where there is a choice', () => {
    const inlet = sample({ location: 'Inlet', value: '900' });

    expect(registerOf([inlet, sample({ value: '800' })])).toBe(800);
    expect(registerOf([inlet])).toBe(900);
  });

  test('is of all phases, not of one', () => {
    expect(registerOf([sample({ phase: 'L1', value: '1' }), sample({ value: '3' })])).toBe(3);
    expect(registerOf([sample({ phase: 'L1', value: '1' })])).toBeUndefined();
  });

  test('is never one of the clock’s own series', () => {
    const clock = sample({ context: 'Sample.Clock', value: '5' });

    expect(registerOf([clock])).toBeUndefined();
    expect(registerOf([clock, sample({ context: 'Transaction.End', value: '6' })])).toBe(6);
  });

  test('is passed over where it cannot be read, is signed, or is negative', () => {
    const unusable = [
      sample({ value: 'broken' }),
      sample({ format: 'SignedData', value: '7' }),
      sample({ value: '-1' }),
      ...inUnknownWords,
    ];

    expect(registerOf(unusable)).toBeUndefined();
    expect(registerOf([...unusable, sample({ value: '0' })])).toBe(0);
    expect(registerOf([])).toBeUndefined();
  });
});
