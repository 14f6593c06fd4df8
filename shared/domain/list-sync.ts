import type { Command } from './command.ts';
import { afterAnswer, type HeldList, type ListUpdate, type LocalList, type LocalListEntry } from './local-list.ts';
import type { Instant } from './time.ts';

/** What is kept of a charger's local list, and of the way to make it the desired one. */
export interface ListState {
  held: HeldList;
  /** The update that is on its way, by its command. */
  pending?: { commandId: string; at: Instant };
  sync?: ListSync;
  /** Grows with each change of this. */
  revision: number;
}

export interface ListSync {
  state: 'running' | 'done' | 'failed';
  /** The subject of whoever asked for it, or the part of the system that did. */
  by: string;
  startedAt: Instant;
  /** How many of its updates the charger did not take. */
  failures: number;
  /** Why it failed. */
  reason?: string;
}

export interface LocalListStore {
  /** One request. Before anything is known, the list is unknown and of revision 0. */
  readList(chargerId: string): Promise<{ desired?: LocalList; state: ListState }>;
  /** Replaced whole; its revision grows. */
  saveDesired(chargerId: string, entries: readonly LocalListEntry[]): Promise<LocalList>;
  /** In the place of the state that was read, which has the revision before it; false when it is another one by now. */
  replaceState(chargerId: string, state: ListState): Promise<boolean>;
}

export const nothingKnown: ListState = { held: { known: 'unknown', lastVersion: 0 }, revision: 0 };

/** After so many updates that the charger did not take, a sync is given up. */
export const TRIES = 3;

/** How long a command may be announced before it is there. */
const ANNOUNCED_MS = 60_000;

export type UpdateStatus = NonNullable<Parameters<typeof afterAnswer>[2]>;

/** What became of an update: 'open' while it may still be answered, 'unsent' when the charger never got it. */
export type UpdateOutcome = 'open' | 'unsent' | 'unanswered' | UpdateStatus;

export function outcomeOf(
  { at }: NonNullable<ListState['pending']>,
  command: Command | undefined,
  statusIn: (answer: Command['answer']) => UpdateStatus | undefined,
  nowMs: number,
): UpdateOutcome {
  if (!command) return Date.parse(at) + ANNOUNCED_MS > nowMs ? 'open' : 'unsent';
  if (command.state === 'queued' || command.state === 'sent') return 'open';
  if (command.state === 'failed' || command.state === 'expired') return 'unsent';
  return statusIn(command.answer) ?? 'unanswered';
}

/** The state once an update is not on its way any more. Which update it was counts only where it was sent. */
export function afterUpdate(
  { held, sync, revision }: ListState,
  outcome: Exclude<UpdateOutcome, 'open'>,
  update: ListUpdate | undefined,
): ListState {
  if (outcome === 'unsent' || !update) {
    const ended = sync?.state === 'running' ? failed(sync, 'an update could not be sent in time') : sync;
    return { held, revision, ...(ended && { sync: ended }) };
  }
  const after = afterAnswer(held, update, outcome === 'unanswered' ? undefined : outcome);
  return { held: after, revision, ...(sync && { sync: outcome === 'Accepted' ? sync : withFailure(sync, outcome) }) };
}

const failed = (sync: ListSync, reason: string): ListSync => ({ ...sync, state: 'failed', reason });

function withFailure(sync: ListSync, outcome: UpdateOutcome): ListSync {
  if (sync.state !== 'running') return sync;
  const counted = { ...sync, failures: sync.failures + 1 };
  if (outcome === 'NotSupported') return failed(counted, 'the charger keeps no local list');
  if (counted.failures < TRIES) return counted;
  return failed(counted, `the charger did not take it in ${TRIES} tries, at last: ${outcome}`);
}

/** With a sync that begins. One that is running goes on; what it is to reach is read anew before each update. */
export const beginSync = (state: ListState, by: string, at: Instant): ListState =>
  state.sync?.state === 'running' ? state : { ...state, sync: { state: 'running', by, startedAt: at, failures: 0 } };

export const endSync = (state: ListState, refusal?: { field: string; rule: string }): ListState =>
  state.sync
    ? {
        ...state,
        sync: refusal ? failed(state.sync, `${refusal.field}: ${refusal.rule}`) : { ...state.sync, state: 'done' },
      }
    : state;

/** An update is about to be sent: its version is used up, whatever becomes of it. */
export const announce = (state: ListState, listVersion: number, commandId: string, at: Instant): ListState => ({
  ...state,
  held: { ...state.held, lastVersion: Math.max(state.held.lastVersion, listVersion) },
  pending: { commandId, at },
});

/** The charger says that its list is at odds with what it was told: what it has is not known any more. */
export const afterConflict = (state: ListState): ListState => ({
  ...state,
  held: { ...state.held, known: state.held.known === 'unsupported' ? 'unsupported' : 'unknown' },
});
