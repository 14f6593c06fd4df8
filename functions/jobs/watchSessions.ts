import middy from '@middy/core';
import type { Session } from '#shared/domain/session.ts';
import { toInstant } from '#shared/domain/time.ts';
import { lookAfter, lookOver } from '#shared/domain/watch-session.ts';
import { type App, deployedApp } from '#shared/runtime/app.ts';
import { edge, tell } from '#shared/runtime/edge.ts';

/** What is not done by then waits for the next time; the function itself is given two minutes. */
const BUDGET_MS = 90_000;

/**
 * By schedule. Two at the same time do no harm: each look is recorded only if nobody else has looked since. A session that cannot be
 * looked at does not keep the others from it.
 */
export async function watchSessions(app: App, event: object) {
  const startedMs = app.clock();
  const { durations, stores } = app;
  const isLate = () => app.clock() - startedMs > BUDGET_MS;
  const due = (state: Session['state'], sinceMs: number) =>
    stores.sessions.watched(state, toInstant(startedMs - sinceMs));

  const { count, oldest } = await stores.sessions.countReviews();
  const oldestHours = oldest === undefined ? 0 : (startedMs - Date.parse(oldest)) / 3_600_000;
  const gauges = { SessionsInReview: count, OldestReviewAgeHours: Math.max(0, Math.floor(oldestHours)) };
  // Told first: also a run that fails says what it has counted.
  tell(event, { action: 'watchSessions', gauges, about: {} });

  const active = await lookAtAll(app, due('active', durations.lookEveryMs), isLate, (session) =>
    lookAfter(stores, session, app.clock(), durations),
  );
  const ended = await lookAtAll(app, due('ended', durations.settleMs), isLate, (session) =>
    lookOver(stores, session, app.clock()),
  );
  const looks = active + ended;
  tell(event, { action: 'watchSessions', gauges, about: { looks: String(looks) } });
  return { looks, inReview: count };
}

async function lookAtAll(
  app: App,
  due: AsyncIterable<Session[]>,
  isLate: () => boolean,
  look: (session: Session) => Promise<unknown>,
): Promise<number> {
  let looks = 0;
  for await (const sessions of due) {
    await Promise.all(sessions.map((session) => lookAt(app, session, look)));
    looks += sessions.length;
    if (isLate()) break;
  }
  return looks;
}

async function lookAt(app: App, session: Session, look: (session: Session) => Promise<unknown>): Promise<void> {
  try {
    await look(session);
  } catch (error) {
    const { chargerId, localId } = session;
    app.log.error('a session could not be looked at', { chargerId, localId, error });
  }
}

export const handler = middy((event: object) => watchSessions(deployedApp(), event)).use(
  edge(deployedApp, 'watchSessions'),
);
