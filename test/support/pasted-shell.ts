import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { until } from './until.ts';

/** A shell into which a reader of the docs pastes one example after the other. */
export class PastedShell {
  readonly #shell = spawn('bash', ['--norc'], { stdio: ['pipe', 'pipe', 'ignore'] });
  #printed = '';

  constructor() {
    this.#shell.stdout.setEncoding('utf8').on('data', (text) => {
      this.#printed += text;
    });
    // Complaints are seen where the answer is.
    this.#shell.stdin.write('exec 2>&1\n');
  }

  /** What it prints. Rejects when it does not come to its end. */
  async paste(script: string): Promise<string> {
    const end = randomUUID();
    this.#printed = '';
    this.#shell.stdin.write(`{\n${script}\n} < /dev/null\necho ${end}\n`);
    try {
      await until('it is done', () => this.#printed.includes(end) || this.#shell.exitCode !== null, 50_000);
    } catch (cause) {
      throw new Error(`It does not end:\n${script}\nIt has printed:\n${this.#printed}`, { cause });
    }
    return this.#printed.replace(`${end}\n`, '');
  }

  close(): void {
    this.#shell.kill('SIGKILL');
  }
}
