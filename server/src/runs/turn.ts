import type { Tx } from '../lib/tx.ts';
import type { Drive } from './drive-state.ts';
import type { Run } from './run.ts';
import { type IdleState, moveCells } from './store/bulk-store.ts';
import type { ClaimedCell } from './store/cell-store.ts';
import type { Advance, CountChanges } from './store/lease-store.ts';

/** How many cells one transaction moves at most: a run of a million gives way to others and keeps its lease. */
export const CHUNK = 5_000;

/** What one turn changes beside the cells it writes. Kept apart from the drive until the transaction is committed. */
export interface Turn {
  tx: Tx;
  drive: Drive;
  run: Run;
  counts: CountChanges;
  /** Calls this transaction adds to those of the run. */
  callsWritten: number;
  change: Partial<Advance>;
  changedRows: string[];
  changedMore: boolean;
  claimed: ClaimedCell[];
  cursor: number;
  thawLeft: number;
  isFrozen: boolean;
  isOver: boolean;
  /** More of the same is to be done at once. */
  isAgain: boolean;
  isDry: boolean;
  /** Jobs at the provider are given up with the run. */
  areJobsLeft: boolean;
}

/** Moves idle cells of the run, and its counters with them. Returns how many. */
export async function move(
  turn: Turn,
  from: IdleState,
  to: 'queued' | 'waiting_for_connection' | 'out_of_credits' | 'over_budget' | 'error',
  message: string | null,
  detail?: object,
  limit = CHUNK,
): Promise<number> {
  const target = { state: to, message, ...(detail ? { detail } : {}) };
  const moved = await moveCells(turn.tx, turn.run, from, target, limit);
  add(turn, from, -moved);
  add(turn, to, moved);
  if (moved > 0) turn.changedMore = turn.isAgain = true;
  if (to === 'queued' && moved > 0) Object.assign(turn, { cursor: -1, isDry: false });
  return moved;
}

/** Nothing of the run is left to do. Counters of rows that were deleted meanwhile have no cell any more. */
export function settle(turn: Turn, state: Run['state']): void {
  const { run } = turn;
  const seconds = run.startedAt === null ? 0 : (Date.now() - run.startedAt.getTime()) / 1000;
  const settled = run.total ?? 0;
  turn.isOver = true;
  turn.change = {
    ...turn.change,
    state,
    isSettled: true,
    waitingFor: null,
    countsAtEnd: { queued: 0, running: 0, waiting_for_connection: 0, out_of_credits: 0 },
    rowsPerSecond: seconds > 0 ? Math.round((settled / seconds) * 10) / 10 : 0,
  };
  if (state === 'done') turn.change.message = null;
}

export function add(turn: Turn, name: keyof CountChanges, by: number): void {
  turn.counts[name] = (turn.counts[name] ?? 0) + by;
}
