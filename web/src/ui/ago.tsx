import { useSyncExternalStore } from 'react';
import { exactTime, lastingTime, relativeTime } from '../lib/format.ts';

interface Props {
  at: string | null | undefined;
  never?: string;
  /** How long it has been so, rather than when it came about. */
  isLasting?: boolean;
}

/** A moment in relative words; the exact one on hover. */
export function Ago({ at, never = 'Never', isLasting = false }: Props) {
  // Drawn anew only when the words change.
  const words = useSyncExternalStore(everyHalfMinute, () =>
    at == null ? never : (isLasting ? lastingTime : relativeTime)(at),
  );
  if (at === null || at === undefined) return <span>{words}</span>;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {words}
    </time>
  );
}

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all of them, so that "just now" does not stay. */
function everyHalfMinute(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 30_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
