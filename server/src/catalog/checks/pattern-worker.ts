import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';

/** Runs in a thread of its own (analyse-patterns.ts): says of each pattern it is sent whether it can run for long. */
const { checkSync } = createRequire(import.meta.url)('recheck/lib/browser.js') as Pick<
  typeof import('recheck'),
  'checkSync'
>;

parentPort?.on('message', ({ pattern, timeoutMs }: { pattern: string; timeoutMs: number }) => {
  parentPort?.postMessage(checkSync(pattern, 'iu', { timeout: timeoutMs }).status);
});
parentPort?.postMessage('ready');
