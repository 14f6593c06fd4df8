import { setImmediate } from 'node:timers/promises';
import { inboundNames } from '#shared/ocpp/v16/index.ts';
import type { Strictness } from '#shared/ocpp/violation.ts';
import type { Stores } from '#shared/store/stores.ts';
import { Random } from '#test/support/random.ts';
import { Fuzzer } from './fuzzer.ts';
import { DrivenRouter } from './router.ts';

interface Drill {
  seed: number;
  frames: number;
  strictness: Strictness;
  /** Asked anew for each charger: what lies in memory slows down what comes after it. */
  stores: () => Stores;
}

/** One charger in so many has not been accepted yet. */
const ONE_UNACCEPTED_IN = 20;
/** One in so many has every quirk that there is. */
const ONE_ODD_IN = 3;
const FRAMES_PER_CHARGER = 100;
/** The first few tell enough. */
const FAULTS_TOLD = 5;

/** Broken frames for the complete router, charger after charger; says what was wrong, and with what frames were met. */
export async function drill({ seed, frames, strictness, stores }: Drill) {
  const fuzzer = new Fuzzer(new Random(seed));
  const faults: string[] = [];
  let answered = 0;
  for (let sent = 0, chargers = 0; sent < frames && faults.length < FAULTS_TOLD; chargers++) {
    const accepted = chargers % ONE_UNACCEPTED_IN !== 0;
    const router = await DrivenRouter.on(stores(), { strictness, accepted, odd: chargers % ONE_ODD_IN === 1 });
    for (const end = Math.min(frames, sent + FRAMES_PER_CHARGER); sent < end; sent++) {
      const text = fuzzer.next();
      const { action, reply, fault } = await router.answer(text);
      if (fault !== undefined) faults.push(`frame ${sent}: ${fault}: ${JSON.stringify(text)} was answered ${reply}`);
      if (reply !== undefined) answered++;
      fuzzer.learn(text, behaviourOf(action, reply));
    }
    for (const lost of await router.lost()) faults.push(`frame ${sent} or before: lost: ${lost}`);
    // Who waits for this process must hear from it at times.
    await setImmediate();
  }
  return { faults: faults.slice(0, FAULTS_TOLD), answered, dull: notReached(fuzzer.behaviours) };
}

/** What every action can be met with, and was not: a drill that reaches less tries less. */
function notReached(behaviours: ReadonlySet<string>): string[] {
  const reached = [...behaviours];
  return inboundNames
    .flatMap((name) => [`${name} {`, `${name} FormationViolation`])
    .filter((beginning) => !reached.some((behaviour) => behaviour.startsWith(beginning)));
}

/** Without what a charger may choose freely: names that nobody knows, and numbers. */
function behaviourOf(action: string, reply: string | undefined): string {
  if (reply === undefined) return action;
  const [, , content, description]: unknown[] = JSON.parse(reply);
  if (typeof content !== 'string') return `${action} ${JSON.stringify(content).replace(/\d+/g, '#')}`;
  const told = String(description);
  const chosen = action === 'unknown' || told.endsWith(': unknown property');
  return `${action} ${content}${chosen ? '' : ` ${told.replace(/\d+/g, '#')}`}`;
}
