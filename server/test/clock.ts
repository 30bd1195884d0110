import type { Clock } from '../src/lib/clock.ts';
import { systemClock } from '../src/lib/clock.ts';

export interface MovableClock extends Clock {
  forward(ms: number): void;
  /** Stands still from now on, until `goOn`. */
  stand(): void;
  goOn(): void;
}

/**
 * A clock that a test moves by hand. It runs on by itself from wherever it was put, or stands still there, where seconds count;
 * waiting is real.
 */
export function movableClock({ isStanding = false } = {}): MovableClock {
  let stoodAt = isStanding ? Date.now() : null;
  let ahead = 0;
  return {
    now: () => new Date((stoodAt ?? Date.now()) + ahead),
    sleep: systemClock.sleep,
    forward: (ms) => {
      ahead += ms;
    },
    stand: () => {
      stoodAt = Date.now();
    },
    goOn: () => {
      stoodAt = null;
    },
  };
}
