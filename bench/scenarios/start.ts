import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LocalCloud, root } from '#bench/cloud/local-cloud.ts';
import { median } from '#bench/load/latencies.ts';

export interface StartSetting {
  runs: number;
  log(line: string): void;
}

export interface StartResult {
  runs: number;
  /** Until it says `ready`, in milliseconds: the median. */
  synthesisingMs: number;
  cachedMs: number;
}

/** How long `npm start` takes: after a change to the sources, and with what was synthesised before. */
export async function start({ runs, log }: StartSetting): Promise<StartResult> {
  const output = join(root, 'cdk.out');
  const aside = join(root, 'cdk.out.bench');
  const synthesisingMs: number[] = [];
  const cachedMs: number[] = [];
  if (existsSync(output)) renameSync(output, aside);
  try {
    for (let run = 0; run < runs; run++) {
      log(`Start ${run + 1} of ${runs} …`);
      rmSync(output, { recursive: true, force: true });
      synthesisingMs.push(await readyMs());
      cachedMs.push(await readyMs());
    }
  } finally {
    if (existsSync(aside)) {
      rmSync(output, { recursive: true, force: true });
      renameSync(aside, output);
    }
  }
  return { runs, synthesisingMs: median(synthesisingMs), cachedMs: median(cachedMs) };
}

/** With one charger and one tag to load, as a demo has: the first functions are part of being ready. */
async function readyMs(): Promise<number> {
  const seed = {
    chargers: [{ id: 'B1', password: 'at least eight' }],
    idTags: [{ idTag: 'B1', status: 'Accepted' }],
  };
  const cloud = await LocalCloud.start({ seed });
  await cloud.stop();
  return cloud.readyMs;
}
