// npm test: installs what the tests need and runs them all: unit, integration (on a real PostgreSQL) and browser tests.
// Arguments go on to vitest: npm test -- server/src/vault. The last line is "N passed, N failed".
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureWebBuilt, serverProgram } from './build.mjs';
import { chromiumInstruction, ensureChromium } from './chromium.mjs';
import { root } from './node24.mjs';
import { ensureInstalled, environment, node24, run, say } from './setup.mjs';

const args = process.argv.slice(2);
const wantsBrowser = args.every((arg) => arg.startsWith('-')) || args.some((arg) => arg.includes('e2e'));

await ensureInstalled();
if (wantsBrowser) await ensureWebBuilt();
const server = (await serverProgram()).at(-1);
const chromium = wantsBrowser ? await ensureChromium() : null;
const isBrowserMissing = wantsBrowser && chromium === null;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-report-'));
const report = join(folder, 'report.json');
const vitest = [
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...(isBrowserMissing ? ['--exclude=e2e/**'] : []),
  ...args,
];
const code = await run(node24(), vitest, {
  env: environment({ TESTED_SERVER: server, ...(chromium ? { CHROMIUM_PATH: chromium } : {}) }),
});
const { passed, failed } = readReport();
if (isBrowserMissing) say(`\n${chromiumInstruction}`);

// A browser that is missing, or a run that fails without a failing test, must not pass for a good one.
const shownFailed = failed + (isBrowserMissing ? 1 : 0) || (code === 0 ? 0 : 1);
console.log(`${passed} passed, ${shownFailed} failed`);
process.exit(shownFailed > 0 ? 1 : 0);

/** A file that cannot even be loaded has no tests of its own, and counts as one that failed. */
function readReport() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const broken = testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
    );
    return { passed: numPassedTests, failed: numFailedTests + broken.length };
  } catch {
    return { passed: 0, failed: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
