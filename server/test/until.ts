import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again until it is so. What never comes about fails with these words rather than by the test's time limit. */
export async function until(is: () => Promise<boolean> | boolean, withinMs = 15_000): Promise<void> {
  const endAt = performance.now() + withinMs;
  while (!(await is())) {
    if (performance.now() > endAt) throw new Error('it did not come about');
    await sleep(20);
  }
}
