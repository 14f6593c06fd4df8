import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isThrottled } from '#local/lambda/throttling.ts';
import type { Assembly, Functions, Invocation } from '#local/parts.ts';
import { type Schedule, schedulesOf } from '#local/schedules/schedule.ts';

export interface Schedules {
  /** What runs comes to its end; nothing further fires. */
  stop(): Promise<void>;
}

export interface SchedulesOptions {
  /** How often every schedule fires; as its rate says unless given. */
  tickMs?: number | undefined;
  log(line: string): void;
}

/**
 * EventBridge Scheduler: invokes the functions of the templates' schedules, the first time one period after the start. Of one schedule never two run
 * at the same time here, as they may on AWS; what comes due while one runs fires once, after it.
 */
export function startSchedules(assembly: Assembly, functions: Functions, options: SchedulesOptions): Schedules {
  const stopping = new AbortController();
  const runs = schedulesOf(assembly).map((schedule) => run(schedule, functions, options, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(runs);
    },
  };
}

/** Of an event that it took, Lambda itself retries an invocation that failed: twice. */
const retriesOfLambda = 2;

async function run(schedule: Schedule, functions: Functions, options: SchedulesOptions, stopping: AbortSignal) {
  const periodMs = options.tickMs ?? schedule.periodMs;
  for (let due = performance.now() + periodMs; ; due = Math.max(due + periodMs, performance.now())) {
    await wait(due - performance.now(), stopping);
    if (stopping.aborted) return;
    await fire(schedule, functions, options, stopping);
  }
}

async function fire(schedule: Schedule, functions: Functions, options: SchedulesOptions, stopping: AbortSignal) {
  const scheduledTime = new Date().toISOString();
  const executionId = randomUUID();
  for (let attempt = 1; !stopping.aborted; attempt++) {
    const input = inputOf(schedule, { scheduledTime, executionId, attempt });
    const outcome = await invoke(functions, schedule.functionName, input);
    if (outcome.ok) return;

    const { errorType, errorMessage } = outcome.error;
    options.log(`The schedule ${schedule.id}, attempt ${attempt}: ${errorType}: ${errorMessage}`);
    if (attempt > (isThrottled(outcome) ? schedule.retries : retriesOfLambda)) return;
    // AWS waits a minute, then two; nobody at a desk does.
    await wait(Math.min(1000 * 2 ** (attempt - 1), options.tickMs ?? schedule.periodMs), stopping);
  }
}

function inputOf({ input, arn }: Schedule, now: { scheduledTime: string; executionId: string; attempt: number }) {
  const text = input
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', now.scheduledTime)
    .replaceAll('<aws.scheduler.execution-id>', now.executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(now.attempt));
  const event: unknown = JSON.parse(text);
  return event;
}

async function invoke(functions: Functions, name: string, event: unknown): Promise<Invocation> {
  try {
    return await functions.invoke(name, event);
  } catch (cause) {
    return { ok: false, error: { errorType: 'Error', errorMessage: cause instanceof Error ? cause.message : '' } };
  }
}

/** A timer cannot be set for more than 24 days at once. */
const longestMs = 2 ** 31 - 1;

/** Shorter when it is stopped. */
async function wait(ms: number, stopping: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0 && !stopping.aborted; leftMs -= longestMs) {
    await pause(Math.min(leftMs, longestMs), undefined, { signal: stopping }).catch(() => {});
  }
}
