import type { Paged } from '#shared/domain/paging.ts';

/** All pages of a list, each asked for with the cursor that the one before gave. */
export async function allPages<T>(page: (after: string | undefined) => Promise<Paged<T>>): Promise<T[][]> {
  const pages: T[][] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page(after);
    pages.push(items);
    after = next;
    if (pages.length > 1000) throw new Error('The list has no end');
  } while (after !== undefined);
  return pages;
}
