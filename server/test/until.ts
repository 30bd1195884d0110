import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes on a machine that has ten times as much to do as it can. */
const WITHIN_MS = 90_000;

/** Looks again and again until it is so. What never comes about fails with these words rather than by the test's time limit. */
export async function until(is: () => Promise<boolean> | boolean, withinMs = WITHIN_MS): Promise<void> {
  const endAt = performance.now() + withinMs;
  while (!(await is())) {
    if (performance.now() > endAt) throw new Error(`within ${withinMs} ms it did not come about: ${is}`);
    await sleep(20);
  }
}

/**
 * A call that sets something off, once that has begun. A process that has not heard yet of a change answers from memory: then it is
 * called again.
 */
export async function setOff<Answer>(
  call: () => Promise<Answer>,
  hasBegun: () => Promise<boolean> | boolean,
): Promise<{ answer: Promise<Answer> }> {
  const again = () => {
    const made = { answer: call(), isOver: false };
    const end = () => {
      made.isOver = true;
    };
    made.answer.then(end, end);
    return made;
  };
  let last = again();
  await until(async () => {
    if (await hasBegun()) return true;
    if (last.isOver) last = again();
    return false;
  });
  return { answer: last.answer };
}

/**
 * The least of what it took in up to three tries, in milliseconds; one below the limit is enough. What the product waits for by
 * itself takes as long each time, and what a busy machine adds does not.
 */
export async function quickest(limitMs: number, timed: () => Promise<number>): Promise<number> {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && leastMs >= limitMs; tries += 1) leastMs = Math.min(leastMs, await timed());
  return leastMs;
}
