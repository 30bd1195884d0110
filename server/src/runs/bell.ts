import type { Clock } from '../lib/clock.ts';

/** Something that many may ring and one waits for. A ring while nobody waits is not lost. */
export interface Bell {
  ring(): void;
  /** Returns at the next ring, or after `ms`. */
  wait(ms: number): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let isRung = false;
  let waiting: AbortController | null = null;
  return {
    ring: () => {
      isRung = true;
      waiting?.abort();
    },
    wait: async (ms) => {
      if (!isRung) {
        waiting = new AbortController();
        await clock.sleep(ms, waiting.signal).catch(() => {});
        waiting = null;
      }
      isRung = false;
    },
  };
}
