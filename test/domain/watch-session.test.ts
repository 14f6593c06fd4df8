import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StatusReport } from '#shared/domain/charger.ts';
import { registerStepOf } from '#shared/domain/reading.ts';
import { toInstant } from '#shared/domain/time.ts';
import { FIRST_ISSUED } from '#shared/domain/transaction-id.ts';
import { lookAfter, lookOver } from '#shared/domain/watch-session.ts';
import type { Stores } from '#shared/store/stores.ts';
import { drivenCharger } from '#test/support/driven-charger.ts';
import { eachKind } from '#test/support/each-kind.ts';
import { atSecond, chargerPlan, connector, durations, noon, reading, sample, status } from '#test/support/examples.ts';
import { memoryStores } from '#test/support/memory-stores.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

describe.each(eachKind)('a session that nobody stops, $kind', ({ stores }) => {
  test('row 38: stays as it is while its connector has been free for a moment only', async () => {
    const { look, session } = await charging(stores, { freeAt: 30 * minute });

    expect(await look(30 * minute + 14 * minute)).toBe('active');

    expect(await session()).toMatchObject({ state: 'active', reviewReasons: [] });
  });

  test('row 38: ends when its connector has been free for a while, at that time, with the last register', async () => {
    const { look, session, open } = await charging(stores, { freeAt: 30 * minute, readings: [[20 * minute, 3400]] });

    expect(await look(46 * minute)).toBe('ended');

    expect(await session()).toMatchObject({
      state: 'ended',
      endedBy: 'watchdog',
      endedAt: atSecond(30 * minute),
      endReceivedAt: atSecond(46 * minute),
      energyWh: 2400,
      reviewReasons: ['inferredEnd'],
    });
    expect(await session()).not.toHaveProperty('meterStopWh');
    expect(await open()).toEqual([]);
  });

  test('row 38: ends though its meter is read by the clock, and its last reading came a moment late', async () => {
    const { look, session, chargerId } = await charging(stores, {
      freeAt: 30 * minute,
      readings: [[30 * minute + 5, 3400]],
    });
    const byTheClock = sample({ context: 'Sample.Clock', value: '3400' });
    const idle = (atS: number) =>
      reading({
        protocolTransactionId: undefined,
        at: atSecond(atS),
        receivedAt: atSecond(atS),
        samples: [byTheClock],
        registerWh: undefined,
      });
    await stores.readings.record(chargerId, [idle(45 * minute), idle(60 * minute)]);

    expect(await look(61 * minute)).toBe('ended');

    expect(await session()).toMatchObject({ endedAt: atSecond(30 * minute), energyWh: 2400 });
  });

  test('row 38: has no energy where no register tells it', async () => {
    const { look, session } = await charging(stores, { freeAt: 30 * minute });

    await look(46 * minute);

    expect((await session()).energyWh).toBeUndefined();
  });

  test('row 38: gives the place of its tag back', async () => {
    const { look, charger, idTag } = await charging(stores, { freeAt: 30 * minute, maxOpenSessions: 1 });
    const again = { idTag, connector: connector(2), reportedMs: noon + hour * 1000, receivedMs: noon + hour * 1000 };
    expect((await charger.start({ ...again, meterStartWh: 1 })).tagStatus).toBe('ConcurrentTx');

    await look(46 * minute);

    expect((await charger.start({ ...again, meterStartWh: 2 })).tagStatus).toBe('Accepted');
  });

  test('row 38: is stopped by the stop that comes after all, which goes to review', async () => {
    const { look, charger, localId, session } = await charging(stores, { freeAt: 30 * minute });
    await look(46 * minute);

    const { outcome } = await charger.stop(localId);

    expect(outcome).toBe('counted');
    expect(await session()).toMatchObject({
      endedBy: 'charger',
      endedAt: atSecond(hour),
      energyWh: 7200,
      reviewReasons: ['lateStop', 'inferredEnd'],
    });
  });

  test.each([
    ['its connector was free before the start only', { freeAt: -minute }],
    ['its connector was free when it started', { freeAt: 0 }],
    [
      'it charges, whatever it says of the connector',
      { freeAt: 30 * minute, readings: [[50 * minute, 2000]] as const },
    ],
    ['another connector is free', { freeAt: 30 * minute, freeConnector: 2 }],
    ['its connector is faulted', { freeAt: 30 * minute, status: 'Faulted' as const }],
    ['its connector waits for the cable to be pulled', { freeAt: 30 * minute, status: 'Finishing' as const }],
  ])('goes on where %s', async (_, scene) => {
    const { look, session } = await charging(stores, scene);

    expect(await look(3 * hour)).toBe('active');

    expect((await session()).state).toBe('active');
  });

  test('waits for its charger, which may charge on while it is offline, for a day', async () => {
    const { look } = await charging(stores, { heardAt: hour });

    expect(await look(hour + day - 1)).toBe('active');
    expect(await look(hour + day)).toBe('ended');
  });

  test('ends at its last reading when its charger has gone, or when that was heard last', async () => {
    const read = await charging(stores, { heardAt: 2 * hour, readings: [[90 * minute, 5000]] });
    const unread = await charging(stores, { heardAt: 2 * hour });

    await read.look(3 * day);
    await unread.look(3 * day);

    expect(await read.session()).toMatchObject({ endedAt: atSecond(90 * minute), energyWh: 4000 });
    expect(await unread.session()).toMatchObject({ endedAt: atSecond(2 * hour), reviewReasons: ['inferredEnd'] });
  });

  test('goes on while its charger is heard of in whatever way', async () => {
    const { look, chargerId } = await charging(stores, { heardAt: 0 });
    await stores.chargers.connect(chargerId, 'c1', 1, atSecond(0));
    await stores.evidence.keep(chargerId, {
      at: atSecond(2 * day),
      kind: 'dataTransfer',
      action: 'DataTransfer',
      content: '{}',
    });

    expect(await look(2 * day + hour)).toBe('active');
  });

  test('ends once where two look at it at the same moment', async () => {
    const { look } = await charging(stores, { freeAt: 30 * minute });

    const outcomes = await Promise.all([look(hour), look(hour), look(hour)]);

    expect(outcomes.sort()).toEqual(['ended', 'lost', 'lost']);
  });

  test('is looked at again only when somebody has not looked since', async () => {
    const { look } = await charging(stores, {});

    const outcomes = await Promise.all([look(20 * minute), look(20 * minute)]);

    expect(outcomes.sort()).toEqual(['active', 'lost']);
  });
});

