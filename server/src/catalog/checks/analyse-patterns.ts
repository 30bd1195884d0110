import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { PatternAnswer } from './pattern-worker.ts';

/**
 * vulnerable: there are texts on which it runs very long. unknown: it had its time, and could not be told. not_reached: it had
 * none, since others or a busy machine took it.
 */
export type Analysis = 'safe' | 'vulnerable' | 'unknown' | 'not_reached';

export interface AnalysisLimits {
  eachMs: number;
  allMs: number;
}

const WORKER = new URL('./pattern-worker.ts', import.meta.url);
/** A start waits for it, once for each text of a file: what was found is remembered. Most take a twentieth of a second. */
const LIMITS: AnalysisLimits = { eachMs: 3_000, allMs: 8_000 };
/** Which part of its time a pattern was really computed for: on a busy machine a thread mostly waits for its turn. */
const ITS_TIME = 0.25;
/** It ends by itself when its time is over; one that says nothing so long after it is stopped. */
const LATE_MS = 1_000;

/**
 * Exact analysis of regular expressions, by recheck. It is work of a fraction of a second for each, sometimes much more: a thread
 * does it, so that whatever it meets costs no more than the limits, and its three megabytes are loaded by those alone who need it.
 * Of a file that has one that is not safe the others are not looked at: it is refused with the first.
 */
export async function analysePatterns(
  files: readonly (readonly string[])[],
  limits: AnalysisLimits = LIMITS,
  program: URL = WORKER,
): Promise<ReadonlyMap<string, Analysis>> {
  const found = new Map<string, Analysis>();
  const endAt = performance.now() + limits.allMs;
  let worker: Worker | null = null;
  for (const patterns of files) {
    for (const pattern of patterns) {
      const leftMs = endAt - performance.now();
      if (!found.has(pattern) && leftMs > 0) worker ??= await started(program, leftMs);
      const is = found.get(pattern) ?? (await judged(worker, pattern, limits, endAt));
      found.set(pattern, is);
      if (is === 'safe') continue;
      // One that gave no answer may be busy with it for ever.
      if (is !== 'vulnerable') {
        await worker?.terminate();
        worker = null;
      }
      break;
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

async function judged(
  worker: Worker | null,
  pattern: string,
  { eachMs }: AnalysisLimits,
  endAt: number,
): Promise<Analysis> {
  const leftMs = endAt - performance.now();
  if (worker === null || leftMs <= 0) return 'not_reached';
  const timeoutMs = Math.ceil(Math.min(eachMs, leftMs));
  worker.postMessage({ pattern, timeoutMs });
  const said = await heard(worker, timeoutMs + LATE_MS);
  if (!isAnswer(said)) return 'unknown';
  return said.isStopped && said.computedMs < eachMs * ITS_TIME ? 'not_reached' : said.status;
}

function isAnswer(said: unknown): said is PatternAnswer {
  return typeof said === 'object' && said !== null && 'status' in said;
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
