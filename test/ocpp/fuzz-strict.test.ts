import { expect, test } from 'vitest';
import { drill } from '#test/support/fuzz/drill.ts';
import { memoryStores } from '#test/support/memory-stores.ts';
import { seedOfTheRun } from '#test/support/random.ts';

/** The other half of the million is that of fuzz-tolerant.test.ts: two files, so that both can run at once. */
const FRAMES = 500_000;

test('half a million broken frames: what is due an answer of OCPP gets one from a strict reader, and nothing else does', async () => {
  const seed = seedOfTheRun();

  const { faults, dull } = await drill({ seed, frames: FRAMES, strictness: 'strict', stores: memoryStores });

  expect(faults, `SEED=${seed} repeats this run`).toEqual([]);
  expect(dull).toEqual([]);
}, 600_000);
