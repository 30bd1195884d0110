import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';

export interface PatternAnswer {
  status: 'safe' | 'vulnerable' | 'unknown';
  /** It was stopped since its time was over: by the clock, of which this thread may have had little. */
  isStopped: boolean;
  computedMs: number;
}

/** Runs in a thread of its own (analyse-patterns.ts): says of each pattern it is sent whether it can run for long. */
const { checkSync } = createRequire(import.meta.url)('recheck/lib/browser.js') as Pick<
  typeof import('recheck'),
  'checkSync'
>;

parentPort?.on('message', ({ pattern, timeoutMs }: { pattern: string; timeoutMs: number }) => {
  const before = process.threadCpuUsage();
  const result = checkSync(pattern, 'iu', { timeout: timeoutMs });
  const { user, system } = process.threadCpuUsage(before);
  const isStopped = result.status === 'unknown' && result.error.kind === 'timeout';
  const { status } = result;
  parentPort?.postMessage({ status, isStopped, computedMs: (user + system) / 1_000 } satisfies PatternAnswer);
});
parentPort?.postMessage('ready');
