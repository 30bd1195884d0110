import type { RateWindow } from './stand-in.ts';

interface Bucket {
  startedAt: number;
  calls: number;
}

/** Fixed windows, as most providers have them. */
export class Limiter {
  readonly #buckets = new Map<string, Bucket>();

  /** Counts a call at `nowMs`. 0 when it is within all windows, else the whole seconds to wait. */
  take(name: string, windows: readonly RateWindow[], nowMs: number): number {
    const buckets = windows.map((window) => ({
      window,
      bucket: this.#bucket(`${name} ${window.perMs}`, window, nowMs),
    }));
    const full = buckets.filter(({ window, bucket }) => bucket.calls >= window.calls);
    if (full.length > 0) {
      const waits = full.map(({ window, bucket }) => bucket.startedAt + window.perMs - nowMs);
      return Math.max(1, Math.ceil(Math.max(...waits) / 1000));
    }
    for (const { bucket } of buckets) bucket.calls += 1;
    return 0;
  }

  clear(): void {
    this.#buckets.clear();
  }

  #bucket(name: string, window: RateWindow, nowMs: number): Bucket {
    const current = this.#buckets.get(name);
    if (current !== undefined && nowMs - current.startedAt < window.perMs) return current;
    const fresh = { startedAt: nowMs, calls: 0 };
    this.#buckets.set(name, fresh);
    return fresh;
  }
}
