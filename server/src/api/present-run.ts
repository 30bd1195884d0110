import type { Run as ShownRun } from '@keyrail/contract/runs';
import type { CellDetail } from '@keyrail/contract/tables';
import type { CellView, SettledCell } from '../runs/cell.ts';
import type { NamedRun } from '../runs/run.ts';
import { cellsLeft, isOver } from '../runs/run.ts';
import type { Tryout } from '../runs/try-out.ts';

export function presentRun(run: NamedRun): ShownRun {
  const isMoving = run.state === 'running' && run.rowsPerSecond > 0;
  return {
    id: run.id as ShownRun['id'],
    table_id: run.tableId as ShownRun['table_id'],
    column_id: run.columnId as ShownRun['column_id'],
    column_name: run.columnName,
    state: run.state,
    message: run.message,
    connection_id: run.connectionId as ShownRun['connection_id'],
    scope: run.scope,
    max_calls: run.maxCalls,
    total: run.total ?? 0,
    counts: run.counts,
    calls: run.calls,
    credits: run.credits,
    rows_per_second: run.state === 'running' || isOver(run.state) ? run.rowsPerSecond : 0,
    remaining_seconds: isMoving ? Math.ceil(cellsLeft(run.counts) / run.rowsPerSecond) : null,
    created_by: run.createdByLabel,
    created_at: run.createdAt.toISOString(),
    started_at: run.startedAt?.toISOString() ?? null,
    finished_at: run.finishedAt?.toISOString() ?? null,
  };
}

export function presentCell(cell: CellView): CellDetail {
  return {
    column_id: cell.columnId as CellDetail['column_id'],
    ...presentTryout({ ...cell, detail: cell.trace }),
    run_id: cell.runId as CellDetail['run_id'],
    updated_at: cell.updatedAt?.toISOString() ?? null,
  };
}

type Tried = Pick<SettledCell, 'rowId' | 'value' | 'outputs' | 'message' | 'body'> & {
  state: CellDetail['state'];
  detail: SettledCell['detail'] | null;
};

export function presentTryout(cell: Tried): Tryout {
  const { detail } = cell;
  return {
    row_id: cell.rowId as CellDetail['row_id'],
    state: cell.state,
    value: (cell.value ?? null) as CellDetail['value'],
    outputs: (cell.outputs ?? {}) as CellDetail['outputs'],
    message: cell.message,
    next_step: detail?.next_step ?? null,
    provider_message: detail?.provider_message ?? null,
    connection_id: (detail?.connection_id ?? null) as CellDetail['connection_id'],
    request: detail?.request ?? null,
    response_status: detail?.response_status ?? null,
    response_body: cell.body,
    duration_ms: detail?.duration_ms ?? null,
  };
}
