import { countedOf, type Decision, type ReviewReason, type Session, type SessionStore } from './session.ts';
import { type Instant, toInstant } from './time.ts';

/** What somebody wants to decide about a session, having seen these reasons. */
export interface Verdict {
  outcome: Decision['outcome'];
  reasons: ReviewReason[];
  note: string;
  by: string;
  energyWh?: number;
  startedAt?: Instant;
  endedAt?: Instant;
}

export type DecisionOutcome =
  | { is: 'decided'; session: Session }
  /** It is active, it awaits no review, or its reasons are not those that were seen. */
  | { is: 'active' | 'settled' | 'changed'; session: Session }
  /** It would end before it began. */
  | { is: 'reversed' };

/** Decides once, however often it is sent: the same verdict again finds the decision that it led to. */
export async function decideSession(
  sessions: SessionStore,
  session: Session,
  verdict: Verdict,
  nowMs: number,
): Promise<DecisionOutcome> {
  if (isSame(session.decisions.at(-1), verdict) && session.reviewReasons.length === 0)
    return { is: 'decided', session };
  if (session.state === 'active') return { is: 'active', session };
  if (session.reviewReasons.length === 0) return { is: 'settled', session };
  if (!sameReasons(session.reviewReasons, verdict.reasons)) return { is: 'changed', session };

  const decision: Decision = { ...verdict, reasons: session.reviewReasons, at: toInstant(nowMs) };
  const decided: Session = { ...session, reviewReasons: [], decisions: [...session.decisions, decision] };
  const { startedAt, endedAt } = countedOf(decided) ?? {};
  if (startedAt !== undefined && endedAt !== undefined && endedAt < startedAt && verdict.outcome === 'correct') {
    return { is: 'reversed' };
  }
  if ((await sessions.decide(session, decision)) === 'decided') return { is: 'decided', session: decided };
  const now = await sessions.findSession(session.chargerId, session.localId);
  return now ? decideAgain(now, verdict) : { is: 'changed', session };
}

function decideAgain(now: Session, verdict: Verdict): DecisionOutcome {
  const done = now.reviewReasons.length === 0 && isSame(now.decisions.at(-1), verdict);
  return { is: done ? 'decided' : 'changed', session: now };
}

const sameReasons = (a: readonly ReviewReason[], b: readonly ReviewReason[]) =>
  a.length === new Set(b).size && a.every((reason) => b.includes(reason));

function isSame(decision: Decision | undefined, verdict: Verdict): boolean {
  if (!decision || !sameReasons(decision.reasons, verdict.reasons)) return false;
  return (['outcome', 'note', 'by', 'energyWh', 'startedAt', 'endedAt'] as const).every(
    (name) => decision[name] === verdict[name],
  );
}
