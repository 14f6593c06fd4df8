import middy from '@middy/core';
import type { Session } from '#shared/domain/session.ts';
import { toInstant } from '#shared/domain/time.ts';
import { lookAfter, lookOver } from '#shared/domain/watch-session.ts';
import { type App, deployedApp } from '#shared/runtime/app.ts';
import { edge, tell } from '#shared/runtime/edge.ts';

/** How many sessions are looked at together. */
const TOGETHER = 20;

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
  const due = (state: Session['state'], sinceMs: number) => () =>
    stores.sessions.listWatched(state, toInstant(startedMs - sinceMs), TOGETHER);

  const active = await lookAtAll(app, due('active', durations.lookEveryMs), isLate, (session) =>
    lookAfter(stores, session, app.clock(), durations),
  );
  const ended = await lookAtAll(app, due('ended', durations.settleMs), isLate, (session) => lookOver(stores, session));
  const { count, oldest } = await stores.sessions.countReviews();
  const oldestHours = oldest === undefined ? 0 : (startedMs - Date.parse(oldest)) / 3_600_000;

  tell(event, {
    action: 'watchSessions',
    gauges: {
      SessionsLookedAt: active + ended,
      SessionsInReview: count,
      OldestReviewAgeHours: Math.max(0, Math.floor(oldestHours)),
    },
    about: {},
  });
  return { looks: active + ended, inReview: count };
}

/** Until none is due that has not been looked at by this run. */
async function lookAtAll(
  app: App,
  due: () => Promise<Session[]>,
  isLate: () => boolean,
  look: (session: Session) => Promise<unknown>,
): Promise<number> {
  const seen = new Set<string>();
  while (!isLate()) {
    const sessions = (await due()).filter((session) => !seen.has(keyOf(session)));
    if (sessions.length === 0) break;
    await Promise.all(
      sessions.map(async (session) => {
        seen.add(keyOf(session));
        try {
          await look(session);
        } catch (error) {
          const { chargerId, localId } = session;
          app.log.error('a session could not be looked at', { chargerId, localId, error });
        }
      }),
    );
  }
  return seen.size;
}

const keyOf = ({ chargerId, localId }: Session) => `${chargerId} ${localId}`;

export const handler = middy((event: object) => watchSessions(deployedApp(), event)).use(
  edge(deployedApp, 'watchSessions'),
);
