import { withDefault } from '#shared/domain/configuration-template.ts';
import { routes } from '#shared/http/routes/configuration.ts';
import { templateAnswer } from '#shared/runtime/answers/configuration.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

export const listConfigurationTemplates: OperationFunction<typeof routes.listConfigurationTemplates> = async (
  { query },
  { stores, principal },
) => {
  const saved = await stores.configurations.listTemplates(organisationOf(principal, query.organisationId));
  return { status: 200, body: { items: withDefault(saved).map(templateAnswer), next: null } };
};

export const handler = httpHandler(
  'listConfigurationTemplates',
  routes.listConfigurationTemplates,
  listConfigurationTemplates,
);
