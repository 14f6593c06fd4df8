import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import * as z from 'zod';
import { readProperties } from '#local/assembly/template-resource.ts';
import {
  type Endpoints,
  environmentOf,
  type FunctionSettings,
  withVariables,
} from '#local/lambda/function-environment.ts';
import { FunctionLogs } from '#local/lambda/function-logs.ts';
import type { HandlerError, InstanceSettings, Report, Request } from '#local/lambda/function-worker.ts';
import type { Use } from '#local/lambda/service-requests.ts';
import { throttled } from '#local/lambda/throttling.ts';
import type { Assembly, FunctionCpu, Functions, Invocation, Resource, Usage } from '#local/parts.ts';

export interface FunctionsOptions {
  region: string;
  /** Asked for when an instance starts: the ports are not known before. */
  endpoints(): Endpoints;
  logsDirectory: string;
  /** In the place of the templates' values; each must be a variable of some function. */
  variables?: Readonly<Record<string, string>>;
  /** At the same time, per function; further invocations wait for their turn. As many as there are cores, and 16 where those only wait for something. */
  maxInstances?: number;
  /** So many wait for a function (10,000, some 30 MB), and the next is throttled: Lambda has more instances, but not without end either. */
  maxWaiting?: number;
  /** After so long in the queue of a function, another instance is begun for who waits (250): the one there is often free sooner than a new one is loaded. */
  growAfterMs?: number;
  /** An instance that was not asked for anything for so long ends (30,000). */
  idleMs?: number;
  /** Asked for each invocation: after how long its instance dies; undefined when it does not. */
  crashAfterMs?(): number | undefined;
  /** Called when an invocation that used something has ended: a write may have woken a stream. */
  onUse?(uses: readonly Use[]): void;
}

/**
 * More than there are cores would only be more copies of the same code to compile and to keep: each takes 40 MB. At least two, so that what may run
 * at the same time does.
 */
const busyInstances = Math.min(4, Math.max(2, availableParallelism()));
const waitingInstances = 16;
/** What takes longer than this waits for somebody, as a command does for the charger's answer, and leaves its core to others. */
const waitsAfterMs = 1000;
const defaultIdleMs = 30_000;
const defaultGrowAfterMs = 250;
const youngGenerationMb = 2;

/** Lambda gives 10 s, but does not load forty functions on two cores. */
const initTimeoutMs = 30_000;

/** The Lambda service: each instance of a function is a thread with the deployed bundle, and has one invocation at a time. */
export function startFunctions(assembly: Assembly, options: FunctionsOptions): Functions {
  const logs = new FunctionLogs(options.logsDirectory);
  const usage = new Map<string, Usage>();
  const all = assembly.ofType('AWS::Lambda::Function').map((each) => settingsOf(assembly, each, options.region));
  const given = withVariables(all, options.variables ?? {});
  const pools = new Map(
    given.map((each) => [each.name, new Pool(each, options, logs, (uses) => count(each.id, uses))] as const),
  );

  function count(functionId: string, uses: readonly Use[]): void {
    for (const { action, resource } of uses) {
      const key = `${functionId} ${action} ${resource}`;
      const known = usage.get(key);
      usage.set(key, { functionId, action, resource, count: (known?.count ?? 0) + 1 });
    }
    if (uses.length > 0) options.onUse?.(uses);
  }

  return {
    invoke: async (target, event) => {
      const name = /:function:([^:/]+)/.exec(target)?.[1] ?? target;
      const pool = pools.get(name);
      if (!pool) throw new Error(`there is no function '${name}'`);
      return pool.invoke(JSON.stringify(event));
    },
    usage: () => [...usage.values()],
    cpu: async () => {
      const all = await Promise.all([...pools.values()].map((pool) => pool.cpu()));
      return all.filter(({ initCpuMicros }) => initCpuMicros.length > 0);
    },
    stop: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
      logs.close();
    },
  };
}

const functionShape = z.object({
  Runtime: z
    .string()
    .regex(/^nodejs/, 'only Node runs here')
    .optional(),
  Layers: z.array(z.unknown()).max(0, 'layers are not emulated').optional(),
  Handler: z.string(),
  Timeout: z.coerce.number().default(3),
  MemorySize: z.coerce.number().default(128),
  ReservedConcurrentExecutions: z.coerce.number().optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
});

interface PoolSettings extends FunctionSettings {
  concurrency: number;
}

function settingsOf(assembly: Assembly, resource: Resource, region: string): PoolSettings {
  const { Handler, Timeout, MemorySize, ReservedConcurrentExecutions, Environment } = readProperties(
    resource,
    functionShape,
  );
  return {
    id: resource.logicalId,
    name: resource.physicalId,
    arn: `arn:aws:lambda:${region}:000000000000:function:${resource.physicalId}`,
    region,
    handler: Handler,
    memoryMb: MemorySize,
    timeoutMs: Timeout * 1000,
    directory: assembly.bundleDirectory(resource),
    variables: Environment?.Variables ?? {},
    concurrency: ReservedConcurrentExecutions ?? Number.POSITIVE_INFINITY,
  };
}

