import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { until } from '#test/support/until.ts';
import type { CentralSystem } from './central-system.ts';
import { charging, statuses, waiting } from './scene.ts';

const watts = (limit: number, more: object = {}) => ({
  chargingSchedule: { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }], ...more },
});

const profile = (more: object) => ({
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxDefaultProfile',
  chargingProfileKind: 'Absolute',
  ...watts(3000),
  ...more,
});

const set = (central: CentralSystem, connectorId: number, more: object = {}) =>
  central.command('SetChargingProfile', { connectorId, csChargingProfiles: profile(more) });
const clear = (central: CentralSystem, criteria: object) => central.command('ClearChargingProfile', criteria);

const compositeAnswer = z.object({
  status: z.literal('Accepted'),
  connectorId: z.int(),
  scheduleStart: z.string(),
  chargingSchedule: z.object({
    duration: z.int(),
    chargingRateUnit: z.string(),
    chargingSchedulePeriod: z.array(
      z.object({ startPeriod: z.int(), limit: z.number(), numberPhases: z.int().optional() }),
    ),
  }),
});

const composite = async (central: CentralSystem, connectorId: number, more: object = {}) =>
  compositeAnswer.parse(await central.command('GetCompositeSchedule', { connectorId, duration: 3600, ...more }));
const limits = async (central: CentralSystem, connectorId: number, more: object = {}) =>
  (await composite(central, connectorId, more)).chargingSchedule.chargingSchedulePeriod.map(({ limit }) => limit);

const samples = z.array(
  z.object({
    connectorId: z.int(),
    meterValue: z.array(z.object({ sampledValue: z.array(z.object({ measurand: z.string(), value: z.string() })) })),
  }),
);

/** What the newest sample of the connector says. */
function powerW(central: CentralSystem, connectorId = 2): number {
  const newest = samples.parse(central.of('MeterValues')).findLast((sample) => sample.connectorId === connectorId);
  const values = newest?.meterValue.flatMap(({ sampledValue }) => sampledValue) ?? [];
  return Number(values.find(({ measurand }) => measurand === 'Power.Active.Import')?.value);
}

const fast = { sampleIntervalS: 10 };

describe('the limit in force', () => {
  test('bounds what is drawn, from the profile of the transaction down to the default of all', async () => {
    const { central } = await charging(fast);
    await until('it charges with all it has', () => powerW(central) > 7000);

    await set(central, 0, { chargingProfileId: 1, ...watts(5000) });
    await until('the default of all counts', () => powerW(central) === 5000);
    await set(central, 2, { chargingProfileId: 2, ...watts(4000) });
    await until('the default of the connector counts', () => powerW(central) === 4000);
    const forTransaction = { chargingProfilePurpose: 'TxProfile', transactionId: 4711 };
    await set(central, 2, { chargingProfileId: 3, ...forTransaction, ...watts(6000) });
    await until('the profile of the transaction counts', () => powerW(central) === 6000);
    await set(central, 2, { chargingProfileId: 4, stackLevel: 1, ...forTransaction, ...watts(2000) });
    await until('the higher stack level counts', () => powerW(central) === 2000);

    expect(await clear(central, {})).toEqual({ status: 'Accepted' });
    await until('it charges with all it has again', () => powerW(central) > 7000);
  });

  test('of the whole charger is shared by those that charge', async () => {
    const { central } = await charging(fast);
    await set(central, 0, { chargingProfilePurpose: 'ChargePointMaxProfile', ...watts(6000) });
    await until('one has all of it', () => powerW(central) === 6000);

    await central.command('RemoteStartTransaction', { idTag: 'OTHER', connectorId: 1 });
    await until('each has its share', () => powerW(central, 1) === 3000 && powerW(central, 2) === 3000);
    await central.command('RemoteStopTransaction', { transactionId: 4712 });
    await until('one has all of it again', () => powerW(central, 2) === 6000);

    expect(central.of('StopTransaction')).toMatchObject([{ transactionId: 4712 }]);
  });

  test('suspends a session at nothing, and lets it go on', async () => {
    const { central } = await charging(fast);

    await set(central, 2, watts(0));
    await until('it is suspended', () => statuses(central).at(-1) === '2 SuspendedEVSE');
    await until('nothing is drawn', () => powerW(central) === 0);
    await clear(central, { id: 1 });
    await until('it goes on', () => statuses(central).at(-1) === '2 Charging');

    expect(central.of('StopTransaction')).toEqual([]);
  });

  test('comes with a remote start, and goes with its session', async () => {
    const { central } = await waiting(fast);
    const chargingProfile = profile({ chargingProfilePurpose: 'TxProfile', ...watts(2000) });

    const refused = await central.command('RemoteStartTransaction', {
      idTag: 'APP',
      connectorId: 2,
      chargingProfile: profile({}),
    });
    await central.command('RemoteStartTransaction', { idTag: 'APP', connectorId: 2, chargingProfile });
    await until('it counts', () => powerW(central) === 2000);
    await central.command('RemoteStopTransaction', { transactionId: 4711 });
    await until('it is over', () => central.of('StopTransaction').length === 1);

    expect(refused).toEqual({ status: 'Rejected' });
    expect(await clear(central, { id: 1 })).toEqual({ status: 'Unknown' });
  });
});

