import { routes } from '#shared/http/routes/files.ts';
import { firmwareAnswer } from '#shared/runtime/answers/files.ts';
import { deployedFileApp, type FileApp, uploadedOf } from '#shared/runtime/file-app.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

export const listFirmwareFiles: OperationFunction<typeof routes.listFirmwareFiles, FileApp> = async (
  { query },
  context,
) => {
  const organisationId = organisationOf(context.principal, query.organisationId);
  const page = await context.stores.firmware.listFiles(organisationId, query.limit, query.next);
  const items = page.items.map(async (file) => firmwareAnswer(file, await uploadedOf(context, file)));
  return { status: 200, body: { items: await Promise.all(items), next: page.next ?? null } };
};

export const handler = httpHandler('listFirmwareFiles', routes.listFirmwareFiles, listFirmwareFiles, deployedFileApp);
