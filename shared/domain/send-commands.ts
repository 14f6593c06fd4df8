import type { Charger, ChargerStore } from './charger.ts';
import { barOf, type Command, type CommandStore, type Outcome, speakableFromMs } from './command.ts';
import type { Connections } from './connections.ts';
import type { Durations } from './durations.ts';
import { type Clock, toInstant } from './time.ts';
import type { Tracing } from './trace.ts';

/** Calls back later, at least once. */
export interface Timers {
  after(ms: number, call: TimerCall | CampaignCall): Promise<void>;
}

export interface TimerCall {
  chargerId: string;
  /** Whose expiry or effect is due; without it, the charger's next command is, unless there is a task. */
  commandId?: string;
  /**
   * firstBoot: the charger was accepted for the first time. localList: the next update of its local list, where the command is such an update;
   * localListConflict: it told that its list is at odds.
   */
  task?: 'firstBoot' | 'localList' | 'localListConflict';
  /** How often its effect, or the answer that the task waits for, has been looked for. */
  looks?: number;
}

/** A campaign is to be looked after. */
export interface CampaignCall {
  campaignId: string;
  /** How often that was in vain. */
  looks: number;
}

export interface Sending {
  stores: { chargers: ChargerStore; commands: CommandStore };
  connections: Connections;
  timers: Timers;
  /** Whether what was prepared for a command is still there. */
  isPrepared(command: Command, charger: Charger): boolean;
  /** A command will never be sent: what was prepared for it is taken back. */
  takeBack(command: Command): Promise<void>;
  /** The payload that a command was sealed with; undefined where that can never be told. */
  unseal(sealed: string): Promise<Record<string, unknown> | undefined>;
  clock: Clock;
  durations: Pick<Durations, 'commandAnswerMs' | 'bootGraceMs' | 'effectMs'>;
  log: { warn(message: string, details?: Record<string, unknown>): void };
  tracing: Tracing;
}

/** What whoever asked for a command has read and written a moment ago. */
export interface Known {
  charger: Charger;
  command: Command;
}

/** How far the clocks of two functions may be apart. */
const SLACK_MS = 1000;

/** A command that is queued is looked at again after this, whatever happens to others. */
const LOOK_AFTER_MS = 60_000;

/** So many commands of one charger are seen to at once; what is left comes with the next timer. */
const ROUNDS = 50;

/**
 * Sends the charger's next command, if its turn has come and the charger can hear it. `sent` is recorded before it is: what happens in between
 * ends as timedOut, never as a second send. Whoever sends it first sets the timer that frees the place.
 */
