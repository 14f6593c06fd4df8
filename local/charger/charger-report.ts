import type { Outbox } from './outbox.ts';
import type { SessionReport } from './session.ts';

export interface ChargerReport {
  id: string;
  sessions: SessionReport[];
  /** Transaction-related messages that were acknowledged. */
  delivered: number;
  /** Why it was not a complete success; empty when it was. */
  problems: string[];
}

/** How it went. `problems`: what is known to have gone wrong apart from sessions and messages. */
export function chargerReport(
  { id, sessions: planned }: { id: string; sessions: number },
  { sessions, outbox, problems: known }: { sessions: SessionReport[]; outbox: Outbox; problems: readonly string[] },
): ChargerReport {
  const completed = sessions.filter(({ outcome }) => outcome === 'completed').length;
  const failed = sessions.filter(({ outcome }) => outcome !== 'completed');
  const problems = [
    ...known,
    ...outbox.problems,
    ...failed.map(({ outcome, reason }) => `a session was ${outcome === 'failed' ? 'not run' : outcome}: ${reason}`),
  ];
  const left = outbox.size;
  if (left > 0) problems.push(`${left} ${left === 1 ? 'message was' : 'messages were'} not acknowledged`);
  if (completed < planned) problems.push(`${completed} of ${planned} sessions were completed`);
  return { id, sessions, delivered: outbox.delivered, problems: [...new Set(problems)] };
}
