import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { root } from '#bench/cloud/local-cloud.ts';
import type { HandlersResult } from '#bench/handlers/result.ts';

const resultShape = z.object({
  rounds: z.int(),
  handlers: z.array(z.object({ action: z.string(), p50: z.number(), mean: z.number() })),
});

/** Runs bench/handlers/ in a process of its own. */
export async function handlers({ rounds, log }: { rounds: number; log(line: string): void }): Promise<HandlersResult> {
  log(`Handlers without a database, ${rounds} batches …`);
  const directory = mkdtempSync(join(tmpdir(), 'chargeline-bench-'));
  try {
    const file = join(directory, 'result.json');
    const child = spawn(process.execPath, ['bench/handlers/main.ts', String(rounds), file], {
      cwd: root,
      env: { ...process.env, POWERTOOLS_SERVICE_NAME: 'chargeline', POWERTOOLS_METRICS_NAMESPACE: 'Chargeline' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 300_000,
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`bench/handlers/main.ts ended with ${code}`);
    return resultShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
