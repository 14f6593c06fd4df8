import type { Charger, ChargerStore } from './charger.ts';
import { barOf, type Command, type CommandStore, speakableFromMs } from './command.ts';
import type { Connections } from './connections.ts';
import type { Durations } from './durations.ts';
import { type Clock, toInstant } from './time.ts';

/** Calls back later, at least once. */
export interface Timers {
  after(ms: number, call: TimerCall): Promise<void>;
}

export interface TimerCall {
  chargerId: string;
  /** Whose expiry or effect is due; without it, the charger's next command is. */
  commandId?: string;
  /** How often its effect has been looked for. */
  looks?: number;
}

export interface Sending {
  stores: { chargers: ChargerStore; commands: CommandStore };
  connections: Connections;
  timers: Timers;
  /** The payload that a command was sealed with. */
  unseal(sealed: string): Promise<Record<string, unknown>>;
  clock: Clock;
  durations: Pick<Durations, 'commandAnswerMs' | 'bootGraceMs'>;
  log: { warn(message: string, details?: Record<string, unknown>): void };
}

/** What whoever asked for a command has read and written a moment ago. */
interface Known {
  charger: Charger;
  command: Command;
}

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
      await stores.commands.end(chargerId, nextId, 'queued', { state: 'failed', reason: bar });
      continue;
    }
    if (connection?.connectionId === undefined) {
      if (command.whenOffline === 'wait') return;
      const reason = refusedByGateway.has(nextId) ? 'gone' : 'offline';
      await stores.commands.end(chargerId, nextId, 'queued', { state: 'failed', reason });
      continue;
    }
    const waitMs = speakableFromMs(charger, connection, durations.bootGraceMs) - nowMs;
    if (waitMs > 0) return timers.after(waitMs, { chargerId });

    await timers.after(durations.commandAnswerMs, { chargerId });
    const times = { sentAt: toInstant(nowMs), dueAt: toInstant(nowMs + durations.commandAnswerMs) };
    if (!(await stores.commands.claim(chargerId, nextId, times))) continue;
    if (await deliver(sending, command, connection.connectionId)) return;
    refusedByGateway.add(nextId);
    await stores.commands.putBack(chargerId, nextId);
    await stores.chargers.disconnect(chargerId, connection.connectionId, toInstant(clock()));
  }
}

/** Ends a queued command whose time is over; false when it is not, or the command is queued no more. */
export async function expired({ stores, clock }: Sending, command: Command): Promise<boolean> {
  if (command.state !== 'queued' || Date.parse(command.expiresAt) > clock()) return false;
  const { chargerId, commandId } = command;
  return stores.commands.end(chargerId, commandId, 'queued', { state: 'expired', reason: 'notSentInTime' });
}

/** False when the gateway says that nobody is there: then it was not delivered. After any other failure it may have been. */
async function deliver(
  { connections, unseal, log }: Sending,
  { chargerId, commandId, action, payload, sealed }: Command,
  connectionId: string,
): Promise<boolean> {
  try {
    const whole = sealed === undefined ? payload : await unseal(sealed);
    return (await connections.send(connectionId, callFrame(commandId, action, whole))) === 'sent';
  } catch (error) {
    log.warn('a command may not have been delivered', { chargerId, commandId, action, error });
    return true;
  }
}

/** A CALL as it goes onto the wire (OCPP-J 4.2.1). */
export const callFrame = (messageId: string, action: string, payload: unknown): string =>
  JSON.stringify([2, messageId, action, payload]);
