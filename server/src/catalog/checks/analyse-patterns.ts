import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** vulnerable: there are texts on which it runs very long. unknown: it could not be told in time. */
export type Analysis = 'safe' | 'vulnerable' | 'unknown';

export interface AnalysisLimits {
  eachMs: number;
  allMs: number;
}

const WORKER = new URL('./pattern-worker.ts', import.meta.url);
const LIMITS: AnalysisLimits = { eachMs: 4_000, allMs: 30_000 };

/**
 * Exact analysis of regular expressions, by recheck. It is work of a fraction of a second for each, sometimes much more: a thread
 * does it, so that whatever it meets costs no more than the limits, and its three megabytes are loaded by those alone who need it.
 */
export async function analysePatterns(
  patterns: readonly string[],
  limits: AnalysisLimits = LIMITS,
  program: URL = WORKER,
): Promise<ReadonlyMap<string, Analysis>> {
  const found = new Map<string, Analysis>();
  const endAt = performance.now() + limits.allMs;
  let worker: Worker | null = null;
  for (const pattern of new Set(patterns)) {
    const leftMs = endAt - performance.now();
    if (leftMs <= 0) {
      found.set(pattern, 'unknown');
      continue;
    }
    worker ??= await started(program, leftMs);
    const timeoutMs = Math.ceil(Math.min(limits.eachMs, leftMs));
    const said = worker === null ? null : await asked(worker, { pattern, timeoutMs });
    found.set(pattern, said ?? 'unknown');
    if (said === null) {
      await worker?.terminate();
      worker = null;
    }
  }
  await worker?.terminate();
  return found;
}

async function started(program: URL, leftMs: number): Promise<Worker | null> {
  const worker = new Worker(program, {
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    env: {},
  });
  worker.unref();
  // Without a listener its end would be the end of the process; whoever waits for an answer hears of it.
  worker.on('error', () => {});
  if ((await heard(worker, leftMs)) === 'ready') return worker;
  await worker.terminate();
  return null;
}

/** Null: no answer. It is given a little longer than it was told, since only then is it stopped. */
async function asked(worker: Worker, ask: { pattern: string; timeoutMs: number }): Promise<Analysis | null> {
  worker.postMessage(ask);
  const said = await heard(worker, ask.timeoutMs + 500);
  return said === 'safe' || said === 'vulnerable' || said === 'unknown' ? said : null;
}

async function heard(worker: Worker, withinMs: number): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  try {
    return await Promise.race([
      once(worker, 'message', { signal }).then(([message]) => message),
      once(worker, 'exit', { signal }).then(() => null),
      wait(withinMs, null, { signal }),
    ]);
  } catch {
    return null;
  } finally {
    done.abort();
  }
}
