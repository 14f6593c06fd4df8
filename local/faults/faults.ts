import { createHash } from 'node:crypto';
import { type FaultKind, type FaultSpec, faultKinds } from '#local/faults/fault-spec.ts';

export interface FaultReport {
  kind: string;
  rate: number;
  /** How often it could have struck. */
  chances: number;
  /** How often it did. */
  count: number;
}

/**
 * Decides, by chance, what goes wrong, and counts it. Each kind has a random stream of its own, drawn from the seed: its n-th chance strikes or not,
 * whatever happens in between.
 */
export class Faults {
  readonly seed: number;
  readonly #disconnectDelayMs: number;
  #held = false;
  readonly #kinds = new Map<FaultKind, FaultReport & { random: () => number }>();

  constructor({ rates, seed, disconnectDelayMs }: FaultSpec) {
    this.seed = seed;
    this.#disconnectDelayMs = disconnectDelayMs;
    for (const kind of faultKinds) {
      const rate = rates[kind];
      if (rate === undefined) continue;
      this.#kinds.set(kind, { kind, rate, chances: 0, count: 0, random: randomStream(seed, kind) });
    }
  }

  /** Whether any of these can strike at all. */
  has(...kinds: FaultKind[]): boolean {
    return kinds.some((kind) => (this.#kinds.get(kind)?.rate ?? 0) > 0);
  }

  /** Nothing strikes, and no chance is counted, until they are released. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
  }

  strikes(kind: FaultKind): boolean {
    const state = this.#kinds.get(kind);
    if (!state || this.#held) return false;
    state.chances++;
    if (state.random() >= state.rate) return false;
    state.count++;
    return true;
  }

  /** A random number from 0 up to a limit, of the kind that just struck. */
  share(kind: FaultKind, limit: number): number {
    return (this.#kinds.get(kind)?.random() ?? 0) * limit;
  }

  disconnectDelayMs(): number {
    return this.share('disconnect-late', this.#disconnectDelayMs);
  }

  report(): FaultReport[] {
    return [...this.#kinds.values()].map(({ random, ...report }) => report);
  }
}

/** mulberry32: small, fast, and good enough to decide what breaks. */
function randomStream(seed: number, kind: FaultKind): () => number {
  let state = createHash('sha256').update(`${seed} ${kind}`).digest().readUInt32BE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
