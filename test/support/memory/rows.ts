import { InvalidCursor, type Paged } from '#shared/domain/paging.ts';

const CURSOR = 'after:';

/** A table's rows in the order of their keys. What goes in and what comes out are copies, as with a database. */
export class Rows<T> {
  private readonly rows = new Map<string, T>();

  get(key: string): T | undefined {
    return structuredClone(this.rows.get(keyed(key)));
  }

  has(key: string): boolean {
    return this.rows.has(keyed(key));
  }

  set(key: string, row: T): void {
    this.rows.set(keyed(key), structuredClone(row));
  }

  delete(key: string): void {
    this.rows.delete(keyed(key));
  }

  /** Those whose key begins like this, ascending by key. */
  startingWith(prefix: string): [string, T][] {
    const found = [...this.rows].filter(([key]) => key.startsWith(prefix));
    return structuredClone(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** DynamoDB takes no empty key. */
function keyed(key: string): string {
  if (key === '') throw new Error('A row needs a key');
  return key;
}

/** One page of rows that are sorted by key in this direction. */
export function pageOfRows<T>(
  sorted: [string, T][],
  direction: 'ascending' | 'descending',
  limit: number,
  after: string | undefined,
): Paged<T> {
  if (after !== undefined && !after.startsWith(CURSOR)) throw new InvalidCursor();
  const last = after?.slice(CURSOR.length);
  const isDue = (key: string) => last === undefined || (direction === 'ascending' ? key > last : key < last);
  const due = sorted.filter(([key]) => isDue(key));
  const page = due.slice(0, limit);
  return {
    items: page.map(([, row]) => row),
    next: due.length > limit ? `${CURSOR}${page.at(-1)?.[0]}` : undefined,
  };
}
