/** Puts chunks together to whole lines: instances of one function print at the same time, and their lines must not mix. */
export class Lines {
  readonly #write: (text: string) => void;
  #rest = '';

  /** `write` is given one or more lines, each with its end. */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  add(chunk: string): void {
    const text = this.#rest + chunk;
    const end = text.lastIndexOf('\n') + 1;
    this.#rest = text.slice(end);
    if (end > 0) this.#write(text.slice(0, end));
  }

  end(): void {
    if (this.#rest !== '') this.#write(`${this.#rest}\n`);
    this.#rest = '';
  }
}
