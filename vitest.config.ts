import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What waits longest comes first, so that nothing long is left over at the end for one worker alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  if (moduleId.includes('/e2e/')) return 0;
  return moduleId.includes('/server/test/') ? 1 : 2;
}

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
    // One more than the two cores of the smallest machine we care for: browsers and processes are waited for half of the time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
