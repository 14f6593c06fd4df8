import { InvalidCursor, type Paged, pageOf } from '#shared/domain/paging.ts';
import type { Database, Item } from './database.ts';
import { endOf, isKey } from './keys.ts';

interface Listed {
  pk: string;
  /** What their sort keys begin with. */
  prefix: `${string}#`;
  descending: boolean;
}

/** A page of items in the order of their sort keys, after the last one of an earlier page. Throws InvalidCursor on what no page can have given. */
export async function pageOfItems(
  database: Database,
  table: string,
  { pk, prefix, descending }: Listed,
  limit: number,
  after: string | undefined,
): Promise<Paged<Item>> {
  if (after !== undefined && !(isKey(after) && after.startsWith(prefix))) throw new InvalidCursor();
  const end = endOf(prefix);
  const [low, high] = descending ? [prefix, after ?? end] : [after ?? prefix, end];
  // What it begins after is among them, and one more tells whether there is a next page.
  const items = await database.between(table, { pk, low, high }, { limit: limit + 2, descending });
  const fresh = items.filter((item) => item.sk !== after);
  return pageOf(fresh, limit, (item) => String(item.sk));
}
