import { randomBytes } from 'node:crypto';
import type { Command, IdempotencyKey } from '#shared/domain/command.ts';
import { commandIdOf } from '#shared/domain/command-id.ts';
import { sendNext } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { CommandApp } from './command-app.ts';
import { sendingOf } from './commands.ts';

/** What is asked for; the payload has been held to its contract. */
interface AskedCommand
  extends Pick<Command, 'chargerId' | 'action' | 'payload' | 'sealed' | 'by' | 'whenOffline' | 'expiresAt'> {
  /** One that was noted before, so that it is known whatever happens here. */
  commandId?: string;
}

/** A command that was queued and never looked at again, because the function died, is looked at after this. */
const LOOK_AFTER_MS = 60_000;

/** Queues a command that the system itself asks for, and sends it if its turn has come; answers its id, or that of the one with the same key. */
export async function requestCommand(
  app: CommandApp,
  { commandId = newCommandId(app), ...asked }: AskedCommand,
  idempotencyKey?: IdempotencyKey,
): Promise<string> {
  const { stores, timers, clock } = app;
  const { chargerId, expiresAt, whenOffline } = asked;
  const nowMs = clock();
  const leftMs = Math.max(0, Date.parse(expiresAt) - nowMs);
  await timers.after(Math.min(leftMs, LOOK_AFTER_MS), { chargerId, commandId });
  const command: Command = { ...asked, commandId, state: 'queued', createdAt: toInstant(nowMs) };
  const queued = await stores.commands.enqueue(command, idempotencyKey);
  const id = queued.is === 'repeated' ? queued.commandId : commandId;
  if (whenOffline === 'wait') {
    // Set before the connection is looked at: one that comes in between is either told, or seen.
    const connection = await stores.chargers.currentConnection(chargerId);
    if (connection?.connectionId === undefined) await stores.chargers.expectCommands(chargerId, id);
  }
  await sendNext(sendingOf(app), chargerId);
  return id;
}

export const newCommandId = ({ clock }: Pick<CommandApp, 'clock'>): string => commandIdOf(clock(), randomBytes(10));
