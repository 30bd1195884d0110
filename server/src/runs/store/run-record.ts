import type { RunScope, RunState } from '@keyrail/contract/runs';
import { type ColumnAction, columnAction } from '@keyrail/contract/tables';
import type { Selectable } from 'kysely';
import type { DB } from '../../db/schema.ts';
import type { Run } from '../run.ts';

export type RunRecord = Selectable<DB['runs']>;

/** Names of the counters, which are also the cell states they count. */
export const COUNTED = [
  'queued',
  'running',
  'done',
  'no_result',
  'skipped',
  'error',
  'waiting_for_connection',
  'out_of_credits',
  'over_budget',
  'unknown',
] as const;
export type Counted = (typeof COUNTED)[number];

/** `action`: as it was read before; it never changes, and checking it again many times a second costs. */
export function runOf(record: RunRecord, action: ColumnAction = columnAction.parse(record.action)): Run {
  return {
    id: record.id,
    workspaceId: record.workspace_id,
    tableId: record.table_id,
    columnId: record.column_id,
    state: record.state as RunState,
    waitingFor: record.waiting_for as Run['waitingFor'],
    waits: record.waits,
    message: record.message,
    scope: record.scope as RunScope,
    maxCalls: record.max_calls,
    action,
    connectionId: record.connection_id,
    allowedConnectionIds: record.allowed_connection_ids,
    total: record.total,
    counts: Object.fromEntries(COUNTED.map((name) => [name, record[name]])) as Run['counts'],
    isSettled: !record.unsettled,
    calls: record.calls,
    credits: record.credits,
    rowsPerSecond: record.rows_per_second,
    generation: record.generation,
    createdBy: record.created_by,
    tokenId: record.token_id,
    createdByLabel: record.created_by_label,
    createdAt: record.created_at,
    startedAt: record.started_at,
    finishedAt: record.finished_at,
  };
}
