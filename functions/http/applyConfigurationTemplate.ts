import { operations } from '#functions/ocpp/v16/operations.ts';
import { isSameKey } from '#shared/domain/configuration-keys.ts';
import { configurationOf } from '#shared/domain/configurations.ts';
import { routes } from '#shared/http/routes/configuration.ts';
import { commandAnswer } from '#shared/runtime/answers/command.ts';
import { driftAnswer } from '#shared/runtime/answers/configuration.ts';
import { askForSettings, isToBeChanged } from '#shared/runtime/configurations.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';
import { deployedRequestApp, type RequestApp } from '#shared/runtime/request-app.ts';

export const applyConfigurationTemplate: OperationFunction<
  typeof routes.applyConfigurationTemplate,
  RequestApp
> = async ({ params, query, body }, context) => {
  const charger = await chargerFor(context, params.chargerId);
  const { template, drift: all } = await configurationOf(context.stores.configurations, charger);
  if (!template) throw new HttpProblem(409, 'The charger has not booted yet: which template is its own is not known');
  const asking = { charger, by: context.principal.subject, idempotencyKey: context.idempotencyKey, ...query };
  const isMeant = ({ key }: { key: string }) => body.keys?.some((each) => isSameKey(each, key)) ?? true;
  const drift = all.filter(isMeant);
  const commands = await askForSettings(context, operations, asking, drift);
  const left = drift.filter((each) => !isToBeChanged(each));
  return { status: 202, body: { commands: commands.map(commandAnswer), left: left.map(driftAnswer) } };
};

export const handler = httpHandler(
  'applyConfigurationTemplate',
  routes.applyConfigurationTemplate,
  applyConfigurationTemplate,
  deployedRequestApp,
);
