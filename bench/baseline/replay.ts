import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { Recording } from '#bench/cloud/recording.ts';
import { databaseProcess, startDatabase } from '#local/database/database.ts';

const outcome = z.object({
  requests: z.int(),
  /** Failed conditions, as when they were recorded. */
  failures: z.int(),
  clientMicros: z.number(),
  databaseMicros: z.number(),
});

export type Replayed = z.output<typeof outcome>;

/** The recorded requests once more, on a fresh database of the same kind, through the bare AWS SDK in a process of its own. */
export async function replay(recording: Recording): Promise<Replayed> {
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
  try {
    const file = join(directory, 'recording.json');
    writeFileSync(file, JSON.stringify(recording));
    const databaseDirectory = join(directory, 'database');
    const database = await startDatabase({ directory: databaseDirectory, region: 'us-east-1' });
    try {
      const args = [join(import.meta.dirname, 'client.ts'), file, database.endpoint];
      const pid = String(databaseProcess(databaseDirectory));
      const { stdout } = await promisify(execFile)(process.execPath, [...args, pid], { timeout: 300_000 });
      return outcome.parse(JSON.parse(stdout));
    } finally {
      await database.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
