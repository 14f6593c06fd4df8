import { randomUUID } from 'node:crypto';
import { availableParallelism, cpus } from 'node:os';
import type { Endpoints, FunctionSettings } from '#local/lambda/function-environment.ts';
import type { FunctionLogs } from '#local/lambda/function-logs.ts';
import { Instance } from '#local/lambda/instance.ts';
import type { Use } from '#local/lambda/service-requests.ts';
import { throttled } from '#local/lambda/throttling.ts';
import type { FunctionCpu, Invocation } from '#local/parts.ts';

export interface PoolOptions {
  /** Asked for when an instance starts: the ports are not known before. */
  endpoints(): Endpoints;
  /** At the same time, per function; further invocations wait for their turn. As many as there are cores, and 16 where those only wait for something. */
  maxInstances?: number;
  /** So many wait for a function (10,000, some 30 MB), and the next is throttled: Lambda has more instances, but not without end either. */
  maxWaiting?: number;
  /**
   * After so long in the queue of a function, another instance is begun for who waits (250): the one there is often free sooner than a new one is
   * loaded. It is begun where those that there are wait for somebody, or a core is free, or after eight times as long.
   */
  growAfterMs?: number;
  /** An instance that was not asked for anything for so long ends (30,000). */
  idleMs?: number;
  /** Asked for each invocation: after how long its instance dies; undefined when it does not. */
  crashAfterMs?(): number | undefined;
  /** Looks at the machine from the call on; the answer is asked for how many cores had nothing to do since then, on average. */
  watchCores?(): () => number;
}

/**
 * More than there are cores would only be more copies of the same code to compile and to keep: each takes 40 MB. At least two, so that what may run
 * at the same time does.
 */
const busyInstances = Math.min(4, Math.max(2, availableParallelism()));
const waitingInstances = 16;
/** What takes longer than this waits for somebody, as a call does for what becomes of a command, and leaves its core to others. */
const waitsAfterMs = 1000;
const defaultIdleMs = 30_000;
const defaultGrowAfterMs = 250;
/** A thread that is at work for a larger part of its time than this waits for nobody but for a core. */
const busyFrom = 0.5;
/** So much of one core is a core that another instance finds free. */
const freeFrom = 0.5;
/** After so many times as long as it takes to look for one, another instance is begun whatever the cores do. */
const patienceOfWindows = 8;

export interface PoolSettings extends FunctionSettings {
  concurrency: number;
}

/** The instances of one function, and who waits for one. */
export class Pool {
  readonly #settings: PoolSettings;
  readonly #options: PoolOptions;
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

  constructor(settings: PoolSettings, options: PoolOptions, logs: FunctionLogs, count: (uses: readonly Use[]) => void) {
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

  #mayGrow(most = this.#areBusy() ? busyInstances : waitingInstances): boolean {
    const { maxInstances = most } = this.#options;
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

  /**
   * Sees to it that nobody waits long for as many instances as there are. While one is being loaded, it is waited for; where all cores are at work, so
   * is the one that is, for a while: another would compile the same code once more, on cores that have no time.
   */
  #growInTime(): void {
    if (this.#stopped || this.#growing || this.#waiting.length === 0 || !this.#mayGrow(waitingInstances)) return;
    const { growAfterMs = defaultGrowAfterMs, watchCores = watchMachine } = this.#options;
    const freeCores = watchCores();
    for (const instance of this.#instances) instance.load();
    this.#growing = setTimeout(() => {
      this.#growing = undefined;
      const [longest] = this.#waiting;
      const isLoading = [...this.#instances].some((instance) => !instance.isLoaded);
      const waitedMs = longest ? performance.now() - longest.since : 0;
      const isTime = () =>
        this.#waitForOthers() || freeCores() >= freeFrom || waitedMs >= patienceOfWindows * growAfterMs;
      if (longest && waitedMs >= growAfterMs && !isLoading && this.#mayGrow() && isTime()) {
        this.#waiting.shift();
        longest.serve(this.#begin());
      }
      this.#growInTime();
    }, growAfterMs).unref();
  }

  #waitForOthers(): boolean {
    return [...this.#instances].every((instance) => instance.load() < busyFrom);
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

/** By the times that the system keeps of each core. */
function watchMachine(): () => number {
  const idleMs = () => cpus().reduce((sum, { times }) => sum + times.idle, 0);
  const [idle, since] = [idleMs(), performance.now()];
  return () => (idleMs() - idle) / (performance.now() - since);
}

function failed(errorType: string, errorMessage: string): Invocation {
  return { ok: false, error: { errorType, errorMessage } };
}
