/** Something that many may ring and one waits for. A ring while nobody waits is not lost. */
export interface Bell {
  ring(): void;
  /** Returns at the next ring, or after `ms`. */
  wait(ms: number): Promise<void>;
}

/** Rung for each call of a run: nothing is made or thrown for it but a timer. */
export function createBell(): Bell {
  let isRung = false;
  let wakeUp: (() => void) | null = null;
  return {
    ring: () => {
      isRung = true;
      wakeUp?.();
    },
    wait: async (ms) => {
      if (!isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(ms, LONGEST_MS));
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        wakeUp = null;
      }
      isRung = false;
    },
  };
}

/** A timer takes no more than 31 bits; waking up too early does no harm. */
const LONGEST_MS = 60_000;