describe.each(eachKind)('row 42: an ended session that is looked over, $kind', ({ stores }) => {
  test('goes to review where a register fell on the way, though the last one is above the first', async () => {
    const { ended, session } = await charging(stores, {
      readings: [
        [600, 1500],
        [1200, 2500],
        [1800, 400],
        [2400, 1100],
      ],
    });
    await ended({ meterStopWh: 1200 });

    await lookOver(stores, await session(), noon);

    expect(await session()).toMatchObject({ energyWh: 200, reviewReasons: ['registerFell'] });
  });

  test('goes to review where the stop tells less than a reading before it', async () => {
    const { ended, session } = await charging(stores, { readings: [[600, 9000]] });
    await ended({ meterStopWh: 8200 });

    await lookOver(stores, await session(), noon);

    expect((await session()).reviewReasons).toEqual(['registerFell']);
  });

  test('is left alone where all registers rise, and is not looked at again', async () => {
    const { ended, session } = await charging(stores, {
      readings: [
        [600, 1500],
        [600, 1400],
        [1200, 2500],
      ],
    });
    await ended({});

    expect(await lookOver(stores, await session(), noon)).toBe(true);

    expect((await session()).reviewReasons).toEqual([]);
    expect((await session()).watchedAt).toBeUndefined();
    expect(await lookOver(stores, await session(), noon)).toBe(false);
  });

  test('takes the steps of a coarser register for what they are', async () => {
    const { chargerId, localId, ended, session } = await charging(stores, {});
    const tenths = (atS: number, value: string, registerWh: number) =>
      reading({
        protocolTransactionId: localId,
        at: atSecond(atS),
        samples: [sample({ value, unit: 'kWh' })],
        registerWh,
      });
    await stores.readings.record(chargerId, [tenths(1, '1.0', 1000), tenths(2, '2.5', 2500), tenths(3, '2,5', 2500)]);
    await ended({ meterStopWh: 2449 });

    await lookOver(stores, await session(), noon);

    expect((await session()).reviewReasons).toEqual([]);
  });

  test('does not mix in values of the clock’s quarter hours, nor intervals', async () => {
    const { chargerId, localId, ended, session } = await charging(stores, { readings: [[600, 2000]] });
    const interval = sample({ measurand: 'Energy.Active.Import.Interval', value: '5' });
    const clock = sample({ context: 'Sample.Clock', value: '7' });
    await stores.readings.record(chargerId, [
      reading({ protocolTransactionId: localId, at: atSecond(700), samples: [interval], registerWh: undefined }),
      reading({ protocolTransactionId: localId, at: atSecond(900), samples: [clock], registerWh: undefined }),
    ]);
    await ended({});

    await lookOver(stores, await session(), noon);

    expect((await session()).reviewReasons).toEqual([]);
  });

  test('learns its energy from its readings where another start has ended it', async () => {
    const { charger, session } = await charging(stores, { readings: [[600, 4500]] });
    await charger.start({ reportedMs: noon + 1_000_000, receivedMs: noon + 1_000_000, meterStartWh: 4600 });

    await lookOver(stores, await session(), noon);

    expect(await session()).toMatchObject({ endedBy: 'superseded', energyWh: 3500, reviewReasons: ['superseded'] });
    expect(await session()).not.toHaveProperty('meterStopWh');
  });

  test('learns nothing that changes what somebody has decided meanwhile', async () => {
    const { charger, session } = await charging(stores, { readings: [[600, 4500]] });
    await charger.start({ reportedMs: noon + 1_000_000, receivedMs: noon + 1_000_000, meterStartWh: 4600 });
    const seen = await session();
    const decided = { outcome: 'approve' as const, note: 'as it is', by: 'olga', at: atSecond(hour) };
    await stores.sessions.decide(seen, { ...decided, reasons: seen.reviewReasons });

    expect(await lookOver(stores, seen, noon)).toBe(false);
    expect(await lookOver(stores, await session(), noon)).toBe(true);

    expect((await session()).energyWh).toBeUndefined();
  });

  test('does not compare what a lost clock has dated with what a right one has', async () => {
    const { chargerId, localId, ended, session } = await charging(stores, { readings: [[100, 1100]] });
    await stores.readings.record(chargerId, [
      reading({
        protocolTransactionId: localId,
        at: atSecond(500),
        reportedAt: '1970-01-01T00:00:10.000Z',
        samples: [sample({ value: '1600' })],
        registerWh: 1600,
      }),
    ]);
    await ended({ meterStopWh: 2000 });

    await lookOver(stores, await session(), noon);

    expect((await session()).reviewReasons).toEqual([]);
  });

  test('leaves what a stop has changed meanwhile to the next look', async () => {
    const { charger, localId, look, session } = await charging(stores, { freeAt: 30 * minute });
    await look(46 * minute);
    const seen = await session();
    await charger.stop(localId);

    expect(await lookOver(stores, seen, noon)).toBe(false);

    expect((await session()).watchedAt).toBe(atSecond(hour));
  });
});

