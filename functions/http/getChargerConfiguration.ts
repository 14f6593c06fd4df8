import { configurationOf } from '#shared/domain/configurations.ts';
import { routes } from '#shared/http/routes/configuration.ts';
import { configurationAnswer } from '#shared/runtime/answers/configuration.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const getChargerConfiguration: OperationFunction<typeof routes.getChargerConfiguration> = async (
  { params },
  context,
) => {
  const charger = await chargerFor(context, params.chargerId);
  return { status: 200, body: configurationAnswer(await configurationOf(context.stores.configurations, charger)) };
};

export const handler = httpHandler('getChargerConfiguration', routes.getChargerConfiguration, getChargerConfiguration);
