const ROUNDS = 5;
const TRIES = 3;
/** The system counts a thread's time in steps of so many milliseconds. */
const STEP_MS = 4;

/**
 * How much longer `work` takes on ten times as much: about 10 where time grows with the size, 100 where it grows with
 * its square. The best of several rounds on either side, and once more where it seems to grow too fast, so that a busy machine
 * does not matter.
 */
export function growthByTen(work: (size: number) => void, size: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && least >= LINEAR; tries += 1)
    least = Math.min(least, best(() => work(size * 10)) / best(() => work(size)));
  return least;
}

/** Well above what noise makes of 10, well below 100. */
export const LINEAR = 40;

/** How long this thread works for it, in milliseconds. While others have the processor it does not work. */
export function workMs(work: () => unknown): number {
  const before = process.threadCpuUsage();
  const startedAt = performance.now();
  work();
  const passedMs = performance.now() - startedAt;
  const { user, system } = process.threadCpuUsage(before);
  return Math.min(passedMs, (user + system) / 1000 + STEP_MS);
}

function best(work: () => void): number {
  work();
  return Math.max(0.001, Math.min(...Array.from({ length: ROUNDS }, () => workMs(work))));
}
