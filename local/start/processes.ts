import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * When a process started and what it runs, in one text; undefined when it does not run. With its id it tells a process from a later one that
 * was given the same id.
 */
export function processIdentity(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      // The second field may contain blanks and brackets; the start time is the 20th after it.
      const startTime = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
      // A process that ended but was not waited for has no command any more.
      return command ? `${startTime} ${command}` : undefined;
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=,command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** SIGTERM, then SIGKILL after two seconds; resolves when the process is gone. */
export async function endProcess(pid: number): Promise<void> {
  const identity = processIdentity(pid);
  if (identity === undefined) return;
  signal(pid, 'SIGTERM');
  for (let waitedMs = 0; processIdentity(pid) === identity; waitedMs += 10) {
    if (waitedMs === 2000) signal(pid, 'SIGKILL');
    if (waitedMs > 10_000) throw new Error(`Process ${pid} (${identity}) does not end`);
    await pause(10);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause;
  }
}
