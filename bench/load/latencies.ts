/** What was measured per action, in milliseconds. */
export interface Latency {
  action: string;
  count: number;
  p50: number;
  p95: number;
  p99: number;
}

export class Latencies {
  readonly #byAction = new Map<string, number[]>();

  async time<T>(action: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    const known = this.#byAction.get(action) ?? [];
    this.#byAction.set(action, known);
    known.push(performance.now() - began);
    return result;
  }

  get count(): number {
    return [...this.#byAction.values()].reduce((sum, { length }) => sum + length, 0);
  }

  summary(): Latency[] {
    return Array.from(this.#byAction, ([action, times]) => ({
      action,
      count: times.length,
      p50: percentile(times, 50),
      p95: percentile(times, 95),
      p99: percentile(times, 99),
    }));
  }
}

/** The smallest value that at least `percent` of all do not exceed; 0 of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

export const median = (values: readonly number[]): number => percentile(values, 50);
