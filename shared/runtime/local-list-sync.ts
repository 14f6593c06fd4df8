import { barOf } from '#shared/domain/command.ts';
import { afterConflict, beginSync, endSync, type ListState } from '#shared/domain/list-sync.ts';
import { type ListUpdate, planUpdate } from '#shared/domain/local-list.ts';
import { sendNext, type TimerCall } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { SendLocalList } from '#shared/ocpp/v16/SendLocalList.ts';
import type { CommandApp } from './command-app.ts';
import { sendingOf } from './commands.ts';
import { listLimits, listNow } from './local-list.ts';
import type { Operations } from './operation.ts';
import { newCommandId, requestCommand } from './request-command.ts';

/** What is asked for in the name of the system: the charger says that its list is at odds with what it was told. */
const BY_CONFLICT = 'LocalListConflict';

/** A charger that goes on saying so is not sent its list again and again. Not above the longest delay of a timer. */
const BETWEEN_CONFLICTS_MS = 15 * 60_000;

/** A sync waits so long for a charger that is not connected. */
const SYNC_EXPIRES_S = 24 * 3600;

/** What a timer for a charger's list asks for. May be told twice. */
export async function onListTimer(
  app: CommandApp,
  operations: Operations,
  { chargerId, task, commandId, looks }: TimerCall,
): Promise<void> {
  if (task === 'localListConflict') return hearConflict(app, operations, chargerId, looks !== undefined);
  return goOn(app, operations, chargerId, commandId === undefined ? undefined : { commandId, looks: looks ?? 0 });
}

/** What the charger has is not known any more. Where it was sent its list only just now, that is looked at again later: once for each time it is told. */
async function hearConflict(
  app: CommandApp,
  operations: Operations,
  chargerId: string,
  isLater: boolean,
): Promise<void> {
  const nowMs = app.clock();
  const { desired, state } = await listNow(app.stores, chargerId, nowMs);
  const conflict = isLater ? state : afterConflict(state);
  const dueMs = (Date.parse(state.sync?.startedAt ?? '') || 0) + BETWEEN_CONFLICTS_MS;
  const isWanted = desired !== undefined && state.sync?.state !== 'running' && conflict.held.known === 'unknown';
  const begins = isWanted && dueMs <= nowMs;
  if (isWanted && !begins && !isLater) {
    await app.timers.after(dueMs - nowMs, { chargerId, task: 'localListConflict', looks: 1 });
  }
  const next = begins ? beginSync(conflict, BY_CONFLICT, toInstant(nowMs)) : conflict;
  // Before it is begun: whoever finds it begun leaves it to this.
  if (begins) await app.timers.after(0, { chargerId, task: 'localList' });
  if (next !== state) await replaceOrRetry(app, chargerId, next);
  if (begins) await goOn(app, operations, chargerId);
}

/**
 * The next update of a sync, once the one before it is over: planned anew from what the charger has by then, so that a failure of one never lets a later one
 * build on it. `watched`: the update whose outcome this call looks for; it comes again while that is open.
 */
async function goOn(
  app: CommandApp,
  operations: Operations,
  chargerId: string,
  watched?: { commandId: string; looks: number },
): Promise<void> {
  const { stores, timers } = app;
  const nowMs = app.clock();
  const { desired, state, settled } = await listNow(stores, chargerId, nowMs);
  if (state.pending) {
    if (state.pending.commandId === watched?.commandId) await look(watched.commandId, watched.looks + 1);
    return;
  }
  const { sync } = state;
  if (sync?.state !== 'running') {
    if (settled) await replaceOrRetry(app, chargerId, state);
    return;
  }
  const charger = await stores.chargers.findCharger(chargerId);
  if (!charger || !desired) return;
  const plan = planUpdate({ desired, held: state.held, ...(await listLimits(stores, chargerId)) });
  if (plan.kind === 'nothing') return replaceOrRetry(app, chargerId, endSync(state));
  if (plan.kind === 'refused') return replaceOrRetry(app, chargerId, endSync(state, plan));
  const [update] = plan.updates;
  if (!update) return;
  const bar = barOf(charger, SendLocalList.name);
  if (bar !== undefined) return replaceOrRetry(app, chargerId, endSync(state, { field: 'charger', rule: bar }));
  const commandId = newCommandId(nowMs);
  await look(commandId, 0);
  await requestCommand(app, operations, {
    ...{ charger, action: SendLocalList.name, payload: payloadOf(update), by: sync.by },
    ...{ whenOffline: 'wait', expiresInS: SYNC_EXPIRES_S, noted: { commandId } },
  });
  await sendNext(sendingOf(app, operations), chargerId);

  /** An answer calls by itself; this is for one that does not come. */
  async function look(commandId: string, looks: number): Promise<void> {
    const ms = Math.min(900_000, (app.durations.commandAnswerMs + 1000) * 2 ** looks);
    await timers.after(ms, { chargerId, task: 'localList', commandId, looks });
  }
}

/** Lost to another change, it is tried again with the timer's message. */
async function replaceOrRetry({ stores }: Pick<CommandApp, 'stores'>, chargerId: string, state: ListState) {
  if (!(await stores.localLists.replaceState(chargerId, state))) {
    throw new Error('The list of the charger has changed meanwhile: try again');
  }
}

const payloadOf = ({ updateType, listVersion, entries }: ListUpdate): Record<string, unknown> =>
  SendLocalList.request.parse({
    listVersion,
    updateType,
    ...((updateType === 'Differential' || entries.length > 0) && { localAuthorizationList: entries }),
  });
