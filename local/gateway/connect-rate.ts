/** Lets in so many new connections per second, and up to as many at once. */
export class ConnectRate {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #asOf: number;

  /** `now` in milliseconds. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#asOf = now();
  }

  take(): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true;
    const now = this.#now();
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#asOf) / 1000) * this.#perSecond);
    this.#asOf = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
