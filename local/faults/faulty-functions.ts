import type { Faults } from '#local/faults/faults.ts';
import { throttled } from '#local/lambda/throttling.ts';
import type { Functions, Invocation } from '#local/parts.ts';

/** Said at once: nobody learns more from waiting for it. */
const timedOut: Invocation = {
  ok: false,
  error: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out (an injected fault)' },
};

/** The Lambda service, which now and then refuses an invocation, or lets it or its answer be lost. */
export function faultyFunctions(functions: Functions, faults: Faults): Functions {
  return {
    ...functions,
    invoke: async (target, event) => {
      if (faults.strikes('throttle')) return throttled;
      if (faults.strikes('timeout')) return timedOut;
      const outcome = await functions.invoke(target, event);
      return faults.strikes('timeout-after') ? timedOut : outcome;
    },
  };
}

/** Most functions answer within this: a crash comes before, amid or after what one does. */
const crashWithinMs = 30;

/** When the instance that has the next invocation dies; undefined when it does not. */
export function crashing(faults: Faults): () => number | undefined {
  return () => (faults.strikes('crash') ? faults.share('crash', crashWithinMs) : undefined);
}
