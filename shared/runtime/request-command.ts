import { createHash, randomBytes } from 'node:crypto';
import type { Charger } from '#shared/domain/charger.ts';
import { barOf, type Command } from '#shared/domain/command.ts';
import { commandIdOf } from '#shared/domain/command-id.ts';
import { callFrame, type Known } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { check, type FieldError, HttpProblem } from './http-handler.ts';
import { isKnown, type Operations } from './operation.ts';
import type { RequestApp } from './request-app.ts';

/** What a frame of the gateway holds; a longer one would cost the charger its connection. */
export const FRAME_BYTES = 32 * 1024;

/** Who waits for a charger that is away, and how long. */
export interface CommandWish {
  whenOffline: 'fail' | 'wait';
  expiresInS?: number | undefined;
}

/** When a command is no longer sent, in milliseconds since 1970. */
export const commandEndsMs = (nowMs: number, { whenOffline, expiresInS }: CommandWish): number =>
  nowMs + (expiresInS ?? EXPIRY_S[whenOffline]) * 1000;

/** Until when a command may be sent where nobody says, in seconds. */
export const EXPIRY_S = { fail: 300, wait: 24 * 3600 };

/** A command that was queued and never looked at again, because this function died, is looked at after this. */
const LOOK_AFTER_MS = 60_000;

interface CommandRequest extends CommandWish {
  charger: Charger;
  action: string;
  payload: unknown;
  /** The subject of whoever asks, or the part of the system that does. */
  by: string;
  /** Where a payload does more than it seems to, that this is meant. */
  confirm?: 'all' | undefined;
  /** One that was noted before under this id: asked for once more, it is the same command. Its key and digest are its own. */
  noted?: { commandId: string; key?: string; digest?: string };
  /** Asked for once more under the same key, it is the same command. Those of people have no blank in them. */
  idempotencyKey?: string | undefined;
}

/**
 * Puts a command into the charger's queue and answers its id, with what whoever sends it need not read. It is sent when the queue is seen to: at
 * once by `sendNext`, soon by a timer. Throws the HttpProblem that says why it cannot be.
 */
export async function requestCommand(
  app: RequestApp,
  operations: Operations,
  asked: CommandRequest,
): Promise<{ commandId: string; known?: Known }> {
  const { charger, whenOffline, expiresInS = EXPIRY_S[whenOffline], noted } = asked;
  const idempotencyKey = noted?.key ?? asked.idempotencyKey;
  const { stores, sealing, timers, credentials } = app;
  const operation = isKnown(operations, asked.action) ? operations[asked.action] : undefined;
  if (!operation) throw new HttpProblem(404, `action: none of ${Object.keys(operations).join(', ')}`);
  const action = operation.action.name;
  const request = check(operation.action.request, asked.payload) as Record<string, unknown>;
  const bar = barOf(charger, action);
  if (bar !== undefined) throw new HttpProblem(409, `The charger takes no ${action}: ${bar}`);

  const nowMs = app.clock();
  const commandId = noted?.commandId ?? newCommandId(nowMs);
  const context = { commandId, charger, stores, nowMs };
  const shown = operation.withoutSecrets?.(request as never) as Record<string, unknown> | undefined;
  const digest = await digestOf(JSON.stringify([action, request, whenOffline, expiresInS]));
  const earlier =
    idempotencyKey === undefined || !(operation.refuse || operation.prepare)
      ? undefined
      : await stores.commands.findRepeated(charger.id, idempotencyKey, toInstant(nowMs));
  // What the first one has changed does not stand against the same one once more.
  if (earlier) return { commandId: await awaited(repeated(earlier)) };
  throwIfAny((await operation.refuse?.(request as never, { ...context, confirm: asked.confirm })) ?? []);
  const bytes = Buffer.byteLength(callFrame(commandId, action, request));
  const isTooLong = bytes > FRAME_BYTES;
  throwIfAny(isTooLong ? [{ field: 'payload', rule: `${bytes} bytes as a frame: at most ${FRAME_BYTES}` }] : []);

  if (operation.prepare) throwIfAny(await operation.prepare(request as never, { ...context, credentials }));
  if ((await operation.announce?.(request as never, context)) === false) {
    throw new HttpProblem(409, 'Something else has changed what is known of the charger meanwhile: try again');
  }
  const command: Command = {
    commandId,
    chargerId: charger.id,
    action,
    payload: shown ?? request,
    ...(shown && { sealed: await sealing.seal(request) }),
    state: 'queued',
    by: asked.by,
    createdAt: toInstant(nowMs),
    expiresAt: toInstant(nowMs + expiresInS * 1000),
    whenOffline,
  };
  await timers.after(Math.min(expiresInS * 1000, LOOK_AFTER_MS), { chargerId: charger.id, commandId });
  const queued = await stores.commands.enqueue(
    command,
    idempotencyKey === undefined ? undefined : { key: idempotencyKey, digest },
  );
  if (queued.is === 'repeated') {
    await operation.takeBack?.(request as never, { chargerId: charger.id, commandId, stores });
    return { commandId: await awaited(repeated(queued)) };
  }
  await awaited(commandId);
  // What was prepared stands with the charger, as it is by now.
  return { commandId, ...(!operation.prepare && { known: { charger, command } }) };

  async function awaited(id: string): Promise<string> {
    if (whenOffline === 'wait') await tellTheNextConnection(app, charger.id, id);
    return id;
  }

  async function digestOf(text: string): Promise<string> {
    if (noted?.digest !== undefined) return noted.digest;
    // A password that people chose could be guessed from a plain one.
    return shown ? sealing.digest(text) : createHash('sha256').update(text).digest('base64url');
  }

  function repeated(earlier: { commandId: string; digest: string }): string {
    if (earlier.digest === digest) return earlier.commandId;
    const rule = 'used for another command';
    throw new HttpProblem(422, `Idempotency-Key: ${rule}`, [{ field: 'Idempotency-Key', rule }]);
  }
}

export const newCommandId = (nowMs: number): string => commandIdOf(nowMs, randomBytes(10));

function throwIfAny(refusals: FieldError[]): void {
  if (refusals.length === 0) return;
  throw new HttpProblem(422, refusals.map(({ field, rule }) => `${field}: ${rule}`).join('; '), refusals);
}

/** Set before the connection is looked at: one that comes in between is either told, or seen. */
async function tellTheNextConnection({ stores }: RequestApp, chargerId: string, commandId: string): Promise<void> {
  const connection = await stores.chargers.currentConnection(chargerId);
  if (connection?.connectionId === undefined) await stores.chargers.expectCommands(chargerId, commandId);
}
