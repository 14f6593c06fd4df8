import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/one-database.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    // Each further test at work on a local cloud costs it another instance of every function.
    maxConcurrency: 2,
    expect: { requireAssertions: true },
  },
});
