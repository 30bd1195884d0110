const ROUNDS = 5;

/**
 * How much longer `work` takes on ten times as much: about 10 where time grows with the size, 100 where it grows with
 * its square. The best of several rounds on either side, so that a busy machine does not matter.
 */
export function growthByTen(work: (size: number) => void, size: number): number {
  return best(() => work(size * 10)) / best(() => work(size));
}

/** Well above what noise makes of 10, well below 100. */
export const LINEAR = 40;

function best(work: () => void): number {
  work();
  const times = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  });
  return Math.max(0.001, Math.min(...times));
}
