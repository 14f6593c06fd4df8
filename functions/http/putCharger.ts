import type * as z from 'zod';
import { type Charger, canonicalId } from '#shared/domain/charger.ts';
import type { Credential } from '#shared/domain/credential.ts';
import type { chargerPlan } from '#shared/http/charger.ts';
import { routes } from '#shared/http/routes/chargers.ts';
import { chargerAnswer } from '#shared/runtime/answers/charger.ts';
import { deployedKeyApp, type KeyApp, makeKey } from '#shared/runtime/credentials.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { maySee, ownOrganisation } from '#shared/runtime/principal.ts';

export const putCharger: OperationFunction<typeof routes.putCharger, KeyApp> = async ({ params, body }, context) => {
  const { stores, principal } = context;
  if (canonicalId(params.chargerId) !== canonicalId(body.id)) {
    throw new HttpProblem(400, 'id: not the one in the path', [{ field: 'id', rule: 'not the one in the path' }]);
  }
  const existing = await stores.chargers.findCharger(body.id);
  const taken = new HttpProblem(409, 'id: taken by another organisation', [{ field: 'id', rule: 'taken' }]);
  if (existing && !maySee(principal, existing.organisationId)) throw taken;

  const { password, authorizationKeyHex, quirks = [], ...plan } = body;
  const { credential, made } = await credentialFor(context, body, existing);
  const organisationId = existing?.organisationId ?? ownOrganisation(principal);
  const outcome = await stores.chargers.saveCharger(
    { ...plan, quirks, organisationId, credential },
    { unlessKept: made !== undefined },
  );
  if (outcome === 'foreign') throw taken;

  const view = await stores.chargers.viewCharger(body.id);
  if (!view) throw new HttpProblem(409, 'The charger was deleted meanwhile');
  const answer = await chargerAnswer(context, view);
  // Another PUT may have been first, and a made key replaces no other: one that opens nothing is not shown.
  const isKept = view.charger.credential?.hash === credential?.hash;
  return {
    status: outcome === 'created' ? 201 : 200,
    body: { ...answer, authorizationKeyHex: isKept ? made : undefined },
  };
};

/** The given credential unless it is the kept one; else the kept one; else, where one is needed, a key that is made and shown once. */
async function credentialFor(
  { credentials }: KeyApp,
  { password, authorizationKeyHex, securityProfile }: z.infer<typeof chargerPlan>,
  existing: Charger | undefined,
): Promise<{ credential?: Credential; made?: string }> {
  const given = authorizationKeyHex === undefined ? password : authorizationKeyHex;
  if (given !== undefined) {
    const kept = existing?.credential;
    const same = kept && (await credentials.matches(kept, Buffer.from(given)));
    if (same) return {};
    const secret = authorizationKeyHex === undefined ? { password: given } : { authorizationKeyHex };
    return { credential: await credentials.keep(secret) };
  }
  if (existing?.credential || securityProfile === 0 || securityProfile === 3) return {};
  const made = makeKey();
  return { credential: await credentials.keep({ authorizationKeyHex: made }), made };
}

export const handler = httpHandler('putCharger', routes.putCharger, putCharger, deployedKeyApp);
