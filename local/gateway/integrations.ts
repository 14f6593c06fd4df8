import type { Running } from '#local/gateway/running.ts';
import type { Functions, Invocation } from '#local/parts.ts';

/** How a gateway calls a function. Never rejects: whatever goes wrong is a failed invocation. */
export type Integrate = (target: string, event: unknown, timeoutMs: number) => Promise<Invocation>;

/** The gateways' own limit on waiting; the function itself runs on, and `running` knows of it. */
export function integrations(functions: Functions, running: Running): Integrate {
  async function invoke(target: string, event: unknown): Promise<Invocation> {
    try {
      return await functions.invoke(target, event);
    } catch (cause) {
      return failed('Error', cause instanceof Error ? cause.message : String(cause));
    }
  }

  return async (target, event, timeoutMs) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Invocation>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, failed('Endpoint.TimedOut', `No answer within ${timeoutMs} ms`));
    });

    const outcome = await Promise.race([running.track(invoke(target, event)), late]);
    clearTimeout(timer);
    return outcome;
  };
}

function failed(errorType: string, errorMessage: string): Invocation {
  return { ok: false, error: { errorType, errorMessage } };
}
