import type { CellState } from '@keyrail/contract/tables';
import type { PollState } from '../actions/outcome.ts';
import type { SettledState } from './run.ts';

/** A result, as it is stored with its cell. */
export interface SettledCell {
  rowId: string;
  state: SettledState;
  value: unknown;
  outputs: Record<string, unknown> | null;
  message: string | null;
  detail: CellTrace;
  body: string | null;
  /** Kept where the job at the provider may go on. */
  poll: PollState | null;
}

/** How a cell came about; the detail column. */
export interface CellTrace {
  next_step: string | null;
  provider_message: string | null;
  connection_id: string | null;
  request: { method: string; host: string; path: string } | null;
  response_status: number | null;
  duration_ms: number | null;
}

/** The whole of a cell. */
export interface CellView {
  rowId: string;
  columnId: string;
  state: CellState;
  value: unknown;
  outputs: Record<string, unknown>;
  message: string | null;
  trace: CellTrace | null;
  body: string | null;
  runId: string | null;
  updatedAt: Date | null;
}
