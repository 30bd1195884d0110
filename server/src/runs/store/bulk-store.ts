import { type RawBuilder, sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Run } from '../run.ts';
import { scopeCondition, scopedRows } from './scope-sql.ts';

type Place = Pick<Run, 'id' | 'workspaceId' | 'tableId' | 'columnId'>;

/** Cells of a run in which something is left to do, other than those in flight. */
export type IdleState = 'queued' | 'waiting_for_connection' | 'out_of_credits';

/** So many positions at a time: no statement takes longer than one may, and a table of a million rows is twenty of them. */
const POSITIONS_AT_ONCE = 50_000;

/**
 * Marks the rows of a run's scope as queued; what a cell was before is kept for a cancel. Cells of a cancelled run whose
 * call is still in flight are left to it. All in the caller's transaction: a run has all of its cells or none.
 */
export async function queueCells(tx: Tx, runId: string, workspaceId: string): Promise<number> {
  const { rows } = await sql<QueuedRun>`
    select id, workspace_id, table_id, column_id, scope, first_rows, row_ids from runs
    where workspace_id = ${workspaceId} and id = ${runId}`.execute(queries(tx));
  const run = rows[0];
  if (run === undefined) return 0;
  if (run.scope === 'only_errors') return queueFailed(tx, run);
  const scope = { scope: run.scope, firstRows: run.first_rows, rowIds: run.row_ids };
  const rowsOfScope = scopedRows(workspaceId, run.table_id, scope);
  const ends = await sql<{ first: number | null; last: number | null }>`
    select min(position) as first, max(position) as last from ${rowsOfScope} r`.execute(queries(tx));
  const { first = null, last = null } = ends.rows[0] ?? {};
  let queued = 0;
  for (let from = first ?? 0; last !== null && from <= last; from += POSITIONS_AT_ONCE) {
    queued += await queueBetween(tx, run, from, Math.min(last + 1, from + POSITIONS_AT_ONCE));
  }
  return queued;
}

interface QueuedRun {
  id: string;
  workspace_id: string;
  table_id: string;
  column_id: string;
  scope: Run['scope'];
  first_rows: number | null;
  row_ids: string[] | null;
}

/**
 * No join with the cells that are there: while this very statement fills the table, the planner may take it for empty and
 * walk all of it for each row. The primary key finds them, and the scope decides over each.
 */
async function queueBetween(tx: Tx, run: QueuedRun, from: number, to: number): Promise<number> {
  const isChosen = run.scope === 'selected' ? sql`r.id = any(${run.row_ids ?? []}::text[])` : sql`true`;
  const { numAffectedRows } = await sql`
    insert into action_cells as c (workspace_id, table_id, column_id, row_id, state, run_id, position)
    select r.workspace_id, r.table_id, ${run.column_id}, r.id, 'queued', ${run.id}, r.position
    from table_rows r
    where r.workspace_id = ${run.workspace_id} and r.table_id = ${run.table_id}
      and r.position >= ${from} and r.position < ${to} and ${isChosen}
    on conflict (column_id, row_id) do update set ${takenBy(run)}
    where c.state <> 'running' and ${scopeCondition(run.scope)}`.execute(queries(tx));
  return Number(numAffectedRows ?? 0);
}

/** For what asks for cells that are there: rows never run stay out. */
async function queueFailed(tx: Tx, run: QueuedRun): Promise<number> {
  const { numAffectedRows } = await sql`
    update action_cells c set ${takenBy(run)}
    where c.workspace_id = ${run.workspace_id} and c.column_id = ${run.column_id}
      and ${scopeCondition(run.scope)}`.execute(queries(tx));
  return Number(numAffectedRows ?? 0);
}

/**
 * A job that is remembered with its cell is asked for once more, by all but a forced run: that leaves it, once the cell's turn
 * comes, and submits anew. Until then it is kept, for a cancel.
 */
function takenBy(run: QueuedRun): RawBuilder<unknown> {
  const poll = run.scope === 'forced' ? sql`c.poll || '{"isLeft":true}'` : sql`c.poll - 'isLeft'`;
  return sql`state = 'queued', run_id = ${run.id}, due_at = null, updated_at = now(), poll = ${poll}, prior_state = case
    when c.state in ('queued', 'waiting_for_connection', 'out_of_credits') then c.prior_state else c.state end`;
}

/** Moves up to `limit` idle cells from one state to another. Returns how many. */
export async function moveCells(
  tx: Tx,
  run: Place,
  from: IdleState,
  to: { state: string; message: string | null; detail?: object },
  limit: number,
): Promise<number> {
  const isOver = to.state === 'error' || to.state === 'over_budget';
  const { numAffectedRows } = await sql`
    with idle as materialized (
      select row_id from action_cells
      where workspace_id = ${run.workspaceId} and run_id = ${run.id} and state = ${from}
      order by position limit ${limit}
    )
    update action_cells c set state = ${to.state}, message = ${to.message},
      prior_state = case when ${isOver} then null else c.prior_state end,
      detail = case when ${isOver} then ${JSON.stringify(to.detail ?? {})}::jsonb else c.detail end,
      value = case when ${isOver} then null else c.value end,
      updated_at = now()
    from idle where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = idle.row_id`.execute(
    queries(tx),
  );
  return Number(numAffectedRows ?? 0);
}

/** Up to `limit` idle cells go back to what they were before the run took them. Returns how many. */
export async function resetCells(tx: Tx, run: Place, from: IdleState, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with idle as materialized (
      select row_id, prior_state from action_cells
      where workspace_id = ${run.workspaceId} and run_id = ${run.id} and state = ${from}
      order by position limit ${limit}
    ), dropped as (
      delete from action_cells c using idle
      where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = idle.row_id
        and idle.prior_state is null
      returning 1
    ), restored as (
      update action_cells c set state = idle.prior_state, prior_state = null, due_at = null, updated_at = now(),
        message = case when idle.prior_state = 'done' then null else c.message end
      from idle
      where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = idle.row_id
        and idle.prior_state is not null
      returning 1
    )
    select ((select count(*) from dropped) + (select count(*) from restored))::int as count`.execute(
    queries(tx),
  );
  return rows[0]?.count ?? 0;
}
