import { routes } from '#shared/http/routes/tags.ts';
import { tagAnswer } from '#shared/runtime/answers/tag.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { issuerOf } from '#shared/runtime/principal.ts';

export const getIdTag: OperationFunction<typeof routes.getIdTag> = async ({ params }, { stores, principal, nowMs }) => {
  const tag = await stores.tags.findTag(params.idTag, issuerOf(principal));
  if (!tag) throw new HttpProblem(404, 'No such idTag');
  return { status: 200, body: tagAnswer(tag, nowMs) };
};

export const handler = httpHandler('getIdTag', routes.getIdTag, getIdTag);
