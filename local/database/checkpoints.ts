import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

const shape = z.record(z.string(), z.object({ stream: z.string(), sequence: z.string() }));

/** How far each reader of a stream has come, in a file: after a kill nothing is skipped, at most something is read twice. */
export class Checkpoints {
  readonly #file: string;
  readonly #positions: z.output<typeof shape>;

  constructor(file: string) {
    this.#file = file;
    this.#positions = existsSync(file) ? shape.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  }

  /** The last sequence number that is done with; undefined for a stream that this reader has not begun. */
  of(reader: string, stream: string): string | undefined {
    const position = this.#positions[reader];
    return position?.stream === stream ? position.sequence : undefined;
  }

  keep(reader: string, stream: string, sequence: string): void {
    this.#positions[reader] = { stream, sequence };
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#positions, undefined, 2));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