describe('a charging profile', () => {
  const start = new Date().toISOString();
  const periods = (count: number) =>
    watts(0, {
      chargingSchedulePeriod: Array.from({ length: count }, (_, index) => ({ startPeriod: index * 60, limit: 6000 })),
    });
  test.each([
    ['for a connector that there is not', 3, {}],
    ['of a stack level that is too high', 1, { stackLevel: 11 }],
    ['of a negative stack level', 1, { stackLevel: -1 }],
    ['with too many periods', 1, periods(25)],
    ['with no period', 1, periods(0)],
    ['that does not begin at 0', 1, watts(0, { chargingSchedulePeriod: [{ startPeriod: 1, limit: 6000 }] })],
    [
      'with periods out of order',
      1,
      watts(0, { chargingSchedulePeriod: [0, 60, 60].map((startPeriod) => ({ startPeriod, limit: 6000 })) }),
    ],
    ['with a limit below nothing', 1, watts(-1)],
    ['that recurs it does not say how', 1, { chargingProfileKind: 'Recurring', ...watts(1, { startSchedule: start }) }],
    ['that recurs and has no start', 1, { chargingProfileKind: 'Recurring', recurrencyKind: 'Daily' }],
    ['that recurs although it does not', 1, { recurrencyKind: 'Daily' }],
    ['that is never valid', 1, { validFrom: start, validTo: start }],
    ['of the whole charger for one connector', 1, { chargingProfilePurpose: 'ChargePointMaxProfile' }],
    [
      'of the whole charger that counts from a session',
      0,
      { chargingProfilePurpose: 'ChargePointMaxProfile', chargingProfileKind: 'Relative' },
    ],
    ['of a transaction that does not run', 2, { chargingProfilePurpose: 'TxProfile', transactionId: 1 }],
    ['of a transaction elsewhere', 1, { chargingProfilePurpose: 'TxProfile', transactionId: 4711 }],
    ['of a transaction that it does not name', 2, { chargingProfilePurpose: 'TxProfile' }],
  ])('is refused %s', async (_, connectorId, more) => {
    const { central } = await charging();

    expect(await set(central, connectorId, more)).toEqual({ status: 'Rejected' });
  });

  test('replaces the one of the same id, and the one of the same purpose and stack level', async () => {
    const { central } = await waiting();
    await set(central, 1, { chargingProfileId: 1, ...watts(5000) });

    await set(central, 2, { chargingProfileId: 1, ...watts(4000) });
    expect([await limits(central, 1), await limits(central, 2)]).toEqual([[7200], [4000]]);
    await set(central, 2, { chargingProfileId: 2, ...watts(3000) });

    expect(await limits(central, 2)).toEqual([3000]);
    expect(await clear(central, { id: 1 })).toEqual({ status: 'Unknown' });
  });

  test('is refused when there are too many, unless it replaces one', async () => {
    const { central } = await waiting();
    for (let id = 0; id < 20; id++) {
      await set(central, id < 11 ? 1 : 2, { chargingProfileId: id, stackLevel: id % 11 });
    }

    expect(await set(central, 2, { chargingProfileId: 20, stackLevel: 9 })).toEqual({ status: 'Rejected' });
    expect(await set(central, 2, { chargingProfileId: 20, stackLevel: 8 })).toEqual({ status: 'Accepted' });
  });

  test('is cleared by its id, or by what it is', async () => {
    const { central } = await charging();
    await set(central, 0, { chargingProfileId: 1, chargingProfilePurpose: 'ChargePointMaxProfile' });
    await set(central, 2, { chargingProfileId: 2, stackLevel: 3 });
    await set(central, 2, { chargingProfileId: 3, chargingProfilePurpose: 'TxProfile', transactionId: 4711 });

    const answers = [];
    for (const criteria of [
      { id: 9 },
      { id: 1, connectorId: 2 },
      { connectorId: 1 },
      { connectorId: 2, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 2 },
      { connectorId: 2, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 3 },
      {},
      {},
    ]) {
      answers.push(await clear(central, criteria));
    }

    expect(answers.map((answer) => JSON.stringify(answer).includes('Accepted'))).toEqual([
      false,
      true,
      false,
      false,
      true,
      true,
      false,
    ]);
  });
});

