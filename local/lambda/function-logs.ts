import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Lines } from '#local/lambda/lines.ts';

const rotateAtBytes = 10_000_000;
/** A file is looked at once in so many invocations: that costs a system call. */
const lookEvery = 500;

/**
 * A function's log: `<directory>/<function id>.log`; a full file becomes `….log.1`. Its instances append what they print themselves; here are
 * added what a thread says before or beside that, and what the Lambda service has to say.
 */
export class FunctionLogs {
  readonly #directory: string;
  readonly #invocations = new Map<string, number>();
  #closed = false;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
  }

  fileOf(functionId: string): string {
    return join(this.#directory, `${functionId}.log`);
  }

  follow(functionId: string, output: Readable): void {
    const lines = new Lines((text) => this.#append(functionId, text));
    output.setEncoding('utf8');
    output.on('data', (chunk: string) => lines.add(chunk));
    output.on('close', () => lines.end());
  }

  write(functionId: string, line: string): void {
    this.#append(functionId, `${line}\n`);
  }

  /** After each invocation: the file may be full. */
  invoked(functionId: string): void {
    const invocations = (this.#invocations.get(functionId) ?? 0) + 1;
    this.#invocations.set(functionId, invocations % lookEvery);
    if (invocations < lookEvery) return;
    const file = this.fileOf(functionId);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > rotateAtBytes) renameSync(file, `${file}.1`);
  }

  /** Nothing is written any more: the directory may be gone. */
  close(): void {
    this.#closed = true;
  }

  #append(functionId: string, text: string): void {
    if (!this.#closed) appendFileSync(this.fileOf(functionId), text);
  }
}
