import { firmwarePath } from '#shared/domain/files.ts';
import type { FirmwareFile } from '#shared/domain/firmware.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/files.ts';
import { firmwareAnswer } from '#shared/runtime/answers/files.ts';
import { deployedFileApp, type FileApp } from '#shared/runtime/file-app.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';
import { newCommandId } from '#shared/runtime/request-command.ts';

/** For how long its bytes may be put, and put again. */
const UPLOAD_MS = 3600_000;

export const addFirmwareFile: OperationFunction<typeof routes.addFirmwareFile, FileApp> = async (
  { query, body },
  { stores, principal, nowMs, links },
) => {
  const file: FirmwareFile = {
    ...body,
    fileId: newCommandId(nowMs),
    organisationId: organisationOf(principal, query.organisationId),
    by: principal.subject,
    createdAt: toInstant(nowMs),
  };
  await stores.firmware.keepFile(file);
  const endsMs = nowMs + UPLOAD_MS;
  const url = await links.link('put', firmwarePath(file.fileId, file.name), endsMs);
  return { status: 201, body: { ...firmwareAnswer(file), upload: { url, endsAt: toInstant(endsMs) } } };
};

export const handler = httpHandler('addFirmwareFile', routes.addFirmwareFile, addFirmwareFile, deployedFileApp);
