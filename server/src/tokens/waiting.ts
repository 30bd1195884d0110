/** Calls of this process that wait until somebody has renewed a token. */
export interface Waiting {
  /**
   * From now on hears of changes; take it before looking at the row, so that none falls in between. `wait` resolves at the
   * next change, or after `ms`.
   */
  ear(key: string): { wait(ms: number): Promise<void>; close(): void };
  /** Null: everybody, since something may have been missed. */
  wake(key: string | null): void;
}

export function createWaiting(): Waiting {
  const ears = new Map<string, Set<() => void>>();
  return {
    ear: (key) => {
      let hasHeard = false;
      let resolve: (() => void) | null = null;
      const hear = () => {
        hasHeard = true;
        resolve?.();
      };
      const listening = ears.get(key) ?? new Set();
      ears.set(key, listening.add(hear));
      return {
        wait: async (ms) => {
          if (!hasHeard) await heardOrLate(ms, (done) => (resolve = done));
          hasHeard = false;
          resolve = null;
        },
        close: () => {
          listening.delete(hear);
          if (listening.size === 0 && ears.get(key) === listening) ears.delete(key);
        },
      };
    },
    wake: (key) => {
      const woken = key === null ? [...ears.values()] : [ears.get(key) ?? []];
      for (const listening of woken) for (const hear of [...listening]) hear();
    },
  };
}

function heardOrLate(ms: number, onSet: (done: () => void) => void): Promise<void> {
  return new Promise((done) => {
    const late = setTimeout(done, ms);
    onSet(() => {
      clearTimeout(late);
      done();
    });
  });
}
