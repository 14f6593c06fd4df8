import * as z from 'zod';
import type { Durations } from '#shared/domain/durations.ts';
import { variable } from './app.ts';

/** The environment variable of each, in seconds; the templates give a function those that it waits for. */
const variables: Record<keyof Durations, string> = {
  heardSlotMs: 'HEARD_SLOT_S',
  offlineAfterMs: 'OFFLINE_AFTER_S',
  lookEveryMs: 'LOOK_EVERY_S',
  freeGraceMs: 'FREE_GRACE_S',
  goneGraceMs: 'GONE_GRACE_S',
  settleMs: 'SETTLE_S',
  secretKeptMs: 'SECRET_KEPT_S',
  commandAnswerMs: 'COMMAND_ANSWER_S',
  bootGraceMs: 'BOOT_GRACE_S',
  effectMs: 'EFFECT_S',
  traceLookMs: 'TRACE_LOOK_S',
  traceKeptMs: 'TRACE_KEPT_S',
};

const seconds = z
  .string()
  .regex(/^\d+(\.\d+)?$/, 'seconds are due')
  .transform(Number);

/** A slot of no length would never begin. */
const SHORTEST_SLOT_MS = 1000;

/** Each is read when it is asked for; throws where the function was not given it. */
export function deployedDurations(): Durations {
  const read = (name: string, leastMs: number) => ({
    enumerable: true,
    get: () => Math.max(leastMs, seconds.parse(variable(name)) * 1000),
  });
  const properties = Object.entries(variables).map(([name, variableName]) => [
    name,
    read(variableName, name === 'heardSlotMs' ? SHORTEST_SLOT_MS : 0),
  ]);
  return Object.defineProperties({}, Object.fromEntries(properties)) as Durations;
}
