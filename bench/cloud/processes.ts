import { readFileSync, writeFileSync } from 'node:fs';

/** USER_HZ, in which Linux tells CPU time to other processes: 100 on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** User and system time of a process with all its threads so far, in microseconds, exact to 10 ms. Linux only. */
export function cpuMicrosOf(pid: number): number {
  // The second field may contain blanks and brackets; utime and stime are the 12th and 13th after it.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

export interface Memory {
  nowMiB: number;
  peakMiB: number;
}

/** From now on, their most is counted anew (proc(5), clear_refs). */
export function forgetPeak(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The resident memory of processes together. The sum of their peaks is the most that it can have been. */
export function memoryOf(pids: readonly number[]): Memory {
  const all = pids.map((pid) => readFileSync(`/proc/${pid}/status`, 'utf8'));
  const sum = (field: string) =>
    all.reduce((total, text) => total + Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0), 0);
  return { nowMiB: sum('VmRSS') / 1024, peakMiB: sum('VmHWM') / 1024 };
}
