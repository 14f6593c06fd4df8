/** The items that time to live has deleted of late: the database does not say so in its stream, AWS does. */
export class Expiries {
  readonly #noted = new Map<string, number>();

  note(table: string, key: Record<string, unknown>): void {
    this.#forgetOld();
    this.#noted.set(nameOf(table, key), Date.now());
  }

  forget(table: string, key: Record<string, unknown>): void {
    this.#noted.delete(nameOf(table, key));
  }

  has(table: string, key: Record<string, unknown>): boolean {
    return this.#noted.has(nameOf(table, key));
  }

  /** Every reader of a stream has seen it by then. In the order of noting, so that the first that is young ends it. */
  #forgetOld(): void {
    const old = Date.now() - 600_000;
    for (const [name, at] of this.#noted) {
      if (at > old) return;
      this.#noted.delete(name);
    }
  }
}

function nameOf(table: string, key: Record<string, unknown>): string {
  return JSON.stringify([table, ...Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
