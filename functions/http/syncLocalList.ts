import { barOf } from '#shared/domain/command.ts';
import { beginSync } from '#shared/domain/list-sync.ts';
import { planUpdate } from '#shared/domain/local-list.ts';
import type { Timers } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/local-lists.ts';
import { localListAnswer } from '#shared/runtime/answers/local-list.ts';
import { type App, deployedApp, lazily } from '#shared/runtime/app.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { listLimits, listNow } from '#shared/runtime/local-list.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { deployedTimers } from '#shared/runtime/timers.ts';

interface CalledBackApp extends App {
  timers: Timers;
}

const deployedCalledBackApp: () => CalledBackApp = lazily(() => ({ ...deployedApp(), timers: deployedTimers }));

/** Begins it; each update is sent by a timer, once the one before it is over. */
export const syncLocalList: OperationFunction<typeof routes.syncLocalList, CalledBackApp> = async (
  { params },
  context,
) => {
  const { stores, timers, principal, nowMs } = context;
  const charger = await chargerFor(context, params.chargerId);
  const bar = barOf(charger, 'SendLocalList');
  if (bar !== undefined) throw new HttpProblem(409, `The charger takes no SendLocalList: ${bar}`);
  const [{ desired, state }, limits] = await Promise.all([
    listNow(stores, charger.id, nowMs),
    listLimits(stores, charger.id),
  ]);
  if (!desired) throw new HttpProblem(409, 'No list is desired yet: PUT one first');
  const plan = planUpdate({ desired, held: state.held, ...limits });
  if (plan.kind === 'refused') {
    const { field, rule } = plan;
    throw new HttpProblem(422, `${field}: ${rule}`, [{ field, rule }]);
  }
  if (plan.kind === 'nothing' && !state.pending) return { status: 200, body: localListAnswer({ desired, state }) };
  const begun = beginSync(state, principal.subject, toInstant(nowMs));
  if (!(await stores.localLists.replaceState(charger.id, begun))) {
    throw new HttpProblem(409, 'What is known of the list has changed meanwhile: try again');
  }
  await timers.after(0, { chargerId: charger.id, task: 'localList' });
  return { status: 202, body: localListAnswer({ desired, state: begun }) };
};

export const handler = httpHandler('syncLocalList', routes.syncLocalList, syncLocalList, deployedCalledBackApp);
