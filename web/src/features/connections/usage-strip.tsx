import type { UsageBucket } from '@keyrail/sdk/shapes';
import { useQuery } from '@tanstack/react-query';
import { count, dayOf, number } from '../../lib/format.ts';
import { usageQuery } from '../../lib/queries.ts';
import { Failed } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './connection-drawer.module.css';

const days = 30;
const dayMs = 86_400_000;
const stripHeight = 52;

/** Calls and errors of each of the last 30 days. */
export function UsageStrip({ connectionId }: { connectionId: string }) {
  const usage = useQuery(usageQuery(connectionId));
  if (usage.isPending) return <Skeleton height={57} />;
  if (usage.isError) return <Failed error={usage.error} retry={() => void usage.refetch()} />;
  const perDay = byDay(usage.data.data);
  const most = Math.max(1, ...perDay.map((day) => day.calls));
  const calls = perDay.reduce((sum, day) => sum + day.calls, 0);
  const errors = perDay.reduce((sum, day) => sum + day.errors, 0);
  return (
    <div role="img" aria-label={`${count(calls, 'call')}, ${count(errors, 'error')} in the last 30 days`}>
      <div className={styles.strip}>
        {perDay.map((day) => {
          const height = day.calls === 0 ? 0 : Math.max(2, (day.calls / most) * stripHeight);
          const errorHeight = day.calls === 0 ? 0 : (day.errors / day.calls) * height;
          return (
            <span
              key={day.at}
              className={styles.day}
              title={`${dayOf(new Date(day.at).toISOString())}: ${count(day.calls, 'call')}, ${count(day.errors, 'error')}`}
            >
              <span className={styles.errors} style={{ height: errorHeight }} />
              <span className={styles.calls} style={{ height: height - errorHeight }} />
            </span>
          );
        })}
      </div>
      <div className={styles.stripFoot}>
        <span>30 days ago</span>
        <span className="k-num">
          {count(calls, 'call')} · {number(errors)} {errors === 1 ? 'error' : 'errors'}
        </span>
        <span>Today</span>
      </div>
    </div>
  );
}

/** One entry per day up to today, quiet ones too; the server leaves those out and may answer by the hour. */
function byDay(buckets: UsageBucket[]): { at: number; calls: number; errors: number }[] {
  const today = Math.floor(Date.now() / dayMs);
  const perDay = Array.from({ length: days }, (_, back) => ({
    at: (today - (days - 1 - back)) * dayMs,
    calls: 0,
    errors: 0,
  }));
  for (const bucket of buckets) {
    const day = perDay[days - 1 - (today - Math.floor(Date.parse(bucket.from) / dayMs))];
    if (day === undefined) continue;
    day.calls += bucket.calls;
    day.errors += bucket.errors;
  }
  return perDay;
}
