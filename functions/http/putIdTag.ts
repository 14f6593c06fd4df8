import { canonicalTag, type Tag } from '#shared/domain/tag.ts';
import { toInstant } from '#shared/domain/time.ts';
import { routes } from '#shared/http/routes/tags.ts';
import { tagAnswer } from '#shared/runtime/answers/tag.ts';
import { HttpProblem, httpHandler, type OperationFunction } from '#shared/runtime/http-handler.ts';
import { issuerOf } from '#shared/runtime/principal.ts';

export const putIdTag: OperationFunction<typeof routes.putIdTag> = async (
  { params, body },
  { stores, principal, nowMs },
) => {
  if (canonicalTag(params.idTag) !== canonicalTag(body.idTag)) {
    throw new HttpProblem(400, 'idTag: not the one in the path', [{ field: 'idTag', rule: 'not the one in the path' }]);
  }
  const { expiryDate, ...plan } = body;
  const tag: Tag = {
    ...plan,
    issuer: issuerOf(principal),
    expiryDate: expiryDate === undefined ? undefined : toInstant(Date.parse(expiryDate)),
  };
  // What could not be told is not kept either.
  const answer = routes.putIdTag.ok[200].parse(tagAnswer(tag, nowMs));
  const outcome = await stores.tags.saveTag(tag);
  return { status: outcome === 'created' ? 201 : 200, body: answer };
};

export const handler = httpHandler('putIdTag', routes.putIdTag, putIdTag);
