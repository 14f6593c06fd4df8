import type { Changes } from './changes.ts';
import type { Time } from './clock.ts';
import { type Link, NoAnswer } from './link.ts';

export interface PatienceDeps {
  time: Time;
  changes: Changes;
  link: Link;
  callTimeoutMs: number;
  /** Real time without a connection, or without any answer. */
  patienceMs: number;
  /** Aborted when the charger has given up, or is done. */
  over: AbortSignal;
  giveUp(reason: string): void;
}

/** How long the charger bears it that nobody is there. */
export class Patience {
  readonly #deps: PatienceDeps;
  #silentSince: number | undefined;

  constructor(deps: PatienceDeps) {
    this.#deps = deps;
  }

  async watchLink(): Promise<void> {
    const { time, changes, link, patienceMs, over, giveUp } = this.#deps;
    while (!over.aborted) {
      const isBack = new AbortController();
      void time.wait(patienceMs, AbortSignal.any([over, isBack.signal])).then((passed) => {
        if (passed) giveUp(`no connection for ${patienceMs / 1000} s`);
      });
      await changes.until(() => link.isOpen || link.closedForGood !== undefined, over);
      isBack.abort();
      if (link.closedForGood !== undefined) giveUp(`no further connection: ${link.closedForGood}`);
      await changes.until(() => !link.isOpen, over);
    }
  }

  /** Gives up when nothing at all was answered for too long. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    const { time, callTimeoutMs, patienceMs, giveUp } = this.#deps;
    try {
      const answer = await call();
      this.#silentSince = undefined;
      return answer;
    } catch (error) {
      if (error instanceof NoAnswer) {
        this.#silentSince ??= time.now() - callTimeoutMs;
        if (time.now() - this.#silentSince >= patienceMs) giveUp(error.message);
      } else {
        this.#silentSince = undefined;
      }
      throw error;
    }
  }
}
