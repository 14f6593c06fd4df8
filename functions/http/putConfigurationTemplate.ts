import { flawsOf } from '#shared/domain/configuration-template.ts';
import { routes } from '#shared/http/routes/configuration.ts';
import { templateAnswer } from '#shared/runtime/answers/configuration.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { organisationOf } from '#shared/runtime/principal.ts';

/** All of them are read whenever a charger is compared with its own. */
const MOST_TEMPLATES = 100;

export const putConfigurationTemplate: OperationFunction<typeof routes.putConfigurationTemplate> = async (
  { params, query, body },
  { stores, principal },
) => {
  const organisationId = organisationOf(principal, query.organisationId);
  const flaws = flawsOf(body.settings);
  if (flaws.length > 0) {
    throw new HttpProblem(422, flaws.map(({ field, rule }) => `${field}: ${rule}`).join('; '), flaws);
  }
  const others = await stores.configurations.listTemplates(organisationId);
  if (others.filter(({ id }) => id !== params.templateId).length >= MOST_TEMPLATES) {
    throw new HttpProblem(409, `An organisation has at most ${MOST_TEMPLATES} templates`);
  }
  const template = { id: params.templateId, ...body };
  const outcome = await stores.configurations.saveTemplate(organisationId, template);
  return { status: outcome === 'created' ? 201 : 200, body: templateAnswer(template) };
};

export const handler = httpHandler(
  'putConfigurationTemplate',
  routes.putConfigurationTemplate,
  putConfigurationTemplate,
);
