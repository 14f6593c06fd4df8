import { routes } from '#shared/http/routes/configuration.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

/** Removing what is not there is no error; the default settings come back in the place of what was called so. */
export const deleteConfigurationTemplate: OperationFunction<typeof routes.deleteConfigurationTemplate> = async (
  { params, query },
  { stores, principal },
) => {
  await stores.configurations.removeTemplate(organisationOf(principal, query.organisationId), params.templateId);
  return { status: 200, body: {} };
};

export const handler = httpHandler(
  'deleteConfigurationTemplate',
  routes.deleteConfigurationTemplate,
  deleteConfigurationTemplate,
);
