import { setTimeout as sleep } from 'node:timers/promises';

/** Real time, in milliseconds since 1970. Links live in it: heartbeats, boot retries, back-off, time-outs. */
export interface Time {
  /** Never falls. */
  now(): number;
  /** True when the time has passed, false when the signal came first. */
  wait(ms: number, signal?: AbortSignal): Promise<boolean>;
}

export const realTime: Time = {
  now: () => performance.timeOrigin + performance.now(),
  wait: (ms, signal) =>
    sleep(ms, true, { signal }).catch((error: unknown) => {
      if (signal?.aborted) return false;
      throw error;
    }),
};

/** A timer cannot wait for much longer than three weeks. */
const longestWaitMs = 86_400_000;

/**
 * The charger's own clock, in milliseconds since 1970. Charging lives in it: the times of messages, samples, durations.
 *
 * It passes `speed` times as fast as real time while somebody waits on it, and as fast as real time otherwise. A central system rightly
 * mistrusts times in the future, so the clock starts in the past, by as much as the planned waits will gain on real time: the plan ends about
 * now. It is never ahead of real time; once it has caught up, what nobody planned takes as long as it takes.
 */
export class SimulatedClock {
  readonly #time: Time;
  readonly #speed: number;
  #wallOffset = 0;
  #startedAt: number;
  #simulated: number;
  #readAt: number;
  /** The times that somebody waits for. */
  readonly #awaited: number[] = [];
  #isSet = false;

  /** `plannedMs`: the simulated time that will be waited for in all. */
  constructor(time: Time, { speed, plannedMs }: { speed: number; plannedMs: number }) {
    this.#time = time;
    this.#speed = speed;
    this.#readAt = time.now();
    this.#startedAt = this.#readAt - plannedMs * (1 - 1 / speed);
    this.#simulated = this.#startedAt;
  }

  /** What it showed when it was made. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Takes the time from the central system's answer to the boot, once: from then on the clock never falls. */
  set(wall: number): void {
    if (this.#isSet) return;
    this.#isSet = true;
    const shift = wall - this.#wall();
    this.#wallOffset += shift;
    this.#startedAt += shift;
    this.#simulated += shift;
  }

  now(): number {
    const at = this.#time.now();
    const passed = at - this.#readAt;
    // It stands still at an awaited time until whoever waits has seen it: timers fire late, and at speed 60 a late millisecond is sixty.
    const simulated =
      this.#awaited.length > 0
        ? Math.min(this.#simulated + passed * this.#speed, ...this.#awaited)
        : this.#simulated + passed;
    this.#simulated = Math.max(this.#simulated, Math.min(simulated, at + this.#wallOffset));
    this.#readAt = at;
    return this.#simulated;
  }

  /** True when the clock shows that time or a later one, false when the signal came first. */
  async waitUntil(simulated: number, signal?: AbortSignal): Promise<boolean> {
    if (simulated <= this.now()) return true;
    this.#awaited.push(simulated);
    try {
      for (;;) {
        const missing = simulated - this.now();
        if (missing <= 0) return true;
        const real = Math.max(missing / this.#speed, simulated - this.#wall());
        if (!(await this.#time.wait(Math.min(Math.ceil(real), longestWaitMs), signal))) return false;
      }
    } finally {
      this.now();
      this.#awaited.splice(this.#awaited.indexOf(simulated), 1);
    }
  }

  #wall(): number {
    return this.#time.now() + this.#wallOffset;
  }
}
