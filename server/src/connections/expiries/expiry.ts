import type { ExpiryKind, Expiry as ShownExpiry } from '@keyrail/contract/expiries';

/** One end of one thing, or a date by which it is to be replaced. The row is kept up by triggers of the database. */
export interface Expiry {
  /** The same as long as thing and end are the same. */
  id: string;
  workspaceId: string;
  kind: ExpiryKind;
  source: ShownExpiry['source'];
  endsAt: Date;
  subject: { kind: ShownExpiry['subject']['kind']; id: string };
  /** Of an API token; what has another name by and by is asked for it. */
  subjectName: string | null;
  /** Warnings that were due before would have said what was known. */
  warnsFrom: Date;
  /** The last warning that was given, in days ahead; 0: afterwards; null: none. */
  warnedDays: number | null;
  /** False: it ends no more, or otherwise, and people were told of it. */
  isCurrent: boolean;
}

export const WARN_DAYS = [30, 7, 1] as const;
const DAY_MS = 86_400_000;

type Times = Pick<Expiry, 'source' | 'endsAt' | 'warnsFrom' | 'warnedDays'>;

/**
 * The warning to give now; null: none. Each is given once, and where several became due while nothing ran, the last of them
 * stands for all. What ended meanwhile without a word is said once, afterwards (0).
 */
export function warningDue(times: Times, now: Date): number | null {
  const due = left(times).filter((days) => warningAt(times, days) <= now);
  if (due.length === 0) return null;
  if (times.endsAt > now) return Math.min(...due);
  return times.warnedDays === null ? 0 : null;
}

/** When the next warning is due; null: all have been given. */
export function nextWarningAt(times: Times, now: Date): Date | null {
  if (times.endsAt <= now) return null;
  const [next] = left(times);
  return next === undefined ? null : warningAt(times, next);
}

/**
 * Those that were not given yet, the earliest first. Where none could be, that it has ended is said then (0); of an access that
 * the tool ends, its refusal says so.
 */
function left({ source, endsAt, warnsFrom, warnedDays }: Times): number[] {
  const end = source === 'credential' || source === 'entered' ? [0] : [];
  const steps = warnedDays === null ? [...WARN_DAYS, ...end] : WARN_DAYS.filter((days) => days < warnedDays);
  return steps.filter((days) => warningAt({ endsAt }, days).getTime() >= warnsFrom.getTime());
}

function warningAt({ endsAt }: Pick<Times, 'endsAt'>, days: number): Date {
  return new Date(endsAt.getTime() - days * DAY_MS);
}
