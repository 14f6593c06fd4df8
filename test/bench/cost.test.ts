import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Behaviour, behaviours } from '#bench/cost/behaviours.ts';
import { installation } from '#bench/cost/measured.ts';
import { columns, costOf, countsOf, dollars, type Measured, messageNames, totalOf } from '#bench/cost/model.ts';
import { synthesise } from '#test/lib/cloud.ts';

/** The cost model: pure, in whole pico-dollars. */

const count = (max: number) => fc.integer({ min: 0, max });

const taken = fc.record({
  invocations: count(3),
  billedMicros: count(10_000_000),
  readUnits: count(20),
  writeUnits: count(40),
  messages: count(4),
  inBytes: count(100_000),
  outBytes: count(100_000),
  logBytes: count(5000),
});

const measured: fc.Arbitrary<Measured> = fc
  .tuple(fc.tuple(...messageNames.map(() => taken)), count(1_000_000))
  .map(([all, storedBytesPerSession]) => {
    const [first] = all;
    if (!first) throw new Error('there are messages');
    const of = (index: number) => all[index] ?? first;
    return {
      storedBytesPerSession,
      messages: {
        $connect: of(0),
        $disconnect: of(1),
        BootNotification: of(2),
        StatusNotification: of(3),
        Heartbeat: of(4),
        Authorize: of(5),
        StartTransaction: of(6),
        MeterValues: of(7),
        StopTransaction: of(8),
        $look: of(9),
        $lookOver: of(10),
      },
    };
  });

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  heartbeatsPerHour: count(360),
  sessionsPerDay: count(50),
  samplesPerSession: count(1000),
  statusesPerSession: count(20),
  looksPerSession: count(100),
  dialsPerDay: count(200),
  bootsPerMonth: count(100),
  monthsKept: count(120),
});

const nothing: Behaviour = {
  heartbeatsPerHour: 0,
  sessionsPerDay: 0,
  samplesPerSession: 0,
  statusesPerSession: 0,
  looksPerSession: 0,
  dialsPerDay: 0,
  bootsPerMonth: 0,
  monthsKept: 0,
};

test('a charger that does nothing costs its connection and nothing else: 43,800 minutes at $0.25 per million', () => {
  fc.assert(
    fc.property(measured, (found) => {
      const cost = costOf(found, nothing);

      expect(cost.gateway).toBe(10_950_000_000n);
      expect(totalOf(cost)).toBe(cost.gateway);
    }),
  );
});

test('who does more of anything pays no less in any column', () => {
  const names = Object.keys(nothing);
  fc.assert(
    fc.property(measured, behaviour, fc.constantFrom(...names), count(50), (found, some, name, more) => {
      const less = costOf(found, some);
      const greater = costOf(found, { ...some, [name]: Number(Reflect.get(some, name)) + more });

      for (const column of columns) expect(greater[column]).toBeGreaterThanOrEqual(less[column]);
    }),
  );
});

test('no cost is below nothing, and the whole is the sum of its parts', () => {
  fc.assert(
    fc.property(measured, behaviour, (found, some) => {
      const cost = costOf(found, some);

      for (const column of columns) expect(cost[column]).toBeGreaterThanOrEqual(0n);
      expect(totalOf(cost)).toBe(columns.reduce((sum, column) => sum + cost[column], 0n));
    }),
  );
});

test('heartbeats beyond one in five minutes cost messages, but no writes', () => {
  fc.assert(
    fc.property(measured, behaviour, count(300), (found, some, more) => {
      const atTwelve = costOf(found, { ...some, heartbeatsPerHour: 12 });
      const beyond = costOf(found, { ...some, heartbeatsPerHour: 12 + more });

      expect(beyond.writes).toBe(atTwelve.writes);
    }),
  );
});

test('storage grows with the months that sessions are kept, and nothing else does', () => {
  fc.assert(
    fc.property(measured, behaviour, (found, some) => {
      const once = costOf(found, { ...some, monthsKept: 1 });
      const tenfold = costOf(found, { ...some, monthsKept: 10 });

      expect(tenfold.storage <= once.storage * 10n).toBe(true);
      expect(tenfold.storage + 10n > once.storage * 10n - 10n).toBe(true);
      expect({ ...tenfold, storage: 0n }).toEqual({ ...once, storage: 0n });
    }),
  );
});

test('the alarms that are paid for are those of the ops stack', () => {
  expect(installation.alarms).toBe(synthesise().ops.ofType('AWS::CloudWatch::Alarm').length);
});

test.each(Object.entries(behaviours))(
  'a %s dials at least twelve times a day, as the gateway ends connections',
  (_, of) => {
    expect(countsOf(of).$connect).toBeGreaterThanOrEqual(365);
  },
);

test.each([
  [0n, '$0.0000'],
  [49_999_999n, '$0.0000'],
  [50_000_000n, '$0.0001'],
  [10_950_000_000n, '$0.0110'],
  [1_234_567_800_000n, '$1.2346'],
])('%s pico-dollars are shown as %s', (pico, text) => {
  expect(dollars(pico)).toBe(text);
});
