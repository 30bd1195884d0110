import { sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';
import type { NamedRun, Run } from '../run.ts';
import { type RunRecord, runOf } from './run-record.ts';

export interface NewRun {
  id: string;
  workspaceId: string;
  tableId: string;
  columnId: string;
  scope: Run['scope'];
  firstRows: number | null;
  rowIds: readonly string[] | null;
  maxCalls: number | null;
  action: Run['action'];
  allowedConnectionIds: readonly string[] | null;
  createdBy: string | null;
  tokenId: string | null;
  createdByLabel: string;
}

/** False: another run of the column is not over. */
export async function insertRun(tx: Tx, run: NewRun): Promise<boolean> {
  const { rows } = await sql`
    insert into runs (id, workspace_id, table_id, column_id, scope, first_rows, row_ids, max_calls, action,
      allowed_connection_ids, created_by, token_id, created_by_label)
    values (${run.id}, ${run.workspaceId}, ${run.tableId}, ${run.columnId}, ${run.scope}, ${run.firstRows},
      ${run.rowIds}::text[], ${run.maxCalls}, ${JSON.stringify(run.action)}::jsonb,
      ${run.allowedConnectionIds}::text[], ${run.createdBy}, ${run.tokenId}, ${run.createdByLabel})
    on conflict (column_id) where state in ('queued', 'running', 'paused', 'waiting') do nothing
    returning id`.execute(queries(tx));
  return rows.length === 1;
}

export async function findActiveRun(tx: Tx, workspaceId: string, columnId: string): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select id from runs where workspace_id = ${workspaceId} and column_id = ${columnId}
      and state in ('queued', 'running', 'paused', 'waiting')`.execute(queries(tx));
  return rows[0]?.id ?? null;
}

export async function findRun(
  tx: Tx,
  workspaceId: string,
  runId: string,
  lock = false,
): Promise<NamedRun | null> {
  const { rows } = await sql<RunRecord & { column_name: string }>`
    select runs.*, columns.name as column_name from runs join columns on columns.id = runs.column_id
    where runs.workspace_id = ${workspaceId} and runs.id = ${runId}
    ${lock ? sql`for no key update of runs` : sql``}`.execute(queries(tx));
  return rows[0] === undefined ? null : namedRunOf(rows[0]);
}

/** Newest first. */
export async function listRuns(
  tx: Tx,
  workspaceId: string,
  page: { tableId: string | null; limit: number; before: string | null },
): Promise<NamedRun[]> {
  const { rows } = await sql<RunRecord & { column_name: string }>`
    select runs.*, columns.name as column_name from runs join columns on columns.id = runs.column_id
    where runs.workspace_id = ${workspaceId}
      and (${page.tableId}::text is null or runs.table_id = ${page.tableId})
      and (${page.before}::text is null or runs.id < ${page.before})
    order by runs.id desc limit ${page.limit}`.execute(queries(tx));
  return rows.map(namedRunOf);
}

function namedRunOf(record: RunRecord & { column_name: string }): NamedRun {
  return { ...runOf(record), columnName: record.column_name };
}

/** What a person decides. The row is locked (`findRun` with lock). */
export async function decide(
  tx: Tx,
  workspaceId: string,
  runId: string,
  change: { state: Run['state']; reset?: Partial<Run['counts']>; wakeNow?: boolean; isSettled?: boolean },
): Promise<void> {
  const isEnd = change.state === 'cancelled';
  const { queued = 0, waiting_for_connection = 0, out_of_credits = 0 } = change.reset ?? {};
  await sql`
    update runs set state = ${change.state},
      finished_at = case when ${isEnd} then now() else finished_at end,
      message = case when ${change.state} = 'waiting' then message end,
      wake_at = case when ${change.wakeNow ?? false} then now() else wake_at end,
      unsettled = unsettled and not ${change.isSettled ?? false},
      queued = queued - ${queued}, waiting_for_connection = waiting_for_connection - ${waiting_for_connection},
      out_of_credits = out_of_credits - ${out_of_credits}
    where workspace_id = ${workspaceId} and id = ${runId}`.execute(queries(tx));
}

/** Runs that wait and whose action is one of this integration: now is the time to try again. Returns their ids. */
export async function wakeWaiting(tx: Tx, workspaceId: string, integration: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update runs set wake_at = now(), waits = 0
    where workspace_id = ${workspaceId} and state = 'waiting' and action ->> 'integration' = ${integration}
    returning id`.execute(queries(tx));
  return rows.map((row) => row.id);
}
