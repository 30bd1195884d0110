import type { Clock } from '../src/lib/clock.ts';
import { systemClock } from '../src/lib/clock.ts';

/** A clock that a test moves by hand. It runs on by itself from wherever it was put; waiting is real. */
export function movableClock(): Clock & { forward(ms: number): void } {
  let ahead = 0;
  return {
    now: () => new Date(Date.now() + ahead),
    sleep: systemClock.sleep,
    forward: (ms) => {
      ahead += ms;
    },
  };
}
