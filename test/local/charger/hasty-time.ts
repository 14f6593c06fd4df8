import { realTime, type Time } from '#local/charger/clock.ts';

/** Real time, a hundred times as fast, that remembers for how long somebody waited. */
export class HastyTime implements Time {
  readonly waits: number[] = [];
  readonly #start = realTime.now();

  now(): number {
    return this.#start + (realTime.now() - this.#start) * 100;
  }

  wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    this.waits.push(ms);
    return realTime.wait(ms / 100, signal);
  }
}
