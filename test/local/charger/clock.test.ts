import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SimulatedClock, type Time } from '#local/charger/clock.ts';

const noon = Date.UTC(2026, 5, 1, 12);

/** Time that passes only while somebody waits. */
class FrozenTime implements Time {
  readonly waits: number[] = [];
  #now = noon;

  now(): number {
    return this.#now;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return false;
    this.waits.push(ms);
    this.pass(ms);
    return true;
  }
}

describe('the clock of a simulated charger', () => {
  test('is real time at speed 1', async () => {
    const time = new FrozenTime();
    const clock = new SimulatedClock(time, { speed: 1, plannedMs: 600_000 });

    await clock.waitUntil(noon + 5_000);

    expect(clock.startedAt).toBe(noon);
    expect(time.now()).toBe(noon + 5_000);
    expect(clock.now()).toBe(noon + 5_000);
  });

  test('lets a planned minute pass in a second at speed 60, and ends the plan now', async () => {
    const time = new FrozenTime();
    const clock = new SimulatedClock(time, { speed: 60, plannedMs: 60_000 });

    await clock.waitUntil(clock.now() + 60_000);

    expect(time.now()).toBe(noon + 1_000);
    expect(clock.now()).toBe(time.now());
  });

  test('shows exactly the awaited time however late the waiter wakes', async () => {
    const time = new FrozenTime();
    const clock = new SimulatedClock(time, { speed: 60, plannedMs: 60_000 });
    const awaited = clock.now() + 30_000;
    const waiting = clock.waitUntil(awaited);

    time.pass(200);

    await waiting;
    expect(clock.now()).toBe(awaited);
  });

  test('passes like real time while nobody waits on it', () => {
    const time = new FrozenTime();
    const clock = new SimulatedClock(time, { speed: 60, plannedMs: 60_000 });
    const before = clock.now();

    time.pass(300);

    expect(clock.now()).toBe(before + 300);
  });

  test('takes the time of the central system once', () => {
    const time = new FrozenTime();
    const clock = new SimulatedClock(time, { speed: 60, plannedMs: 60_000 });

    clock.set(noon - 3_600_000);
    clock.set(noon + 3_600_000);

    expect(clock.now()).toBe(noon - 3_600_000 - 59_000);
  });

  test('waits for months, though no timer can', async () => {
    const time = new FrozenTime();
    const clock = new SimulatedClock(time, { speed: 1, plannedMs: 0 });

    await clock.waitUntil(noon + 90 * 86_400_000);

    expect(clock.now()).toBe(noon + 90 * 86_400_000);
    expect(Math.max(...time.waits)).toBeLessThan(2 ** 31);
  });

  test('stops waiting when the signal comes', async () => {
    const clock = new SimulatedClock(new FrozenTime(), { speed: 60, plannedMs: 60_000 });

    const reached = await clock.waitUntil(clock.now() + 60_000, AbortSignal.abort());

    expect(reached).toBe(false);
  });

  test('never falls, and is never ahead of real time, whatever was planned', async () => {
    const steps = fc.array(fc.record({ waits: fc.boolean(), ms: fc.integer({ min: 0, max: 100_000 }) }));
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 500_000 }),
        async (passing, speed, plannedMs) => {
          const time = new FrozenTime();
          const clock = new SimulatedClock(time, { speed, plannedMs });
          for (const { waits, ms } of passing) {
            const before = clock.now();

            if (waits) await clock.waitUntil(before + ms);
            else time.pass(ms);

            expect(clock.now()).toBeGreaterThanOrEqual(before + (waits ? ms : 0));
            expect(clock.now()).toBeLessThanOrEqual(time.now());
          }
        },
      ),
    );
  });
});
