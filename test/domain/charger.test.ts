import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalId, HeardSlots, heardSince, isFirstOfSlot, isOnline } from '#shared/domain/charger.ts';
import { atSecond, chargerPlan, durations, noon } from '#test/support/examples.ts';

const slotMs = durations.heardSlotMs;

/** How far a heartbeat may be off its interval; a slot begins so much before the clock's. */
const allowanceMs = (intervalS: number) => Math.min(1000, intervalS * 50);

/** Which heartbeats of a connection are written; the connection itself is, when it is made. */
const writesOf = (heartbeats: number[], intervalS: number) =>
  heartbeats.filter((at, index) => index === 0 || isFirstOfSlot(at, intervalS, slotMs));

const intervals = fc.integer({ min: 1, max: 300 });
const starts = fc.integer({ min: 0, max: slotMs - 1 }).map((offset) => noon + offset);

/** Heartbeats from `start` on, each so much later than the interval after the one before. */
function beats(start: number, intervalS: number, jitters: number[]): number[] {
  const heartbeats = [start];
  for (const jitter of jitters) heartbeats.push((heartbeats.at(-1) ?? start) + intervalS * 1000 + jitter);
  return heartbeats;
}

describe('a heartbeat is written', () => {
  test('often enough that what is written is exact to five minutes, however late within the allowance each one comes', () => {
    const histories = intervals.chain((intervalS) => {
      const jitter = fc.integer({ min: -allowanceMs(intervalS), max: allowanceMs(intervalS) });
      const jitters = fc.array(jitter, { minLength: 5, maxLength: 700 });
      return fc.record({ intervalS: fc.constant(intervalS), start: starts, jitters });
    });

    fc.assert(
      fc.property(histories, ({ intervalS, start, jitters }) => {
        const heartbeats = beats(start, intervalS, jitters);

        const writes = writesOf(heartbeats, intervalS);

        let written = start;
        for (const at of heartbeats) {
          if (at === writes[0]) written = writes.shift() ?? at;
          expect(at - written).toBeLessThan(slotMs);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('at most twice in five minutes where each one comes exactly on time', () => {
    fc.assert(
      fc.property(intervals, starts, (intervalS, start) => {
        const heartbeats = beats(start, intervalS, Array(700).fill(0));

        const [, ...writes] = writesOf(heartbeats, intervalS);

        const thirds = writes.slice(2).map((at, index) => at - (writes[index] ?? at));
        for (const gap of thirds) expect(gap).toBeGreaterThanOrEqual(slotMs);
        expect(heartbeats).toHaveLength(701);
      }),
      { numRuns: 200 },
    );
  });

  test.each([10, 15, 30, 60, 100, 150, 300])(
    'once in five minutes, on the full minute every %i seconds',
    (intervalS) => {
      const heartbeats = beats(noon, intervalS, Array((3600 / intervalS) * 10).fill(0));

      const writes = heartbeats.filter((at) => isFirstOfSlot(at, intervalS, slotMs));

      expect(writes).toHaveLength(10 * 12 + 1);
    },
  );

  test('each time at the longest interval, which is as long as a slot, a little late as well', () => {
    const heartbeats = beats(noon, 300, Array(100).fill(500));

    expect(heartbeats.every((at) => isFirstOfSlot(at, 300, slotMs))).toBe(true);
  });
});

describe('an instance that sees all heartbeats of a charger', () => {
  const told = fc.integer({ min: 1, max: 300 });
  const kept = fc.integer({ min: 1000, max: 300_000 });

  test('writes in every slot but the one it began in, whatever interval the charger keeps, and in none twice', () => {
    fc.assert(
      fc.property(told, kept, starts, (intervalS, beatMs, start) => {
        const slots = new HeardSlots();
        const slotOf = (at: number) => Math.floor((at + allowanceMs(intervalS)) / slotMs);
        const heartbeats = Array.from({ length: 400 }, (_, index) => start + index * beatMs);

        const writes = heartbeats.filter((at) => slots.isDue('CP001', at, intervalS, slotMs)).map(slotOf);

        const due = [...new Set(heartbeats.map(slotOf))];
        expect(writes.filter((slot) => slot !== slotOf(start))).toEqual(due.slice(1));
        expect(new Set(writes).size).toBe(writes.length);
      }),
    );
  });

  test('tells chargers apart', () => {
    const slots = new HeardSlots();

    const due = ['CP001', 'CP002', 'CP001'].map((id) => slots.isDue(id, noon, 300, slotMs));

    expect(due).toEqual([true, true, false]);
  });
});

describe('a charger is online', () => {
  const connection = { connectionId: 'c1' };
  const online = (heardAt: string | undefined, intervalS = 300, nowMs = noon) =>
    isOnline(connection, heardAt, intervalS, nowMs, durations.offlineAfterMs);

  test('while it is connected and was heard within ten minutes', () => {
    expect(online(atSecond(0))).toBe(true);
    expect(online(atSecond(-600))).toBe(true);
    expect(online(atSecond(-601))).toBe(false);
  });

  test('within twice the interval, where that is longer', () => {
    expect(online(atSecond(-720), 360)).toBe(true);
    expect(online(atSecond(-721), 360)).toBe(false);
    expect(online(atSecond(-599), 1)).toBe(true);
  });

  test('never without a connection, nor where it was never heard', () => {
    expect(isOnline({ lastHeardAt: atSecond(0) }, atSecond(0), 300, noon, durations.offlineAfterMs)).toBe(false);
    expect(online(undefined)).toBe(false);
  });
});

describe('row 23: a charger is heard', () => {
  test('since it was accepted, and only while it is', () => {
    const accepted = { ...chargerPlan(), revision: 1, acceptedAt: atSecond(1) };

    expect(heardSince(accepted)).toBe(atSecond(1));
    expect(heardSince({ ...accepted, registration: 'rejected' })).toBeUndefined();
    expect(heardSince({ ...accepted, registration: 'pending' })).toBeUndefined();
    expect(heardSince({ ...chargerPlan(), revision: 1 })).toBeUndefined();
  });
});

test('row 1: identities are the same in any case', () => {
  expect(canonicalId('Garage nord 1')).toBe(canonicalId('GARAGE NORD 1'));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      expect(canonicalId(canonicalId(id))).toBe(canonicalId(id));
    }),
  );
});
