import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { PatternAnswer } from './pattern-worker.ts';

/**
 * vulnerable: there are texts on which it runs very long. unknown: it had its time, and could not be told. not_reached: it had
 * none, since others took it, or a busy machine gave it none for long.
 */
export type Analysis = 'safe' | 'vulnerable' | 'unknown' | 'not_reached';

/** Of time in which the thread has the processor: what a busy machine does meanwhile is no pattern's fault. */
export interface AnalysisLimits {
  eachMs: number;
  allMs: number;
}

const WORKER = new URL('./pattern-worker.ts', import.meta.url);
/** A start waits for it, once for each text of a file: what was found is remembered. Most take a twentieth of a second. */
const LIMITS: AnalysisLimits = { eachMs: 3_000, allMs: 8_000 };
/** Which part of its time a pattern was really computed for: on a busy machine a thread mostly waits for its turn. */
const ITS_TIME = 0.25;
/** By the clock it may take so many times as long, until the thread had that. */
const PATIENCE = 8;
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
  const endAt = performance.now() + limits.allMs * PATIENCE;
  let leftMs = limits.allMs;
  let worker: Worker | null = null;
  for (const patterns of files) {
    for (const pattern of patterns) {
      if (!found.has(pattern)) {
        if (leftMs > 0) worker ??= await started(program, endAt);
        const { is, tookMs } = await judged(worker, pattern, { eachMs: limits.eachMs, leftMs, endAt });
        leftMs -= tookMs;
        found.set(pattern, is);
      }
      const is = found.get(pattern);
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

async function started(program: URL, endAt: number): Promise<Worker | null> {
  const worker = new Worker(program, {
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    env: {},
  });
  // Without a listener its end would be the end of the process; whoever waits for an answer hears of it.
  worker.on('error', () => {});
  const leftMs = Math.max(0, endAt - performance.now());
  if ((await heard(worker, (signal) => wait(leftMs, null, { signal }))) === 'ready') return worker;
  await worker.terminate();
  return null;
}

interface Left {
  eachMs: number;
  /** For this one and all after it. */
  leftMs: number;
  endAt: number;
}

/** One that was stopped before it had its time is asked about again, with twice as much by the clock. */
async function judged(
  worker: Worker | null,
  pattern: string,
  { eachMs, leftMs, endAt }: Left,
): Promise<{ is: Analysis; tookMs: number }> {
  const mayMs = Math.ceil(Math.min(eachMs, leftMs));
  let tookMs = 0;
  for (let times = 1; worker !== null && mayMs > tookMs && times <= PATIENCE; times *= 2) {
    const timeoutMs = Math.min(mayMs * times, Math.ceil(endAt - performance.now()));
    if (timeoutMs <= 0) break;
    const said = await asked(worker, pattern, timeoutMs, endAt);
    if (said === STARVED) break;
    if (!isAnswer(said)) return { is: 'unknown', tookMs: mayMs };
    tookMs += said.computedMs;
    if (!said.isStopped || said.computedMs >= eachMs * ITS_TIME) return { is: said.status, tookMs };
  }
  return { is: 'not_reached', tookMs };
}

function isAnswer(said: unknown): said is PatternAnswer {
  return typeof said === 'object' && said !== null && 'status' in said;
}

const STARVED = 'starved';

/** What the thread says, null where it says nothing though it had its time, or ends; `STARVED`: it had none. */
async function asked(worker: Worker, pattern: string, timeoutMs: number, endAt: number): Promise<unknown> {
  const before = await computedMs(worker);
  worker.postMessage({ pattern, timeoutMs });
  return heard(worker, async (signal) => {
    for (;;) {
      await wait(timeoutMs + LATE_MS, null, { signal });
      const isStarved = (await computedMs(worker)) - before < timeoutMs * ITS_TIME;
      if (!isStarved) return null;
      if (performance.now() >= endAt) return STARVED;
    }
  });
}

/** How long it has had the processor. Before Node 24.6 nobody is told: then it counts as having had it all the time. */
async function computedMs(worker: Worker): Promise<number> {
  const { user, system } = (await worker.cpuUsage?.().catch(() => null)) ?? { user: Number.NaN, system: 0 };
  return (user + system) / 1_000;
}

/** What it says, or null where it ends, or what comes of waiting for it. */
async function heard(worker: Worker, waiting: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  try {
    return await Promise.race([
      once(worker, 'message', { signal }).then(([message]) => message),
      once(worker, 'exit', { signal }).then(() => null),
      waiting(signal),
    ]);
  } catch {
    return null;
  } finally {
    done.abort();
  }
}
