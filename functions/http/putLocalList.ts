import { nothingKnown } from '#shared/domain/list-sync.ts';
import { planUpdate } from '#shared/domain/local-list.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/local-lists.ts';
import { localListAnswer } from '#shared/runtime/answers/local-list.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { listLimits, listNow } from '#shared/runtime/local-list.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

/** Decides what the charger ought to have; it is sent by a sync. */
export const putLocalList: OperationFunction<typeof routes.putLocalList> = async ({ params, body }, context) => {
  const { stores, nowMs } = context;
  const charger = await chargerFor(context, params.chargerId);
  const entries = body.entries.map(({ expiryDate, ...entry }) => ({
    ...entry,
    ...(expiryDate !== undefined && { expiryDate: toInstant(Date.parse(expiryDate)) }),
  }));
  const limits = await listLimits(stores, charger.id);
  const plan = planUpdate({ desired: { revision: 0, entries }, held: nothingKnown.held, ...limits });
  if (plan.kind === 'refused') {
    const { field, rule } = plan;
    throw new HttpProblem(422, `${field}: ${rule}`, [{ field, rule }]);
  }
  const desired = await stores.localLists.saveDesired(charger.id, entries);
  const { state } = await listNow(stores, charger.id, nowMs);
  return { status: 200, body: localListAnswer({ desired, state }) };
};

export const handler = httpHandler('putLocalList', routes.putLocalList, putLocalList);
