import { randomBytes } from 'node:crypto';
import type { Charger } from '#shared/domain/charger.ts';
import type { Command } from '#shared/domain/command.ts';
import { commandIdOf } from '#shared/domain/command-id.ts';
import { sendNext } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { CommandApp } from './command-app.ts';
import { sendingOf } from './commands.ts';

/** A command that was queued and never looked at again, because its function died, is looked at after this. */
const LOOK_AFTER_MS = 60_000;

interface Request {
  /** The subject of whoever asks for it, or the part of the system that does. */
  by: string;
  whenOffline: Command['whenOffline'];
  expiresInS: number;
  /** Notes it before it is queued; false where it is not to be sent any more. */
  announce?(commandId: string): Promise<boolean>;
}

/** Queues a command without secrets, and sends it if its turn has come. Answers its id; undefined where it was not to be sent any more. */
export async function requestCommand(
  app: CommandApp,
  { id: chargerId }: Charger,
  action: string,
  payload: Record<string, unknown>,
  { by, whenOffline, expiresInS, announce }: Request,
): Promise<string | undefined> {
  const { stores, timers } = app;
  const nowMs = app.clock();
  const commandId = commandIdOf(nowMs, randomBytes(10));
  if (announce && !(await announce(commandId))) return undefined;
  await timers.after(Math.min(expiresInS * 1000, LOOK_AFTER_MS), { chargerId, commandId });
  await stores.commands.enqueue({
    commandId,
    chargerId,
    action,
    payload,
    state: 'queued',
    by,
    createdAt: toInstant(nowMs),
    expiresAt: toInstant(nowMs + expiresInS * 1000),
    whenOffline,
  });
  if (whenOffline === 'wait') await tellTheNextConnection(app, chargerId, commandId);
  await sendNext(sendingOf(app), chargerId);
  return commandId;
}

/** Set before the connection is looked at: one that comes in between is either told, or seen. */
async function tellTheNextConnection({ stores }: CommandApp, chargerId: string, commandId: string): Promise<void> {
  const connection = await stores.chargers.currentConnection(chargerId);
  if (connection?.connectionId === undefined) await stores.chargers.expectCommands(chargerId, commandId);
}
