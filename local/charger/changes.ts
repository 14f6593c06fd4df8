/** Waiting for a condition over shared state: whoever changes the state calls `notify`, whoever waits looks again. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** True once the condition holds; false when the signal came first. */
  until(condition: () => boolean, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (holds: boolean): void => {
        this.#waiting.delete(look);
        signal?.removeEventListener('abort', giveUp);
        resolve(holds);
      };
      const look = (): void => {
        if (condition()) settle(true);
      };
      const giveUp = (): void => settle(condition());

      if (condition() || signal?.aborted) return giveUp();
      this.#waiting.add(look);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
