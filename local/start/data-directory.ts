import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { databaseProcess } from '#local/database/database.ts';
import { processIdentity } from '#local/start/processes.ts';
import { UserError } from '#local/start/user-error.ts';

export interface DataDirectory {
  path: string;
  /** Lets the next local cloud have it. What `memory` made is removed. */
  release(): void;
}

export function databaseDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'database');
}

const holderShape = z.object({ pid: z.number(), identity: z.string() });

/** Takes a directory for this process alone; one in memory when none is given. Throws when another local cloud has it. */
export function takeDataDirectory(directory: string | undefined): DataDirectory {
  const path = directory ?? inMemory();
  mkdirSync(path, { recursive: true });
  const lock = join(path, 'lock');
  takeLock(path, lock);
  return {
    path,
    release: () => {
      if (directory === undefined) rmSync(path, { recursive: true, force: true });
      else rmSync(lock, { force: true });
    },
  };
}

function takeLock(path: string, lock: string): void {
  const me = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) });
  for (;;) {
    try {
      writeFileSync(lock, me, { flag: 'wx' });
      return;
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    }
    const holder = livingHolder(lock);
    if (holder !== undefined) {
      throw new UserError(
        `Another local cloud (process ${holder}) runs on the data directory ${path}: stop it, or choose another with --data DIR or --memory.`,
      );
    }
    rmSync(lock, { force: true });
  }
}

function livingHolder(lock: string): number | undefined {
  try {
    const { pid, identity } = holderShape.parse(JSON.parse(readFileSync(lock, 'utf8')));
    return processIdentity(pid) === identity ? pid : undefined;
  } catch {
    return undefined;
  }
}

const prefix = 'chargeline-memory-';

/** A directory of this process on a file system in memory, where there is one. Removes those that a killed process left. */
function inMemory(): string {
  const root = statSync('/dev/shm', { throwIfNoEntry: false })?.isDirectory() ? '/dev/shm' : tmpdir();
  for (const name of readdirSync(root).filter((each) => each.startsWith(prefix))) {
    const leftover = join(root, name);
    const taken = statSync(join(leftover, 'lock'), { throwIfNoEntry: false });
    if (!taken || livingHolder(join(leftover, 'lock')) !== undefined) continue;
    const survivor = databaseProcess(databaseDirectory(leftover));
    if (survivor !== undefined) process.kill(survivor, 'SIGKILL');
    // Renamed first: only one of two that start at the same time may remove it.
    try {
      renameSync(leftover, `${leftover}-removed`);
    } catch {
      continue;
    }
    rmSync(`${leftover}-removed`, { recursive: true, force: true });
  }
  return mkdtempSync(join(root, prefix));
}
