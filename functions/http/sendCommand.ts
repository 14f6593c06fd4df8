import { setTimeout as pause } from 'node:timers/promises';
import { operations } from '#functions/ocpp/v16/operations.ts';
import { type Command, isOver } from '#shared/domain/command.ts';
import { failOffline, sendNext } from '#shared/domain/send-commands.ts';
import { routes } from '#shared/http/routes/commands.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import { type CommandApp, deployedCommandApp } from '#shared/runtime/command-app.ts';
import { sendingOf } from '#shared/runtime/commands.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { requestCommand } from '#shared/runtime/request-command.ts';

export const sendCommand: OperationFunction<typeof routes.sendCommand, CommandApp> = async (
  { params, query, body },
  context,
) => {
  const { principal, idempotencyKey } = context;
  const { wait = 0, whenOffline, expiresInS, confirm } = query;
  const charger = await chargerFor(context, params.chargerId);
  const { commandId, known } = await requestCommand(context, operations, {
    charger,
    action: params.action,
    payload: body,
    by: principal.subject,
    whenOffline,
    expiresInS,
    confirm,
    idempotencyKey,
  });
  const sending = sendingOf(context, operations);
  await sendNext(sending, charger.id, known);
  const then = await outcome(context, charger.id, commandId, 0);
  // Behind one that waits for the charger it would wait as well.
  await failOffline(sending, then);

  const now = await outcome(context, charger.id, commandId, wait * 1000);
  return { status: isOver(now) ? 200 : 202, body: commandAnswer(now) };
};

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
