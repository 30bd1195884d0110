const WINDOW_MS = 10_000;
const STEP_MS = 250;

/** How many rows a second were settled over the last ten seconds (or since the beginning, where that is shorter). */
export interface Pace {
  add(rows: number): void;
  rowsPerSecond(): number;
}

export function createPace(nowMs: () => number): Pace {
  const startedAt = nowMs();
  /** Ten seconds in steps: `[step number, rows]`. */
  const steps: [number, number][] = [];
  const stepOf = (ms: number) => Math.floor(ms / STEP_MS);
  return {
    add: (rows) => {
      const step = stepOf(nowMs());
      const last = steps.at(-1);
      if (last?.[0] === step) last[1] += rows;
      else steps.push([step, rows]);
    },
    rowsPerSecond: () => {
      const now = nowMs();
      const oldest = stepOf(now - WINDOW_MS);
      while (steps[0] !== undefined && steps[0][0] < oldest) steps.shift();
      const rows = steps.reduce((sum, step) => sum + step[1], 0);
      const elapsedMs = Math.min(WINDOW_MS, Math.max(STEP_MS, now - startedAt));
      return Math.round((rows / elapsedMs) * 10_000) / 10;
    },
  };
}
