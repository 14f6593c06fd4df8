import { routes } from '#shared/http/routes/chargers.ts';
import { chargerAnswer } from '#shared/runtime/answers/charger.ts';
import { deployedKeyApp, type KeyApp, makeKey } from '#shared/runtime/credentials.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

/** The same key again changes nothing; another one is refused while it is not known which of them the charger has. */
export const putNextCredential: OperationFunction<typeof routes.putNextCredential, KeyApp> = async (
  { params, body },
  context,
) => {
  const { stores, credentials } = context;
  const charger = await chargerFor(context, params.chargerId);
  if (charger.credential === undefined) {
    throw new HttpProblem(409, 'The charger has no credential that another one could follow: PUT the charger with one');
  }
  const given = body.authorizationKeyHex;
  const pending = charger.nextCredential;
  const isPending = pending && given !== undefined && (await credentials.matches(pending, Buffer.from(given)));
  if (pending && !isPending) throw takenPlace();

  const made = given === undefined ? makeKey() : undefined;
  if (!isPending) {
    const credential = await credentials.keep({ authorizationKeyHex: given ?? made ?? '' });
    const staged = await stores.chargers.stageCredential(charger.id, credential);
    if (!staged) throw takenPlace();
  }
  const view = await stores.chargers.viewCharger(charger.id);
  if (!view) throw new HttpProblem(404, 'No such charger');
  return { status: 200, body: { ...(await chargerAnswer(context, view)), authorizationKeyHex: made } };
};

const takenPlace = () =>
  new HttpProblem(409, 'authorizationKeyHex: another key is on its way to the charger: withdraw it first', [
    { field: 'authorizationKeyHex', rule: 'another key is on its way' },
  ]);

export const handler = httpHandler('putNextCredential', routes.putNextCredential, putNextCredential, deployedKeyApp);
