import { operations } from '#functions/ocpp/v16/operations.ts';
import type { Charger } from '#shared/domain/charger.ts';
import { isOver } from '#shared/domain/command.ts';
import { firmwarePath } from '#shared/domain/files.ts';
import { downloadEndsMs, type FirmwareFile } from '#shared/domain/firmware.ts';
import { isOfMake } from '#shared/domain/make.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/files.ts';
import { UpdateFirmware } from '#shared/ocpp/v16/UpdateFirmware.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import { uploadedOf } from '#shared/runtime/file-app.ts';
import {
  askWithLink,
  demandHttps,
  deployedFileCommandApp,
  type FileCommandApp,
} from '#shared/runtime/file-command-app.ts';
import { type HttpContext, HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { commandEndsMs, newCommandId } from '#shared/runtime/request-command.ts';

/** The charger is told a link that lives until it may no longer fetch the file. */
export const updateFirmware: OperationFunction<typeof routes.updateFirmware, FileCommandApp> = async (
  { params, query, body },
  context,
) => {
  const { nowMs, links, stores } = context;
  const charger = await chargerFor(context, params.chargerId);
  const file = await fileFor(context, charger, body.firmwareFileId);
  await demandHttps(stores, charger);
  const { retries, retryIntervalS } = body;
  const retrieveMs = body.retrieveDate === undefined ? nowMs : Date.parse(body.retrieveDate);
  const endsMs = downloadEndsMs(commandEndsMs(nowMs, query), retrieveMs, body);
  const command = await askWithLink(context, operations, {
    charger,
    commandId: newCommandId(nowMs),
    action: UpdateFirmware.name,
    payload: {
      location: await links.link('download', firmwarePath(file.fileId, file.name), endsMs),
      retrieveDate: toInstant(retrieveMs),
      ...(retries !== undefined && { retries }),
      ...(retryIntervalS !== undefined && { retryInterval: retryIntervalS }),
    },
    wish: query,
    body,
  });
  return { status: isOver(command) ? 200 : 202, body: commandAnswer(command) };
};

/** A file of the charger's organisation that lies there whole, for its make. */
async function fileFor(
  context: HttpContext & FileCommandApp,
  { organisationId, boot }: Charger,
  fileId: string,
): Promise<FirmwareFile> {
  const file = await context.stores.firmware.findFile(organisationId, fileId);
  if (!file) throw refusal('no such file');
  const { vendor, model, sizeBytes } = file;
  if (boot && !isOfMake(boot, { vendor, model })) {
    throw refusal(`for ${vendor} ${model}, and the charger is ${boot.vendor} ${boot.model}`);
  }
  const uploaded = await uploadedOf(context, file);
  if (!uploaded) throw refusal('its bytes were not put yet');
  if (sizeBytes !== undefined && uploaded.sizeBytes !== sizeBytes) {
    throw refusal(`${uploaded.sizeBytes} bytes were put, and ${sizeBytes} are due`);
  }
  return file;
}

const refusal = (rule: string) => new HttpProblem(422, `firmwareFileId: ${rule}`, [{ field: 'firmwareFileId', rule }]);

export const handler = httpHandler('updateFirmware', routes.updateFirmware, updateFirmware, deployedFileCommandApp);
