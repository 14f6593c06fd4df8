import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { startFlags } from '#bench/cloud/local-cloud.ts';
import type { Recording } from '#bench/cloud/recording.ts';
import { databaseProcess, startDatabase } from '#local/database/database.ts';

const outcome = z.object({
  requests: z.int(),
  /** Failed conditions, and how many there were when it was recorded. */
  failures: z.int(),
  recordedFailures: z.int(),
  clientMicros: z.number(),
  databaseMicros: z.number(),
});

export type Replayed = z.output<typeof outcome>;

export interface Replay {
  /** Sends the requests of the next measured window. */
  window(): Promise<Replayed>;
  stop(): Promise<void>;
}

/**
 * The recorded requests once more, window by window, on a fresh database of the same kind, through the bare AWS SDK in a process of its own. What was
 * recorded before the first window is sent before this resolves.
 */
export async function startReplay(recording: Recording): Promise<Replay> {
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
  const file = join(directory, 'recording.json');
  writeFileSync(file, JSON.stringify(recording));
  const databaseDirectory = join(directory, 'database');
  const database = await startDatabase({ directory: databaseDirectory, region: 'us-east-1' });
  const args = [file, database.endpoint, String(databaseProcess(databaseDirectory))];
  // With the flags of the local cloud: who collects garbage in how many threads is not what is compared.
  const client = spawn(process.execPath, [...startFlags(), join(import.meta.dirname, 'client.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  const said = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the client of the bare SDK has ended');
    return JSON.parse(value);
  };
  const stop = async () => {
    client.kill();
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await said();
  } catch (cause) {
    await stop();
    throw cause;
  }
  return {
    window: async () => {
      client.stdin.write('\n');
      const replayed = outcome.parse(await said());
      const { requests, failures, recordedFailures } = replayed;
      // Who is first in a race may differ from run to run.
      if (Math.abs(failures - recordedFailures) > requests / 100) {
        throw new Error(
          `${failures} of ${requests} requests failed through the bare SDK, ${recordedFailures} when recorded`,
        );
      }
      return replayed;
    },
    stop,
  };
}
