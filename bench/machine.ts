import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { root } from './cloud/local-cloud.ts';

/** On what, and of what, something was measured. */
export interface Machine {
  at: string;
  commit: string;
  node: string;
  cores: number;
  processor: string;
  memoryGiB: number;
}

export function machine(): Machine {
  const [first] = cpus();
  return {
    at: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    cores: cpus().length,
    processor: first?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

/** With a + behind it where the files are not those of the commit. */
function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}
