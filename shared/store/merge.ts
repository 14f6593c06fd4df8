import type { Paged } from '#shared/domain/paging.ts';
import { pageOf } from '#shared/domain/paging.ts';

/** One page out of several lists that are each sorted by the same text key. */
export function mergeSorted<T>(
  lists: T[][],
  limit: number,
  keyOf: (item: T) => string,
  order: 'ascending' | 'descending',
): Paged<T> {
  const sign = order === 'ascending' ? 1 : -1;
  const merged = lists.flat().sort((a, b) => (keyOf(a) < keyOf(b) ? -sign : keyOf(a) > keyOf(b) ? sign : 0));
  return pageOf(merged, limit, keyOf);
}
