export interface Paged<T> {
  items: T[];
  /** Where the next page begins; absent at the end. */
  next?: string;
}

/** A page may be asked for only with what an earlier page gave. */
export class InvalidCursor extends Error {
  constructor() {
    super('not a value that an earlier page gave');
    this.name = 'InvalidCursor';
  }
}

/** Cuts `limit` items off a list of which at least one more was read, where there is one. */
export function pageOf<T>(items: T[], limit: number, cursorOf: (item: T) => string): Paged<T> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: items.length > limit && last !== undefined ? cursorOf(last) : undefined };
}
