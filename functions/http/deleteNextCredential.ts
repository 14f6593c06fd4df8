import { routes } from '#shared/http/routes/chargers.ts';
import { chargerAnswer } from '#shared/runtime/answers/charger.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

/** Withdrawing what is not there is no error. */
export const deleteNextCredential: OperationFunction<typeof routes.deleteNextCredential> = async (
  { params },
  context,
) => {
  const { stores } = context;
  const charger = await chargerFor(context, params.chargerId);
  await stores.chargers.dropNextCredential(charger.id);
  const view = await stores.chargers.viewCharger(charger.id);
  if (!view) throw new HttpProblem(404, 'No such charger');
  return { status: 200, body: await chargerAnswer(context, view) };
};

export const handler = httpHandler('deleteNextCredential', routes.deleteNextCredential, deleteNextCredential);