describe('the composite schedule', () => {
  test('is what the connector gives where nothing limits it', async () => {
    const { central } = await waiting();

    const { scheduleStart, ...answer } = await composite(central, 1);

    expect(Math.abs(Date.parse(scheduleStart) - Date.now())).toBeLessThan(3_600_000);
    expect(answer).toEqual({
      status: 'Accepted',
      connectorId: 1,
      chargingSchedule: {
        duration: 3600,
        chargingRateUnit: 'W',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 7200, numberPhases: 1 }],
      },
    });
  });

  test('follows the lowest of what limits a connector, in the unit that is asked for', async () => {
    const { central } = await waiting();
    const halves = [
      { startPeriod: 0, limit: 6000 },
      { startPeriod: 1800, limit: 2300 },
    ];
    await set(central, 1, {
      chargingProfileKind: 'Relative',
      ...watts(0, { chargingSchedulePeriod: halves, duration: 2700 }),
    });
    await set(central, 0, {
      chargingProfileId: 2,
      chargingProfilePurpose: 'ChargePointMaxProfile',
      ...watts(4600),
    });

    const inAmperes = await composite(central, 1, { chargingRateUnit: 'A' });

    expect(inAmperes.chargingSchedule.chargingSchedulePeriod).toEqual([
      { startPeriod: 0, limit: 20, numberPhases: 1 },
      { startPeriod: 1800, limit: 10, numberPhases: 1 },
      { startPeriod: 2700, limit: 20, numberPhases: 1 },
    ]);
  });

  test('of connector 0 is that of all of them together', async () => {
    const { central } = await waiting();
    await set(central, 1, watts(3000));

    const together = await limits(central, 0);
    await set(central, 0, { chargingProfileId: 2, chargingProfilePurpose: 'ChargePointMaxProfile', ...watts(9000) });

    expect(together).toEqual([10_200]);
    expect(await limits(central, 0)).toEqual([9000]);
  });

  test('is refused for a connector that there is not, or for no time at all', async () => {
    const { central } = await waiting();

    const nowhere = await central.command('GetCompositeSchedule', { connectorId: 3, duration: 60 });
    const never = await central.command('GetCompositeSchedule', { connectorId: 1, duration: 0 });

    expect([nowhere, never]).toEqual([{ status: 'Rejected' }, { status: 'Rejected' }]);
  });
});
