import type { Clock } from '../lib/clock.ts';

export interface RateLimit {
  /** Takes one from the caller's bucket; answers how many seconds to wait when it is empty, else 0. */
  take(key: string): number;
}

interface RateLimitOptions {
  clock: Clock;
  perSecond: number;
  /** How many may come at once after a rest. */
  burst: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** More callers than this at once and the oldest are forgotten, which only ever favours them. */
const MAX_BUCKETS = 10_000;

/**
 * Token buckets in this process's memory: they guard the process, not a quota, so several processes need not agree.
 * A caller who takes nothing for a while has a full bucket again, so forgetting one does no harm.
 */
export function createRateLimit({ clock, perSecond, burst }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, Bucket>();
  return {
    take: (key) => {
      const now = clock.now().getTime();
      const known = buckets.get(key);
      // A clock that was set back gives nothing, and takes nothing.
      const seconds = known ? Math.max(0, now - known.at) / 1000 : 0;
      const left = known ? Math.min(burst, known.left + seconds * perSecond) : burst;
      // Deleted and set anew, so that the map's order is the order of last use.
      buckets.delete(key);
      buckets.set(key, { left: Math.max(0, left - 1), at: now });
      if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value ?? '');
      return left >= 1 ? 0 : (1 - left) / perSecond;
    },
  };
}
