import { Duration } from 'aws-cdk-lib';
import type { FunctionName } from '#lib/access.ts';
import { schedules } from '#lib/schedules.ts';

/** The gateways give up after 29 s: a function ends, and says why, before. */
export const CALL_TIMEOUT_S = 15;

/** Longer than a person may ask it to wait for a charger's answer. */
const WAITING_TIMEOUT_S = 28;

/** Nobody waits for a function that the clock calls. */
export function timeoutOf(name: FunctionName): Duration {
  if (name in schedules) return Duration.minutes(2);
  return Duration.seconds(name === 'sendCommand' ? WAITING_TIMEOUT_S : CALL_TIMEOUT_S);
}
