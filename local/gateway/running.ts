/** Counts work under way, so that stopping can wait for its end. */
export class Running {
  #count = 0;
  #waiting: (() => void)[] = [];

  async track<T>(work: Promise<T>): Promise<T> {
    this.#count++;
    try {
      return await work;
    } finally {
      if (--this.#count === 0) for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  /** Resolves when nothing is under way, or after so long. */
  async idle(withinMs: number): Promise<void> {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      for (const wake of this.#waiting.splice(0)) wake();
    }, withinMs);
    // What waited for the work that just ended may start more of it in the same turn.
    while (this.#count > 0 && !over) await new Promise<void>((wake) => this.#waiting.push(wake));
    clearTimeout(timer);
  }
}
