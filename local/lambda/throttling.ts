import type { Invocation } from '#local/parts.ts';

/** What Lambda answers to an invocation that it does not take: nothing of it has run. */
export const throttled: Invocation = {
  ok: false,
  error: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' },
};

export function isThrottled(outcome: Invocation): boolean {
  return !outcome.ok && outcome.error.errorType === 'TooManyRequestsException';
}
