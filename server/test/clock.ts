import type { Clock } from '../src/lib/clock.ts';
import { systemClock } from '../src/lib/clock.ts';

/**
 * A clock that a test moves by hand. It runs on by itself from wherever it was put, or stands still there, where seconds count;
 * waiting is real.
 */
export function movableClock({ isStanding = false } = {}): Clock & { forward(ms: number): void } {
  const begunAt = Date.now();
  let ahead = 0;
  return {
    now: () => new Date((isStanding ? begunAt : Date.now()) + ahead),
    sleep: systemClock.sleep,
    forward: (ms) => {
      ahead += ms;
    },
  };
}