export async function sendNext(sending: Sending, chargerId: string, known?: Known): Promise<void> {
  const { stores, timers, clock, durations } = sending;
  const refusedByGateway = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const [connection, outlook] = await Promise.all([
      stores.chargers.currentConnection(chargerId),
      stores.commands.outlook(chargerId),
    ]);
    const { outstanding, nextId } = outlook;
    const nowMs = clock();
    if (outstanding) {
      if (Date.parse(outstanding.dueAt) > nowMs) return;
      await stores.commands.end(chargerId, outstanding.commandId, 'sent', { state: 'timedOut', reason: 'noAnswer' });
      continue;
    }
    if (nextId === undefined) {
      if (connection?.commandsWait !== undefined) {
        await stores.chargers.expectNoCommands(chargerId, connection.commandsWait);
      }
      return;
    }
    const isKnown = round === 0 && known?.command.commandId === nextId;
    const [charger, command] = isKnown
      ? [known.charger, known.command]
      : await Promise.all([stores.chargers.findCharger(chargerId), stores.commands.findCommand(chargerId, nextId)]);
    if (!command || (await expired(sending, command))) continue;
    const bar = barOf(charger, command.action);
    if (bar !== undefined || !charger) {
      await endUnsent(sending, command, { state: 'failed', reason: bar });
      continue;
    }
    if (!sending.isPrepared(command, charger)) {
      await endUnsent(sending, command, { state: 'failed', reason: 'withdrawn' });
      continue;
    }
    if (connection?.connectionId === undefined) {
      if (command.whenOffline === 'wait') {
        if (connection?.commandsWait !== undefined) return;
        // Looked at once more after the next connection is told: one that came in between was not.
        await stores.chargers.expectCommands(chargerId, nextId);
        continue;
      }
      const reason = refusedByGateway.has(nextId) ? 'gone' : 'offline';
      await endUnsent(sending, command, { state: 'failed', reason });
      continue;
    }
    const waitMs = speakableFromMs(charger, connection, durations.bootGraceMs) - nowMs;
    if (waitMs > 0) return timers.after(waitMs, { chargerId });

    // Before it is claimed: where it cannot be told now, nothing has been sent, and the call comes again.
    const payload = command.sealed === undefined ? command.payload : await sending.unseal(command.sealed);
    if (!payload) {
      await endUnsent(sending, command, { state: 'failed', reason: 'unreadable' });
      continue;
    }
    const asked = command.payload.requestedMessage;
    if (charger.acceptedAt === undefined && typeof asked === 'string') {
      const until = toInstant(nowMs + durations.effectMs);
      await stores.chargers.permit(chargerId, { action: asked, until });
    }
    // A moment later than it is due, for clocks that differ.
    await timers.after(durations.commandAnswerMs + SLACK_MS, { chargerId });
    const times = { sentAt: toInstant(nowMs), dueAt: toInstant(nowMs + durations.commandAnswerMs) };
    if (!(await stores.commands.claim(chargerId, nextId, times))) continue;
    if (await deliver(sending, command, payload, connection.connectionId)) return;
    refusedByGateway.add(nextId);
    await stores.commands.putBack(chargerId, nextId);
    // Its own timer may have passed while it was sent.
    const leftMs = Math.max(0, Date.parse(command.expiresAt) - nowMs);
    await timers.after(Math.min(leftMs, LOOK_AFTER_MS), { chargerId, commandId: nextId });
    await stores.chargers.disconnect(chargerId, connection.connectionId, toInstant(clock()));
  }
}

/** Ends a queued command that is not to wait for its charger, wherever it stands in the queue, where the charger is not connected. */
export async function failOffline(sending: Sending, command: Command): Promise<void> {
  if (command.state !== 'queued' || command.whenOffline === 'wait') return;
  const connection = await sending.stores.chargers.currentConnection(command.chargerId);
  if (connection?.connectionId === undefined) await endUnsent(sending, command, { state: 'failed', reason: 'offline' });
}

/** Ends a queued command whose time is over; false when it is not, or the command is queued no more. */
export async function expired(sending: Sending, command: Command): Promise<boolean> {
  if (command.state !== 'queued' || Date.parse(command.expiresAt) > sending.clock()) return false;
  return endUnsent(sending, command, { state: 'expired', reason: 'notSentInTime' });
}

/** False when it is queued no more. */
async function endUnsent({ stores, takeBack }: Sending, command: Command, outcome: Outcome): Promise<boolean> {
  const ended = await stores.commands.end(command.chargerId, command.commandId, 'queued', outcome);
  if (ended) await takeBack(command);
  return ended;
}

/** False when the gateway says that nobody is there: then it was not delivered. After any other failure it may have been. */
async function deliver(
  { connections, log, tracing, clock }: Sending,
  { chargerId, commandId, action, payload: shown }: Command,
  payload: Record<string, unknown>,
  connectionId: string,
): Promise<boolean> {
  const at = toInstant(clock());
  const text = callFrame(commandId, action, shown);
  try {
    if ((await connections.send(connectionId, callFrame(commandId, action, payload))) === 'gone') return false;
  } catch (error) {
    log.warn('a command may not have been delivered', { chargerId, commandId, action, error });
  }
  await tracing.note(chargerId, { at, direction: 'out', text, action, connectionId });
  return true;
}

/** A CALL as it goes onto the wire (OCPP-J 4.2.1). */
export const callFrame = (messageId: string, action: string, payload: unknown): string =>
  JSON.stringify([2, messageId, action, payload]);
