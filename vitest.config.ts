import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{contract,sdk,server,catalog,sandbox,bench,web}/**/*.test.{ts,tsx}',
      'e2e/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['server/test/global-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two at a time: each has its own database, and the smallest machine we care for has two cores.
    maxWorkers: 2,
  },
});
