import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes long comes first, so that nothing long is left over at the end for one worker alone; browsers, which want the
 * processor, take turns with processes that are mostly waited for.
 */
class LongOnesTakeTurns extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const browsers = sorted.filter(({ moduleId }) => moduleId.includes('/e2e/'));
    const journeys = sorted.filter(({ moduleId }) => moduleId.includes('/server/test/'));
    const others = sorted.filter((file) => !browsers.includes(file) && !journeys.includes(file));
    return [...inTurn(browsers, journeys), ...others];
  }
}

function inTurn<Item>(some: Item[], more: Item[]): Item[] {
  const longest = Math.max(some.length, more.length);
  return Array.from({ length: longest }, (_, index) => [some[index], more[index]])
    .flat()
    .filter((item) => item !== undefined);
}

const shared = {
  exclude: ['**/node_modules/**', '**/dist/**'],
  // Ten times what the longest takes where the machine has nothing else to do: what hangs takes longer still.
  testTimeout: 180_000,
  hookTimeout: 240_000,
  // What is asked for until it holds has as long as anything in sight: the default of one second is luck on a busy machine.
  expect: { poll: { timeout: 60_000 } },
  // Twice the cores of the smallest machine we care for: browsers and processes are waited for half of the time.
  maxWorkers: 4,
};

export default defineConfig({
  test: {
    ...shared,
    globalSetup: ['server/test/global-setup.ts'],
    sequence: { sequencer: LongOnesTakeTurns },
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          // A process goes from file to file with the modules it has loaded: a quarter less to do. A file leaves nothing behind it.
          isolate: false,
          setupFiles: ['server/test/same-examples.ts'],
          include: [
            '{contract,sdk,catalog,sandbox,bench,web,scripts}/**/*.test.{ts,tsx}',
            'server/src/**/*.test.ts',
          ],
        },
      },
      {
        test: { ...shared, name: 'whole', include: ['server/test/**/*.test.ts', 'e2e/**/*.test.ts'] },
      },
    ],
  },
});
