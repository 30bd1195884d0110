import type { CellCounts, RunScope, RunState } from '@keyrail/contract/runs';
import type { CellState, ColumnAction } from '@keyrail/contract/tables';

/** One execution of an action column over a set of rows, as it stands in the database. */
export interface Run {
  id: string;
  workspaceId: string;
  tableId: string;
  columnId: string;
  state: RunState;
  waitingFor: 'connection' | 'credits' | null;
  /** How often in a row it had to wait: the pause before the next try grows with it. */
  waits: number;
  message: string | null;
  scope: RunScope;
  maxCalls: number | null;
  /** What the column said when the run was started. */
  action: ColumnAction;
  connectionId: string | null;
  allowedConnectionIds: string[] | null;
  /** Null until its cells are marked `queued`. */
  total: number | null;
  counts: CellCounts;
  /** No cell of it is queued, running or waiting any more. */
  isSettled: boolean;
  calls: number;
  credits: number | null;
  rowsPerSecond: number;
  generation: number;
  /** Whose right it goes on by: this person's and, where a token started it, the token's too. */
  createdBy: string | null;
  tokenId: string | null;
  createdByLabel: string;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** A run with the name its column has now. */
export type NamedRun = Run & { columnName: string };

export function isOver(state: RunState): boolean {
  return state === 'done' || state === 'cancelled' || state === 'failed';
}

/** States a cell ends in; everything else has work left. */
export type SettledState = Exclude<CellState, 'empty' | 'queued' | 'running' | 'stale'>;

/** How many cells have something left to do. */
export function cellsLeft(counts: CellCounts): number {
  return counts.queued + counts.running + counts.waiting_for_connection + counts.out_of_credits;
}
