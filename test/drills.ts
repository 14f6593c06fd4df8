import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { drillFiles } from './drill-files.ts';

/** `npm run drills -- 3`: what is left to chance differs from run to run, so the drills must hold several times in a row. */

const [runs = '3'] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(runs)) {
  console.error(`${runs} is no number of runs`);
  process.exit(2);
}

const vitest = join(import.meta.dirname, '../node_modules/.bin/vitest');
for (let run = 1; run <= Number(runs); run++) {
  console.log(`drills: run ${run} of ${runs}`);
  const { status } = spawnSync(vitest, ['run', ...drillFiles], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
