import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Behaviour, behaviours, nothing } from '#bench/cost/behaviours.ts';
import { installation } from '#bench/cost/measured.ts';
import {
  columns,
  costOf,
  countsOf,
  dollars,
  looksInVain,
  type Measured,
  messageNames,
  totalOf,
} from '#bench/cost/model.ts';
import { synthesise } from '#test/lib/cloud.ts';

/** The cost model: pure, in whole pico-dollars. */

const count = (max: number) => fc.integer({ min: 0, max });

const taken = fc.record({
  invocations: count(3),
  billedMicros: count(10_000_000),
  readUnits: count(20),
  writeUnits: count(40),
  messages: count(4),
  timers: count(4),
  inBytes: count(100_000),
  outBytes: count(100_000),
  logBytes: count(5000),
});

const measured: fc.Arbitrary<Measured> = fc
  .tuple(fc.tuple(...messageNames.map(() => taken)), count(1_000_000), count(2000))
  .map(([all, storedBytesPerSession, storedBytesPerCommand]) => {
    const [first] = all;
    if (!first) throw new Error('there are messages');
    const of = (index: number) => all[index] ?? first;
    return {
      storedBytesPerSession,
      storedBytesPerCommand,
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
        FirmwareStatusNotification: of(9),
        DiagnosticsStatusNotification: of(10),
        $look: of(11),
        $lookOver: of(12),
        $command: of(13),
        $commandLook: of(14),
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
  commandsPerMonth: count(10_000),
  firmwareUpdatesPerYear: count(50),
  firmwareMib: count(2000),
  diagnosticsPerYear: count(50),
  diagnosticsMib: count(2000),
  monthsKept: count(120),
});

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

test('a firmware update costs what its bytes do on their way out of CloudFront: $0.085 for a GiB', () => {
  fc.assert(
    fc.property(measured, behaviour, (found, some) => {
      const light = costOf(found, { ...some, firmwareUpdatesPerYear: 12, firmwareMib: 0 });
      const heavy = costOf(found, { ...some, firmwareUpdatesPerYear: 12, firmwareMib: 1024 });

      expect({ ...heavy, cloudFront: heavy.cloudFront - light.cloudFront }).toEqual({
        ...light,
        cloudFront: 85_000_000_000n,
      });
    }),
  );
});

test('an upload costs its way in, its way out to who looks at it, and three months in the bucket', () => {
  fc.assert(
    fc.property(measured, behaviour, (found, some) => {
      const light = costOf(found, { ...some, diagnosticsPerYear: 12, diagnosticsMib: 0 });
      const heavy = costOf(found, { ...some, diagnosticsPerYear: 12, diagnosticsMib: 1024 });

      expect(heavy.cloudFront - light.cloudFront).toBe(105_000_000_000n);
      expect(heavy.s3 - light.s3).toBe(69_000_000_000n);
    }),
  );
});

test('each message of the queue is three requests at $0.40 per million', () => {
  fc.assert(
    fc.property(measured, count(10_000), (found, commandsPerMonth) => {
      const { $command, $commandLook } = found.messages;
      const timers = $command.timers + looksInVain.command * $commandLook.timers;

      const { sqs } = costOf(found, { ...nothing, commandsPerMonth });

      expect(sqs).toBe(BigInt(commandsPerMonth * timers) * 1_200_000n);
    }),
  );
});

test('what happens once a year is not rounded to a month', () => {
  const { $command, $commandLook } = countsOf({ ...nothing, firmwareUpdatesPerYear: 1 });

  expect([$command, $commandLook]).toEqual([1, looksInVain.update]);
});

test('the alarms that are paid for are those of the ops stack, and the queues that Lambda polls those of all; to read a stream is free', () => {
  const { ops, parts } = synthesise();

  const mappings = parts.flatMap((part) => part.ofType('AWS::Lambda::EventSourceMapping'));
  const ofQueues = mappings.filter(({ Properties = {} }) => !('StartingPosition' in Properties));

  expect(installation.alarms).toBe(ops.ofType('AWS::CloudWatch::Alarm').length);
  expect(installation.queues).toBe(ofQueues.length);
});

test.each(Object.entries(behaviours))(
  'a %s dials at least twelve times a day, as the gateway ends connections',
  (_, of) => {
    expect(countsOf(of).$connect).toBeGreaterThanOrEqual(12 * 365);
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