test('a rising series is never taken for a fall, and any fall of more than a step is found', async () => {
  const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(steps, fc.option(fc.nat(19)), fc.integer({ min: 1, max: 900 }), async (rises, at, fall) => {
      const registers: number[] = [];
      for (const [index, rise] of rises.entries()) {
        const before = registers.at(-1) ?? 1000;
        registers.push(index === at ? before - fall : before + rise);
      }
      const { session, ended } = await charging(memoryStores(), {
        readings: registers.map((wh, index) => [index + 1, wh] as const),
      });
      await ended({ meterStopWh: Math.max(...registers, 1000) });

      const stores = storesOf.get(session);
      if (!stores) throw new Error('no stores');
      await lookOver(stores, await session(), noon);

      expect((await session()).reviewReasons).toEqual(at !== null && at < rises.length ? ['registerFell'] : []);
    }),
    { numRuns: 100 },
  );
});

test.each([
  ['12', 'Wh', 1],
  ['12.25', 'Wh', 1],
  ['1.2', 'kWh', 100],
  ['1,25', 'kWh', 10],
  ['1.2345', 'kWh', 1],
  ['7', 'kWh', 1000],
] as const)('a register of %s %s is told in steps of %i Wh', (value, unit, step) => {
  expect(registerStepOf([sample({ value, unit })])).toBe(step);
});

/** An id as it is issued: readings that name a smaller one are kept under their connector. */
const issued = String(FIRST_ISSUED);

const storesOf = new WeakMap<object, Stores>();

interface Scene {
  /** Seconds after the start, with the register then. */
  readings?: readonly (readonly [number, number])[];
  freeAt?: number;
  freeConnector?: number;
  status?: StatusReport['status'];
  heardAt?: number;
  maxOpenSessions?: number;
}

/** A session that began at noon with 1000 Wh, and what was heard of it and of its charger since. */
async function charging(stores: Stores, scene: Scene) {
  const charger = drivenCharger(stores);
  const { chargerId, organisationId } = charger;
  await stores.chargers.saveCharger(chargerPlan({ id: chargerId, organisationId }));
  const idTag = `T${chargerId}`;
  const { maxOpenSessions } = scene;
  await stores.tags.saveTag({ idTag, issuer: { organisationId }, status: 'Accepted', maxOpenSessions });
  const { localId } = await charger.start({ idTag }, () => issued);
  await stores.readings.record(
    chargerId,
    (scene.readings ?? []).map(([second, registerWh]) =>
      reading({
        protocolTransactionId: localId,
        at: atSecond(second),
        receivedAt: atSecond(second),
        samples: [sample({ value: String(registerWh) })],
        registerWh,
      }),
    ),
  );
  if (scene.heardAt !== undefined) await stores.chargers.recordHeard(chargerId, atSecond(scene.heardAt));
  if (scene.freeAt !== undefined) {
    const at = atSecond(scene.freeAt);
    const free = { status: scene.status ?? 'Available', connector: connector(scene.freeConnector ?? 1) };
    await stores.chargers.recordStatusIfNewer(chargerId, status({ ...free, at, receivedAt: at }));
    // Somebody who only looks free is not gone.
    await stores.chargers.recordHeard(chargerId, atSecond(365 * day));
  }
  const session = () => charger.session(localId);
  storesOf.set(session, stores);
  return {
    charger,
    chargerId,
    localId,
    idTag,
    session,
    open: charger.open,
    look: async (second: number) => lookAfter(stores, await session(), noon + second * 1000, durations),
    ended: (changes: object) => charger.stop(localId, changes),
    at: toInstant,
  };
}