/** The instances of one function, and who waits for one. */
class Pool {
  readonly #settings: PoolSettings;
  readonly #options: FunctionsOptions;
  readonly #logs: FunctionLogs;
  readonly #count: (uses: readonly Use[]) => void;
  readonly #instances = new Set<Instance>();
  readonly #idle: Instance[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #initCpuMicros: number[] = [];
  #invocations = 0;
  #endedCpuMicros = 0;
  #growing: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    settings: PoolSettings,
    options: FunctionsOptions,
    logs: FunctionLogs,
    count: (uses: readonly Use[]) => void,
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#logs = logs;
    this.#count = count;
  }

  async invoke(event: string): Promise<Invocation> {
    if (this.#isFull()) return throttled;
    this.#invocations++;
    const instance = await this.#take();
    if (!instance) return failed('Local.Stopped', 'The local cloud is stopping');
    const requestId = randomUUID();
    const report = await instance.run({ requestId, event }, this.#options.crashAfterMs?.());
    this.#giveBack(instance);
    this.#logs.invoked(this.#settings.id);

    if ('uses' in report) this.#count(report.uses);
    if (report.kind === 'answered') return { ok: true, payload: JSON.parse(report.payload) };
    if (report.kind === 'loaded') return failed('Local.Protocol', 'The instance loaded twice');
    const { errorType, errorMessage } = report.error;
    this.#logs.write(this.#settings.id, `${new Date().toISOString()} ${requestId} ${errorType}: ${errorMessage}`);
    return failed(errorType, errorMessage);
  }

  async cpu(): Promise<FunctionCpu> {
    const running = await Promise.all([...this.#instances].map((instance) => instance.cpuMicros()));
    return {
      functionId: this.#settings.id,
      invocations: this.#invocations,
      instances: this.#instances.size,
      cpuMicros: running.reduce((sum, micros) => sum + micros, this.#endedCpuMicros),
      initCpuMicros: [...this.#initCpuMicros],
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#growing);
    for (const { serve } of this.#waiting.splice(0)) serve(undefined);
    await Promise.all([...this.#instances].map((instance) => instance.end()));
  }

  #isFull(): boolean {
    const { maxWaiting = 10_000 } = this.#options;
    return this.#waiting.length >= maxWaiting;
  }

  #mayGrow(): boolean {
    const { maxInstances = this.#areBusy() ? busyInstances : waitingInstances } = this.#options;
    return this.#instances.size < Math.min(maxInstances, this.#settings.concurrency);
  }

  #areBusy(): boolean {
    return [...this.#instances].some((instance) => instance.runsForMs() < waitsAfterMs);
  }

  /** Who came first is served first; with nothing once the local cloud stops. */
  async #take(): Promise<Instance | undefined> {
    if (this.#stopped) return undefined;
    const idle = this.#idle.pop();
    idle?.stay();
    if (idle || this.#instances.size === 0) return idle ?? this.#begin();
    return new Promise((serve) => {
      this.#waiting.push({ serve, since: performance.now() });
      this.#growInTime();
    });
  }

  /** Sees to it that nobody waits long for as many instances as there are; while one is being loaded, it is waited for. */
  #growInTime(): void {
    if (this.#stopped || this.#growing || this.#waiting.length === 0 || !this.#mayGrow()) return;
    const growAfterMs = this.#options.growAfterMs ?? defaultGrowAfterMs;
    this.#growing = setTimeout(() => {
      this.#growing = undefined;
      const [longest] = this.#waiting;
      const isLoading = [...this.#instances].some((instance) => !instance.isLoaded);
      if (longest && !isLoading && this.#mayGrow() && performance.now() - longest.since >= growAfterMs) {
        this.#waiting.shift();
        longest.serve(this.#begin());
      }
      this.#growInTime();
    }, growAfterMs).unref();
  }

  #begin(): Instance {
    const instance = new Instance(this.#settings, this.#options.endpoints(), this.#logs, {
      onLoaded: (micros) => this.#initCpuMicros.push(micros),
      onEnd: () => this.#lost(instance),
    });
    this.#instances.add(instance);
    return instance;
  }

  #giveBack(instance: Instance): void {
    if (!this.#instances.has(instance) || this.#stopped) return;
    const next = this.#waiting.shift();
    if (next) next.serve(instance);
    else {
      this.#idle.push(instance);
      instance.leaveAfter(this.#options.idleMs ?? defaultIdleMs, () => this.#noLongerIdle(instance));
    }
  }

  #lost(instance: Instance): void {
    this.#instances.delete(instance);
    this.#endedCpuMicros += instance.lastCpuMicros;
    this.#noLongerIdle(instance);
    const next = this.#stopped ? undefined : this.#waiting.shift();
    next?.serve(this.#begin());
  }

  #noLongerIdle(instance: Instance): void {
    const index = this.#idle.indexOf(instance);
    if (index >= 0) this.#idle.splice(index, 1);
  }
}

interface Waiter {
  serve(instance: Instance | undefined): void;
  /** By the clock of `performance`. */
  since: number;
}

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
class Instance {
  /** As it was told last: a thread that has ended cannot be asked. */
  lastCpuMicros = 0;
  isLoaded = false;
  readonly #settings: FunctionSettings;
  readonly #worker: Worker;
  readonly #loaded: Promise<Report>;
  #answer: ((report: Report) => void) | undefined;
  #leaving: NodeJS.Timeout | undefined;
  #runsSince: number | undefined;

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

function failed(errorType: string, errorMessage: string): Invocation {
  return { ok: false, error: { errorType, errorMessage } };
}
