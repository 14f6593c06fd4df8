import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { operations } from '#functions/ocpp/v16/operations.ts';
import { barOf, type Command, isOver } from '#shared/domain/command.ts';
import { commandIdOf } from '#shared/domain/command-id.ts';
import { callFrame, sendNext } from '#shared/domain/send-commands.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/index.ts';
import { commandAnswer } from '#shared/runtime/answers.ts';
import { type CommandApp, deployedCommandApp } from '#shared/runtime/command-app.ts';
import { sendingOf } from '#shared/runtime/commands.ts';
import { check, HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { isKnown } from '#shared/runtime/operation.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

/** What a frame of the gateway holds; a longer one would cost the charger its connection. */
const FRAME_BYTES = 32 * 1024;

const EXPIRY_S = { fail: 300, wait: 24 * 3600 };

/** A command that was queued and never looked at again, because this function died, is looked at after this. */
const LOOK_AFTER_MS = 60_000;

export const sendCommand: OperationFunction<typeof routes.sendCommand, CommandApp> = async (
  { params, query, body },
  context,
) => {
  const { stores, principal, nowMs, timers, sealing, idempotencyKey } = context;
  const charger = await chargerFor(context, params.chargerId);
  const operation = isKnown(operations, params.action) ? operations[params.action] : undefined;
  if (!operation) {
    throw new HttpProblem(404, `action: none of ${Object.keys(operations).join(', ')}`);
  }
  const action = operation.action.name;
  const request = check(operation.action.request, body) as Record<string, unknown>;
  const bar = barOf(charger, action);
  if (bar !== undefined) throw new HttpProblem(409, `The charger takes no ${action}: ${bar}`);
  const refusals = (await operation.refuse?.(request as never, { charger, stores, nowMs })) ?? [];
  if (refusals.length > 0) {
    throw new HttpProblem(422, refusals.map(({ field, rule }) => `${field}: ${rule}`).join('; '), refusals);
  }
  const commandId = commandIdOf(nowMs, randomBytes(10));
  const bytes = Buffer.byteLength(callFrame(commandId, action, request));
  if (bytes > FRAME_BYTES) {
    const rule = `${bytes} bytes as a frame: at most ${FRAME_BYTES}`;
    throw new HttpProblem(422, `payload: ${rule}`, [{ field: 'payload', rule }]);
  }

  const shown = operation.withoutSecrets?.(request as never) as Record<string, unknown> | undefined;
  const { whenOffline, expiresInS = EXPIRY_S[whenOffline] } = query;
  const command: Command = {
    commandId,
    chargerId: charger.id,
    action,
    payload: shown ?? request,
    ...(shown && { sealed: await sealing.seal(request) }),
    state: 'queued',
    by: principal.subject,
    createdAt: toInstant(nowMs),
    expiresAt: toInstant(nowMs + expiresInS * 1000),
    whenOffline,
  };
  await timers.after(Math.min(expiresInS * 1000, LOOK_AFTER_MS), { chargerId: charger.id, commandId });
  const asked = JSON.stringify([action, request, whenOffline, expiresInS]);
  const digest = createHash('sha256').update(asked).digest('base64url');
  const queued = await stores.commands.enqueue(
    command,
    idempotencyKey === undefined ? undefined : { key: idempotencyKey, digest },
  );
  if (queued.is === 'repeated' && queued.digest !== digest) {
    throw new HttpProblem(422, 'Idempotency-Key: used for another command', [
      { field: 'Idempotency-Key', rule: 'used for another command' },
    ]);
  }
  const id = queued.is === 'repeated' ? queued.commandId : commandId;
  if (whenOffline === 'wait') await tellTheNextConnection(context, charger.id, id);
  await sendNext(sendingOf(context), charger.id, queued.is === 'queued' ? { charger, command } : undefined);

  const now = await outcome(context, charger.id, id, (query.wait ?? 0) * 1000);
  return { status: isOver(now) ? 200 : 202, body: commandAnswer(now) };
};

/** Set before the connection is looked at: one that comes in between is either told, or seen. */
async function tellTheNextConnection({ stores }: CommandApp, chargerId: string, commandId: string): Promise<void> {
  const connection = await stores.chargers.currentConnection(chargerId);
  if (connection?.connectionId === undefined) await stores.chargers.expectCommands(chargerId, commandId);
}

/** How often the command is looked at while somebody waits: often at first. */
const firstLookMs = 20;
const longestPauseMs = 500;

async function outcome({ stores, clock }: CommandApp, chargerId: string, id: string, waitMs: number): Promise<Command> {
  const untilMs = clock() + waitMs;
  for (let pauseMs = firstLookMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const command = await stores.commands.findCommand(chargerId, id);
    if (!command) throw new Error('The command is not there');
    const leftMs = untilMs - clock();
    if (isOver(command) || leftMs <= 0) return command;
    await pause(Math.min(pauseMs, leftMs));
  }
}

export const handler = httpHandler('sendCommand', routes.sendCommand, sendCommand, deployedCommandApp);
