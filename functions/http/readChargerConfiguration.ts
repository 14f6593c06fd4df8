import { operations } from '#functions/ocpp/v16/operations.ts';
import { afterRestart } from '#shared/domain/configuration.ts';
import { routes } from '#shared/http/routes/configuration.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import { askForConfiguration } from '#shared/runtime/configurations.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { deployedRequestApp, type RequestApp } from '#shared/runtime/request-app.ts';

export const readChargerConfiguration: OperationFunction<typeof routes.readChargerConfiguration, RequestApp> = async (
  { params, query, body },
  context,
) => {
  const charger = await chargerFor(context, params.chargerId);
  const { known } = await context.stores.configurations.findKnown(charger.id);
  const asking = { charger, by: context.principal.subject, idempotencyKey: context.idempotencyKey, ...query };
  const commands = await askForConfiguration(context, operations, asking, {
    known: afterRestart(known, charger.boot?.at),
    which: body.which,
  });
  return { status: 202, body: { commands: commands.map(commandAnswer) } };
};

export const handler = httpHandler(
  'readChargerConfiguration',
  routes.readChargerConfiguration,
  readChargerConfiguration,
  deployedRequestApp,
);
