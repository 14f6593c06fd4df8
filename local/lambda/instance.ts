import { join } from 'node:path';
import type { EventLoopUtilization } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { type Endpoints, environmentOf, type FunctionSettings } from '#local/lambda/function-environment.ts';
import type { FunctionLogs } from '#local/lambda/function-logs.ts';
import type { HandlerError, InstanceSettings, Report, Request } from '#local/lambda/function-worker.ts';

const youngGenerationMb = 2;

/** Lambda gives 10 s, but does not load forty functions on two cores. */
const initTimeoutMs = 30_000;

interface InstanceEvents {
  onLoaded(cpuMicros: number): void;
  onEnd(): void;
}

let module: URL | undefined;

/** What a thread begins with, as JavaScript: to strip types by itself, each would load a compiler of 15 MB. */
function workerModule(): URL {
  if (module) return module;
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, 'function-worker.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    write: false,
  });
  const text = outputFiles[0]?.contents ?? new Uint8Array();
  module = new URL(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
  return module;
}

/** One thread. `run` never rejects; after an instance was lost (`onEnd`), a new one takes its place. */
export class Instance {
  /** As it was told last: a thread that has ended cannot be asked. */
  lastCpuMicros = 0;
  isLoaded = false;
  readonly #settings: FunctionSettings;
  readonly #worker: Worker;
  readonly #loaded: Promise<Report>;
  #answer: ((report: Report) => void) | undefined;
  #leaving: NodeJS.Timeout | undefined;
  #runsSince: number | undefined;
  #looked: EventLoopUtilization | undefined;

  constructor(
    settings: FunctionSettings,
    endpoints: Endpoints,
    logs: FunctionLogs,
    { onLoaded, onEnd }: InstanceEvents,
  ) {
    this.#settings = settings;
    const { directory, handler, name, arn, memoryMb, timeoutMs } = settings;
    this.#worker = new Worker(workerModule(), {
      workerData: {
        ...{ directory, handler, name, arn, memoryMb, timeoutMs },
        logFile: logs.fileOf(settings.id),
      } satisfies InstanceSettings,
      env: environmentOf(settings, endpoints),
      execArgv: [],
      // Left alone, V8 lets each heap grow by what the machine has: ten times what a handler needs.
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: youngGenerationMb },
      stdout: true,
      stderr: true,
    });
    logs.follow(settings.id, this.#worker.stdout);
    logs.follow(settings.id, this.#worker.stderr);
    this.#loaded = this.#next(initTimeoutMs, 'Init');
    this.#worker.on('message', (report: Report) => {
      if (report.kind === 'loaded') {
        this.isLoaded = true;
        onLoaded(report.cpuMicros);
      }
      this.#answer?.(report);
    });
    let crash: HandlerError | undefined;
    this.#worker.on('error', (cause: unknown) => {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      logs.write(settings.id, error.stack ?? error.message);
      crash = { errorType: error.name, errorMessage: error.message };
    });
    // It follows an 'error' as well.
    this.#worker.on('exit', (code) => {
      onEnd();
      const errorMessage = `Runtime exited with error: exit status ${code}`;
      this.#answer?.({ kind: 'failed', error: crash ?? { errorType: 'Runtime.ExitError', errorMessage } });
    });
  }

  async run(request: Request, crashAfterMs?: number): Promise<Report> {
    const loaded = await this.#loaded;
    if (loaded.kind !== 'loaded') {
      await this.end();
      return loaded;
    }
    const answer = this.#next(this.#settings.timeoutMs, 'Task');
    this.#runsSince = performance.now();
    this.#worker.postMessage(request);
    const report = await (crashAfterMs === undefined ? answer : this.#crash(answer, crashAfterMs));
    this.#runsSince = undefined;
    return report;
  }

  /** What it had done by then is done; if it had answered already, that was the last it did. */
  async #crash(answer: Promise<Report>, afterMs: number): Promise<Report> {
    await Promise.race([answer, pause(afterMs)]);
    await this.end();
    const errorMessage = 'Runtime exited with error: signal: killed';
    return { kind: 'failed', error: { errorType: 'Runtime.ExitError', errorMessage } };
  }

  /** Ends the instance when it was not asked for anything for so long. */
  leaveAfter(ms: number, onLeave: () => void): void {
    this.#leaving = setTimeout(async () => {
      onLeave();
      await this.cpuMicros();
      await this.end();
    }, ms).unref();
  }

  stay(): void {
    clearTimeout(this.#leaving);
    this.#leaving = undefined;
  }

  /** For how long the invocation that it has runs; 0 where it has none. */
  runsForMs(): number {
    return this.#runsSince === undefined ? 0 : performance.now() - this.#runsSince;
  }

  /** From 0 to 1: how much of the time since this was asked last the thread was at work, or waited for a core, and not for somebody. */
  load(): number {
    const { performance } = this.#worker;
    const now = performance.eventLoopUtilization();
    const { utilization } = this.#looked ? performance.eventLoopUtilization(now, this.#looked) : now;
    this.#looked = now;
    return utilization;
  }

  /** Of its thread, so far. */
  async cpuMicros(): Promise<number> {
    const { user, system } = await this.#worker.cpuUsage().catch(() => ({ user: 0, system: 0 }));
    this.lastCpuMicros = Math.max(this.lastCpuMicros, user + system);
    return this.lastCpuMicros;
  }

  async end(): Promise<void> {
    this.stay();
    await this.#worker.terminate();
  }

  #next(timeoutMs: number, what: string): Promise<Report> {
    return new Promise((resolve) => {
      const timer = setTimeout(async () => {
        this.#answer = undefined;
        // Ended first, so that nobody is given an instance that is still busy.
        await this.end();
        const errorMessage = `${what} timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
        resolve({ kind: 'failed', error: { errorType: 'Sandbox.Timedout', errorMessage } });
      }, timeoutMs);
      this.#answer = (report) => {
        clearTimeout(timer);
        this.#answer = undefined;
        resolve(report);
      };
    });
  }
}
