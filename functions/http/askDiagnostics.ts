import { operations } from '#functions/ocpp/v16/operations.ts';
import { isOver } from '#shared/domain/command.ts';
import { uploadDirectory } from '#shared/domain/files.ts';
import { uploadEndsMs } from '#shared/domain/firmware.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/files.ts';
import { GetDiagnostics } from '#shared/ocpp/v16/GetDiagnostics.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import {
  askWithLink,
  demandHttps,
  deployedFileCommandApp,
  type FileCommandApp,
} from '#shared/runtime/file-command-app.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { commandEndsMs, newCommandId } from '#shared/runtime/request-command.ts';

/** The charger is told a directory of its own for this command, by a link that lives until it may no longer upload. */
export const askDiagnostics: OperationFunction<typeof routes.askDiagnostics, FileCommandApp> = async (
  { params, query, body },
  context,
) => {
  const { nowMs, links, stores } = context;
  const charger = await chargerFor(context, params.chargerId);
  await demandHttps(stores, charger);
  const { startTime, stopTime, retries, retryIntervalS } = body;
  const commandId = newCommandId(nowMs);
  const endsMs = uploadEndsMs(commandEndsMs(nowMs, query), body);
  const command = await askWithLink(context, operations, {
    charger,
    commandId,
    action: GetDiagnostics.name,
    payload: {
      location: await links.link('upload', uploadDirectory(charger.id, commandId), endsMs),
      ...(startTime !== undefined && { startTime: toInstant(Date.parse(startTime)) }),
      ...(stopTime !== undefined && { stopTime: toInstant(Date.parse(stopTime)) }),
      ...(retries !== undefined && { retries }),
      ...(retryIntervalS !== undefined && { retryInterval: retryIntervalS }),
    },
    wish: query,
    body,
  });
  return { status: isOver(command) ? 200 : 202, body: commandAnswer(command) };
};

export const handler = httpHandler('askDiagnostics', routes.askDiagnostics, askDiagnostics, deployedFileCommandApp);
