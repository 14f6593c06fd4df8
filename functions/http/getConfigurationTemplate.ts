import { templateOf } from '#shared/domain/configurations.ts';
import { routes } from '#shared/http/routes/configuration.ts';
import { templateAnswer } from '#shared/runtime/answers/configuration.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

export const getConfigurationTemplate: OperationFunction<typeof routes.getConfigurationTemplate> = async (
  { params, query },
  { stores, principal },
) => {
  const organisationId = organisationOf(principal, query.organisationId);
  const template = await templateOf(stores.configurations, organisationId, params.templateId);
  if (!template) throw new HttpProblem(404, 'No such template');
  return { status: 200, body: templateAnswer(template) };
};

export const handler = httpHandler(
  'getConfigurationTemplate',
  routes.getConfigurationTemplate,
  getConfigurationTemplate,
);
