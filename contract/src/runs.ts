import { z } from 'zod';
import { columnId, connectionId, rowId, runId, tableId } from './ids.ts';
import { timestamp } from './page.ts';
import { cellDetail, cellState, columnAction } from './tables.ts';

/**
 * Which rows a run takes. `first` (with `limit`) and `all` leave out cells that are done already; `only_empty`
 * takes cells never run, `only_errors` those that failed or are unknown; `selected` (with `row_ids`) and
 * `forced` (every row) run again whatever is there. A job that a tool was still working on when its time was over is asked for
 * once more; only `forced` starts a new one.
 */
export const runScope = z.enum(['first', 'selected', 'all', 'only_empty', 'only_errors', 'forced']);
export type RunScope = z.infer<typeof runScope>;

/**
 * queued → running ⇄ paused (by a person) | waiting (for a connection or credits) → done | cancelled | failed
 */
export const runState = z.enum(['queued', 'running', 'paused', 'waiting', 'done', 'cancelled', 'failed']);
export type RunState = z.infer<typeof runState>;

export const createRun = z.strictObject({
  scope: runScope,
  limit: z.int().min(1).max(1_000_000).optional().describe('With `first`: how many rows.'),
  row_ids: z.array(rowId).min(1).max(10_000).optional().describe('With `selected`.'),
  max_calls: z.int().min(1).optional().describe('The cap: cells beyond it end as over_budget.'),
});
export type CreateRun = z.infer<typeof createRun>;

const cellCounts = z.object({
  queued: z.int(),
  running: z.int(),
  done: z.int(),
  no_result: z.int(),
  skipped: z.int(),
  error: z.int(),
  waiting_for_connection: z.int(),
  out_of_credits: z.int(),
  over_budget: z.int(),
  unknown: z.int(),
});
export type CellCounts = z.infer<typeof cellCounts>;

export const run = z
  .object({
    id: runId,
    table_id: tableId,
    column_id: columnId,
    column_name: z.string(),
    state: runState,
    message: z.string().nullable().describe('Why it waits or failed: "Paused: reconnect Hunter.io".'),
    connection_id: connectionId.nullable(),
    scope: runScope,
    max_calls: z.int().nullable(),
    total: z.int().describe('Cells in this run; 0 until they are counted.'),
    counts: cellCounts,
    calls: z.int(),
    credits: z.number().nullable().describe("In the provider's credits, where documented."),
    rows_per_second: z.number(),
    remaining_seconds: z.number().nullable(),
    created_by: z.string().nullable(),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof run>;

/** `POST …/columns/{id}/estimate`, with the body of a run: what it would do, before it is started. */
export const runEstimate = z.object({
  rows: z.int(),
  calls: z.int().describe('Rows whose inputs are filled; the rest is skipped and costs nothing.'),
  skipped: z.int(),
  credits: z.number().nullable(),
  cost_note: z.string().nullable(),
  credits_left: z.string().nullable(),
  seconds_at_least: z
    .number()
    .nullable()
    .describe(
      "From the provider's documented limit; null where none is documented, or it comes to less than one.",
    ),
  problem: z
    .object({
      code: z.enum(['connection_missing', 'connection_broken', 'input_missing']),
      message: z.string(),
    })
    .nullable()
    .describe('What would stop the run right away.'),
});
export type RunEstimate = z.infer<typeof runEstimate>;

/** `POST /v1/tables/{id}/tryouts`: runs an action on one row without saving anything. */
export const createTryout = z.strictObject({ action: columnAction, row_id: rowId });
export const tryout = cellDetail.omit({ column_id: true, run_id: true, updated_at: true });

/**
 * `GET /v1/runs/{id}/events` is a stream of server-sent events. `progress` carries the run; `cells` the cells
 * that changed since the event before (at most 200; `more` says that there were more: load the rows again);
 * `end` the run once it is over, after which the stream closes.
 */
export const runEvents = {
  progress: run,
  cells: z.object({
    column_id: columnId,
    cells: z.array(z.object({ row_id: rowId, state: cellState, message: z.string().nullable() })),
    more: z.boolean(),
  }),
  end: run,
};
