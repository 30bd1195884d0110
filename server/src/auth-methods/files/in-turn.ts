/** Others wait for what takes longer than a tenth of a second or so. */
const LONG = 100_000;
let last: Promise<unknown> = Promise.resolve();

/**
 * Of derivations that take long one is computed after the other: there are four threads for them, which look up names as well,
 * and one event loop.
 */
export function inTurn<T>(rounds: number, compute: () => Promise<T>): Promise<T> {
  if (rounds < LONG) return compute();
  const mine = last.then(compute);
  last = mine.catch(() => {});
  return mine;
}
