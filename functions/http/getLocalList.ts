import { routes } from '#shared/http/routes/local-lists.ts';
import { localListAnswer } from '#shared/runtime/answers/local-list.ts';
import { httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { listNow } from '#shared/runtime/local-list.ts';
import { chargerFor } from '#shared/runtime/principal.ts';

export const getLocalList: OperationFunction<typeof routes.getLocalList> = async ({ params }, context) => {
  const charger = await chargerFor(context, params.chargerId);
  return { status: 200, body: localListAnswer(await listNow(context.stores, charger.id, context.nowMs)) };
};

export const handler = httpHandler('getLocalList', routes.getLocalList, getLocalList);
