import fc from 'fast-check';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import { conforming } from '#test/support/frames/conforming.ts';
import { sloppy } from '#test/support/frames/sloppy.ts';
import { mutatedPayload, officialSchema, toJson, validPayload } from '#test/support/ocpp-arbitraries.ts';
import type { Random } from '#test/support/random.ts';
import { mutated, type Seed, seedOf } from './mutation.ts';

/** Longer ones would make each round slower than it is worth. */
const LONGEST_KEPT = 4_000;
const MOST_KEPT = 4_000;
const DRAWN_PER_ACTION = 40;

/**
 * An endless source of broken frames: mutants of recorded ones and of generated payloads. A mutant that was met with something new is kept as
 * a seed for others, so that the frames wander to where the behaviour is.
 */
export class Fuzzer {
  readonly #random: Random;
  readonly #seeds: Seed[];
  readonly #met = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
    this.#seeds = [...conforming, ...sloppy, ...generated(random.seed)].map(seedOf);
  }

  /** A text that a WebSocket can carry: it is UTF-8, which knows no half characters. */
  next(): string {
    return mutated(this.#random.pick(this.#seeds), this.#seeds, this.#random).toWellFormed();
  }

  /** Says what a frame was met with, in words that are few enough to count. */
  learn(text: string, behaviour: string): void {
    if (this.#met.has(behaviour)) return;
    this.#met.add(behaviour);
    if (text.length <= LONGEST_KEPT && this.#seeds.length < MOST_KEPT) this.#seeds.push(seedOf(text));
  }

  /** All that frames were met with so far. */
  get behaviours(): ReadonlySet<string> {
    return this.#met;
  }
}

/** Calls with legal payloads and with wounded ones. */
function generated(seed: number): string[] {
  return inboundNames.flatMap((action) => {
    const schema = officialSchema(`${action}.req`);
    const payload = fc.oneof(validPayload(schema), mutatedPayload(schema));
    return fc
      .sample(payload, { numRuns: DRAWN_PER_ACTION, seed })
      .map((drawn, index) => `[2,"${action}-${index}","${action}",${toJson(drawn)}]`)
      .filter((text) => text.length <= LONGEST_KEPT);
  });
}
