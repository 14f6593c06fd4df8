import { routes } from '#shared/http/routes/files.ts';
import { firmwareAnswer } from '#shared/runtime/answers/files.ts';
import { deployedFileApp, type FileApp, uploadedOf } from '#shared/runtime/file-app.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

export const getFirmwareFile: OperationFunction<typeof routes.getFirmwareFile, FileApp> = async (
  { params, query },
  context,
) => {
  const organisationId = organisationOf(context.principal, query.organisationId);
  const file = await context.stores.firmware.findFile(organisationId, params.firmwareFileId);
  if (!file) throw new HttpProblem(404, 'No such file');
  return { status: 200, body: firmwareAnswer(file, await uploadedOf(context, file)) };
};

export const handler = httpHandler('getFirmwareFile', routes.getFirmwareFile, getFirmwareFile, deployedFileApp);
