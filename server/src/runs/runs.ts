import type { Page } from '@keyrail/contract/page';
import type { CreateRun, RunEstimate, Run as ShownRun, tryout } from '@keyrail/contract/runs';
import type { CellDetail, ColumnAction } from '@keyrail/contract/tables';
import type { z } from 'zod';
import type { Who } from '../workspaces/who.ts';

export type Tryout = z.infer<typeof tryout>;

/** What people and tokens do with runs. Unknown and foreign ids alike: AppError `not_found`. */
export interface Runs {
  /** Throws `conflict` (naming the run, `run_id`) while another one of the column is not over. */
  start(who: Who, tableId: string, columnId: string, wanted: CreateRun): Promise<ShownRun>;
  estimate(who: Who, tableId: string, columnId: string, wanted: CreateRun): Promise<RunEstimate>;
  tryOut(who: Who, tableId: string, action: ColumnAction, rowId: string): Promise<Tryout>;
  cell(who: Who, tableId: string, rowId: string, columnId: string): Promise<CellDetail>;
  get(who: Who, runId: string): Promise<ShownRun>;
  list(
    who: Who,
    query: { table_id?: string | undefined; limit: number; cursor?: string | undefined },
  ): Promise<Page<ShownRun>>;
  /** Each is without effect on a run that is that way already; `conflict` on one that is over. */
  pause(who: Who, runId: string): Promise<ShownRun>;
  resume(who: Who, runId: string): Promise<ShownRun>;
  cancel(who: Who, runId: string): Promise<ShownRun>;
  /** For CONNECTION: it works again, or there is one where there was none: runs that wait for it go on. */
  connectionHealed(workspaceId: string, connection: { id: string; integration: string }): Promise<void>;
}
