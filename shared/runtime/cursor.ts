import { InvalidCursor } from '#shared/domain/paging.ts';

/** Where the next page begins, in a form that needs no escaping in an address. */

const hasNext = (value: unknown): value is { next: string } =>
  typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'string';

export const withSafeNext = (body: unknown): unknown =>
  hasNext(body) ? { ...body, next: Buffer.from(body.next).toString('base64url') } : body;

/** Throws InvalidCursor where the text can be no cursor of ours. */
export function withReadNext(query: unknown): unknown {
  if (!hasNext(query)) return query;
  const next = Buffer.from(query.next, 'base64url').toString();
  if (query.next === '' || Buffer.from(next).toString('base64url') !== query.next) throw new InvalidCursor();
  return { ...query, next };
}
