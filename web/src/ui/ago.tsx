import { useEffect, useState } from 'react';
import { exactTime, relativeTime } from '../lib/format.ts';

/** A moment in relative words; the exact one on hover. */
export function Ago({ at, never = 'Never' }: { at: string | null | undefined; never?: string }) {
  const now = useMinute();
  if (at === null || at === undefined) return <span>{never}</span>;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}

/** The present, renewed every half minute so that "just now" does not stay. */
function useMinute(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
