import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/one-database.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    expect: { requireAssertions: true },
  },
});
