import { routes } from '#shared/http/routes/chargers.ts';
import { chargerAnswer } from '#shared/runtime/answers/charger.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { maySee } from '#shared/runtime/principal.ts';

export const getCharger: OperationFunction<typeof routes.getCharger> = async ({ params }, context) => {
  const { stores, principal } = context;
  const view = await stores.chargers.viewCharger(params.chargerId);
  if (!view || !maySee(principal, view.charger.organisationId)) throw new HttpProblem(404, 'No such charger');
  return { status: 200, body: await chargerAnswer(context, view) };
};

export const handler = httpHandler('getCharger', routes.getCharger, getCharger);
