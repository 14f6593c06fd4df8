import { createHash, randomBytes } from 'node:crypto';
import type { Charger } from '#shared/domain/charger.ts';
import { barOf, type Command } from '#shared/domain/command.ts';
import { commandIdOf } from '#shared/domain/command-id.ts';
import { sendNext } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import type { Action, RequestOf } from '#shared/ocpp/action.ts';
import type { CommandApp } from './command-app.ts';
import { sendingOf } from './commands.ts';
import { check, type HttpContext, HttpProblem } from './http-handler.ts';

/** Who waits for a charger that is away, and how long. */
export interface CommandWish {
  whenOffline: 'fail' | 'wait';
  expiresInS?: number | undefined;
}

const EXPIRY_S = { fail: 300, wait: 24 * 3600 };

/** A command that was queued and never looked at again is looked at after this. */
const LOOK_AFTER_MS = 60_000;

/** When it is no longer sent, in milliseconds since 1970. */
export const commandEndsMs = (nowMs: number, { whenOffline, expiresInS }: CommandWish): number =>
  nowMs + (expiresInS ?? EXPIRY_S[whenOffline]) * 1000;

export const newCommandId = (nowMs: number): string => commandIdOf(nowMs, randomBytes(10));

interface CommandRequest<A extends Action> {
  charger: Charger;
  commandId: string;
  action: A;
  payload: RequestOf<A>;
  wish: CommandWish;
  /** What the request said: one with the same Idempotency-Key that says the same is the same command. */
  asked: unknown;
}

/** Queues a command and sends it if its turn has come. Answers the command as it is then; throws a problem where it may not be sent. */
export async function requestCommand<A extends Action>(
  context: HttpContext & CommandApp,
  { charger, commandId, action, payload, wish, asked }: CommandRequest<A>,
): Promise<Command> {
  const { stores, timers, principal, nowMs, idempotencyKey } = context;
  const bar = barOf(charger, action.name);
  if (bar !== undefined) throw new HttpProblem(409, `The charger takes no ${action.name}: ${bar}`);
  const endsMs = commandEndsMs(nowMs, wish);
  const command: Command = {
    commandId,
    chargerId: charger.id,
    action: action.name,
    payload: check(action.request, payload) as Record<string, unknown>,
    state: 'queued',
    by: principal.subject,
    createdAt: toInstant(nowMs),
    expiresAt: toInstant(endsMs),
    whenOffline: wish.whenOffline,
  };
  await timers.after(Math.min(endsMs - nowMs, LOOK_AFTER_MS), { chargerId: charger.id, commandId });
  const digest = createHash('sha256')
    .update(JSON.stringify([action.name, asked, wish]))
    .digest('base64url');
  const queued = await stores.commands.enqueue(
    command,
    idempotencyKey === undefined ? undefined : { key: idempotencyKey, digest },
  );
  if (queued.is === 'repeated' && queued.digest !== digest) {
    const rule = 'used for another command';
    throw new HttpProblem(422, `Idempotency-Key: ${rule}`, [{ field: 'Idempotency-Key', rule }]);
  }
  const id = queued.is === 'repeated' ? queued.commandId : commandId;
  if (wish.whenOffline === 'wait') {
    const connection = await stores.chargers.currentConnection(charger.id);
    if (connection?.connectionId === undefined) await stores.chargers.expectCommands(charger.id, id);
  }
  await sendNext(sendingOf(context), charger.id);
  const now = await stores.commands.findCommand(charger.id, id);
  if (!now) throw new Error('The command is not there');
  return now;
}
