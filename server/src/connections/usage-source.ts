import type { Tx } from '../lib/tx.ts';

/** Calls of one hour with one kind of outcome, as outbound counts them. */
export interface UsageSum {
  startsAt: Date;
  /** `2xx` to `5xx`, or why there was no answer. */
  statusClass: string;
  calls: number;
  latencyMsSum: number;
}

/** Declared here, filled in by compose from outbound's counts: sums by the hour, oldest first. */
export type UsageSource = (
  tx: Tx,
  workspaceId: string,
  connectionId: string,
  since: Date,
) => Promise<readonly UsageSum[]>;

export interface UsageHour {
  from: Date;
  calls: number;
  errors: number;
  averageMs: number;
}

/** One entry per hour that had calls; what came back as 2xx or 3xx is no error. */
export function hoursOf(sums: readonly UsageSum[]): UsageHour[] {
  const hours = new Map<number, { calls: number; errors: number; latencyMs: number }>();
  for (const sum of sums) {
    const hour = hours.get(sum.startsAt.getTime()) ?? { calls: 0, errors: 0, latencyMs: 0 };
    hour.calls += sum.calls;
    if (!/^[23]xx$/.test(sum.statusClass)) hour.errors += sum.calls;
    hour.latencyMs += sum.latencyMsSum;
    hours.set(sum.startsAt.getTime(), hour);
  }
  return [...hours]
    .sort(([a], [b]) => a - b)
    .map(([from, { calls, errors, latencyMs }]) => ({
      from: new Date(from),
      calls,
      errors,
      averageMs: calls === 0 ? 0 : Math.round((latencyMs / calls) * 10) / 10,
    }));
}
