import { randomInt } from 'node:crypto';
import { UserError } from '#local/start/user-error.ts';

/** What can be made to go wrong; `docs/local-cloud.md` says what each does. */
export const faultKinds = [
  'disconnect-late',
  'disconnect-missing',
  'timeout',
  'timeout-after',
  'crash',
  'throttle',
  'conflict',
  'throttle-db',
  'cut',
  'lost-answer',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultSpec {
  /** From 0 to 1, of the chances that each has. */
  rates: Partial<Record<FaultKind, number>>;
  /** The same seed makes the same chances strike. */
  seed: number;
  /** Longest delay of a `$disconnect` that comes late. */
  disconnectDelayMs: number;
}

/** Of `timeout=0.01,cut=0.002,seed=7`. Throws a UserError (exit code 2) that names what is unknown or out of range. */
export function readFaultSpec(text: string): FaultSpec {
  const spec: FaultSpec = { rates: {}, seed: randomInt(2 ** 31), disconnectDelayMs: 5_000 };
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*([\w-]+)=(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    if (name === undefined || value === undefined) refuse(`must be NAME=NUMBER,…, not '${part}'`);
    const kind = faultKinds.find((each) => each === name);
    if (kind) spec.rates[kind] = rateOf(name, Number(value));
    else if (name === 'seed') spec.seed = Number(value);
    else if (name === 'disconnect-delay') spec.disconnectDelayMs = Number(value) * 1000;
    else refuse(`does not know '${name}': there are ${faultKinds.join(', ')}, disconnect-delay and seed`);
  }
  return spec;
}

function rateOf(name: string, rate: number): number {
  return rate <= 1 ? rate : refuse(`must have a rate from 0 to 1 for ${name}, not ${rate}`);
}

function refuse(rule: string): never {
  throw new UserError(`--faults ${rule}. \`npm start -- --help\` lists the options.`, 2);
}
