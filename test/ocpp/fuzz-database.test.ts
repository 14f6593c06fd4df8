import { expect, test } from 'vitest';
import { testDatabase } from '#test/support/database.ts';
import { drill } from '#test/support/fuzz/drill.ts';
import { seedOfTheRun } from '#test/support/random.ts';

const FRAMES = 1_000;

test.each(['tolerant', 'strict'] as const)(
  'what a %s reader lets through, DynamoDB takes',
  async (strictness) => {
    const seed = seedOfTheRun();
    const { stores } = await testDatabase();

    const { faults, answered } = await drill({ seed, frames: FRAMES, strictness, stores: () => stores });

    expect(faults, `SEED=${seed} repeats this run`).toEqual([]);
    expect(answered).toBeGreaterThan(FRAMES / 2);
  },
  1500_000,
);
