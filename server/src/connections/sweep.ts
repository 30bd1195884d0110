import type { Clock } from '../lib/clock.ts';
import type { SweepStore } from './sweep-store.ts';

interface Deps {
  sweepStore: SweepStore;
  clock: Clock;
}

/** At one time; more waits for the next sweep, so that checks never crowd out other work. */
const MOST_AT_ONCE = 200;
/** How long a check that was enqueued may take to come about before it is enqueued again. */
const LEASE_MS = 15 * 60_000;

/** Every minute: due checks become jobs, and replaced credentials whose time is over are destroyed. */
export async function sweep({ sweepStore, clock }: Deps): Promise<void> {
  const now = clock.now();
  await sweepStore.destroyExpired(now);
  await sweepStore.enqueueDue(now, new Date(now.getTime() + LEASE_MS), MOST_AT_ONCE);
}
