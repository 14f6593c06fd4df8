import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { cpuMicrosOf, forgetPeak, type Memory, memoryOf } from './processes.ts';

export const root = join(import.meta.dirname, '../..');

const cpuAnswer = z.object({
  processMicros: z.number(),
  mainThreadMicros: z.number(),
  items: z.array(
    z.object({
      functionId: z.string(),
      invocations: z.int(),
      instances: z.int(),
      cpuMicros: z.number(),
      initCpuMicros: z.array(z.number()),
    }),
  ),
});

/** CPU time so far, in microseconds. */
export interface CpuMicros {
  /** The main thread: sockets, gateway, streams, and the events that go to functions and back. */
  gateway: number;
  /** The threads of the functions. */
  handlers: number;
  /** The rest of the process: garbage collection, compilation, file writes. */
  runtime: number;
  /** The database's process; 0 where the cloud was given one. */
  database: number;
}

export interface FunctionCost {
  functionId: string;
  invocations: number;
  /** That there are at the moment. */
  instances: number;
  cpuMicros: number;
  initCpuMicros: number[];
}

export interface CloudSetting {
  /** What `--seed` loads. */
  seed: object;
  /** A DynamoDB that runs already. */
  databaseEndpoint?: string;
  /** What is kept from an earlier run; a directory of its own, on disk, unless given. */
  data?: string;
  /** What `--set` gives the functions. */
  variables?: Readonly<Record<string, string>>;
  readyWithinMs?: number;
}

/** The flags that `npm start` gives to Node: what is measured is what people run. */
export function startFlags(): string[] {
  const { scripts } = z
    .object({ scripts: z.object({ start: z.string() }) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const [, flags] = /node ((?:--\S+ )*)local\/main\.ts/.exec(scripts.start) ?? [];
  if (flags === undefined) throw new Error('package.json does not start local/main.ts');
  return flags.split(' ').filter(Boolean);
}

/** The local cloud as `npm start` runs it, in a process of its own: database on disk, streams and logs on. */
export class LocalCloud {
  readonly url: string;
  readonly readyMs: number;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #databasePid: number | undefined;
  readonly #dataDirectory: string;

  static async start({
    seed,
    databaseEndpoint,
    data,
    variables = {},
    readyWithinMs = 300_000,
  }: CloudSetting): Promise<LocalCloud> {
    const directory = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
    const seedFile = join(directory, 'seed.json');
    writeFileSync(seedFile, JSON.stringify(seed));
    const dataDirectory = data ?? join(directory, 'data');
    const began = performance.now();
    const child = spawn(
      process.execPath,
      [
        ...startFlags(),
        ...(process.env.BENCH_NODE_OPTIONS?.split(' ') ?? []),
        'local/main.ts',
        ...['--port', '0', '--data', dataDirectory, '--no-demo', '--seed', seedFile],
        ...Object.entries(variables).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
      ],
      {
        cwd: root,
        env: { ...process.env, ...(databaseEndpoint && { AWS_ENDPOINT_URL_DYNAMODB: databaseEndpoint }) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const pidFile = join(dataDirectory, 'database', 'dynamodb.pid');
    const endWithUs = () => {
      child.kill('SIGKILL');
      // It outlives its parent, which was not asked.
      if (!databaseEndpoint && existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    };
    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    try {
      const url = await readiness(child, readyWithinMs);
      const readyMs = performance.now() - began;
      const databasePid = databaseEndpoint ? undefined : Number(readFileSync(pidFile, 'utf8'));
      return new LocalCloud(child, { url, readyMs, directory, dataDirectory, databasePid });
    } catch (cause) {
      endWithUs();
      throw cause;
    }
  }

  private constructor(
    child: ChildProcess,
    at: { url: string; readyMs: number; directory: string; dataDirectory: string; databasePid: number | undefined },
  ) {
    this.#child = child;
    this.url = at.url;
    this.readyMs = at.readyMs;
    this.#directory = at.directory;
    this.#dataDirectory = at.dataDirectory;
    this.#databasePid = at.databasePid;
  }

  /** Where chargers dial; their identity follows as a path segment. */
  get chargerUrl(): string {
    return `${this.url.replace(/^http/, 'ws')}/ocpp`;
  }

  async cpu(): Promise<{ micros: CpuMicros; functions: FunctionCost[] }> {
    const { processMicros, mainThreadMicros, items } = cpuAnswer.parse(
      await (await fetch(`${this.url}/local/cpu`)).json(),
    );
    const handlers = items.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
    const micros = {
      gateway: mainThreadMicros,
      handlers,
      runtime: processMicros - mainThreadMicros - handlers,
      database: this.#databasePid === undefined ? 0 : cpuMicrosOf(this.#databasePid),
    };
    return { micros, functions: items };
  }

  /** What a function has printed so far. */
  logBytes(functionId: string): number {
    const file = join(this.#dataDirectory, 'logs', `${functionId}.log`);
    const sizes = [file, `${file}.1`].map((each) => statSync(each, { throwIfNoEntry: false })?.size ?? 0);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Of this process and the database's. */
  memory(): Memory {
    return memoryOf(this.#pids());
  }

  /** What `memory` tells as the most is that from now on. */
  forgetPeak(): void {
    forgetPeak(this.#pids());
  }

  #pids(): number[] {
    return [this.#child.pid, this.#databasePid].filter((each) => each !== undefined);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGTERM');
      const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
      await once(this.#child, 'exit');
      clearTimeout(impatience);
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function readiness(child: ChildProcess, withinMs: number): Promise<string> {
  let stdout = '';
  let stderr = '';
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the local cloud is not ready after ${withinMs} ms`)), withinMs);
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      // Only the latest is kept: a run may be long.
      stderr = (stderr + text).slice(-10_000);
    });
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      const url = /^ready (http:\/\/\S+)$/m.exec(stdout)?.[1];
      if (url === undefined) return;
      clearTimeout(late);
      resolve(url);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      reject(new Error(`the local cloud ended with ${signal ?? code}:\n${stderr}`));
    });
  });
}

export function difference(after: CpuMicros, before: CpuMicros): CpuMicros {
  return {
    gateway: after.gateway - before.gateway,
    handlers: after.handlers - before.handlers,
    runtime: after.runtime - before.runtime,
    database: after.database - before.database,
  };
}

export const total = ({ gateway, handlers, runtime, database }: CpuMicros): number =>
  gateway + handlers + runtime + database;
