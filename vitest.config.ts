import { defineConfig } from 'vitest/config';
import { drillFiles } from './test/drill-files.ts';

const shared = {
  globalSetup: ['test/support/one-database.ts'],
  pool: 'forks' as const,
  testTimeout: 30_000,
  // Each further test at work on a local cloud costs it another instance of every function.
  maxConcurrency: 2,
  expect: { requireAssertions: true },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: drillFiles,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // One after the other, when all else is done: they want the machine for themselves.
        test: { ...shared, name: 'drills', include: drillFiles, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
