import { operations } from '#functions/ocpp/v16/operations.ts';
import { isOver } from '#shared/domain/command.ts';
import { routes } from '#shared/http/routes/files.ts';
import { UpdateFirmware } from '#shared/ocpp/v16/UpdateFirmware.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import {
  askWithLink,
  demandHttps,
  deployedFileCommandApp,
  type FileCommandApp,
} from '#shared/runtime/file-command-app.ts';
import { demandMake, updateOf, wholeFile } from '#shared/runtime/firmware-file.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { commandEndsMs, newCommandId } from '#shared/runtime/request-command.ts';

/** The charger is told a link that lives until it may no longer fetch the file. */
export const updateFirmware: OperationFunction<typeof routes.updateFirmware, FileCommandApp> = async (
  { params, query, body },
  context,
) => {
  const { nowMs, links, stores } = context;
  const charger = await chargerFor(context, params.chargerId);
  const file = await wholeFile(context, charger.organisationId, body.firmwareFileId, 'firmwareFileId');
  demandMake(charger, file, 'firmwareFileId');
  await demandHttps(stores, charger);
  const command = await askWithLink(context, operations, {
    charger,
    commandId: newCommandId(nowMs),
    action: UpdateFirmware.name,
    payload: await updateOf(links, file, {
      ...body,
      retrieveMs: body.retrieveDate === undefined ? nowMs : Date.parse(body.retrieveDate),
      expiresMs: commandEndsMs(nowMs, query),
    }),
    wish: query,
    body,
  });
  return { status: isOver(command) ? 200 : 202, body: commandAnswer(command) };
};

export const handler = httpHandler('updateFirmware', routes.updateFirmware, updateFirmware, deployedFileCommandApp);
