import { createWriteStream, mkdirSync, renameSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

const rotateAtBytes = 10_000_000;

/** A function's log: what its instances print, line by line, in `<directory>/<function id>.log`; a full file becomes `….log.1`. */
export class FunctionLogs {
  readonly #directory: string;
  readonly #files = new Map<string, { stream: WriteStream; bytes: number }>();
  #closed = false;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
  }

  /** Instances print at the same time: their lines do not mix. */
  follow(functionId: string, output: Readable): void {
    let rest = '';
    output.setEncoding('utf8');
    output.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.write(functionId, line);
    });
    output.on('close', () => rest && this.write(functionId, rest));
  }

  write(functionId: string, line: string): void {
    if (this.#closed) return;
    let file = this.#files.get(functionId);
    const path = join(this.#directory, `${functionId}.log`);
    if (file && file.bytes > rotateAtBytes) {
      file.stream.end();
      renameSync(path, `${path}.1`);
      file = undefined;
    }
    if (!file) {
      file = { stream: createWriteStream(path, { flags: 'a' }), bytes: 0 };
      this.#files.set(functionId, file);
    }
    file.bytes += line.length + 1;
    file.stream.write(`${line}\n`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#files.values()].map(({ stream }) => finished(stream.end())));
  }
}
