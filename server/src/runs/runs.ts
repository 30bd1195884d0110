import type { CreateRun, RunEstimate } from '@keyrail/contract/runs';
import type { ColumnAction } from '@keyrail/contract/tables';
import type { ExecuteDeps } from '../actions/execute.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { connectionHealed as connectionHealedJob } from '../connections/announce.ts';
import type { Connections } from '../connections/connections.ts';
import { type Task, task } from '../jobs/job.ts';
import type { Transact } from '../lib/tx.ts';
import type { RowAccess } from '../tables/row-access.ts';
import type { Who } from '../workspaces/who.ts';
import type { CellView, SettledCell } from './cell.ts';
import {
  type CommandDeps,
  cancelRun,
  connectionHealed,
  pauseRun,
  required,
  resumeRun,
  startRun,
} from './commands.ts';
import { estimateRun } from './estimate.ts';
import type { Executor } from './executor.ts';
import { runWork } from './job.ts';
import type { NamedRun } from './run.ts';
import { findCell } from './store/cell-view-store.ts';
import { findRun, listRuns } from './store/run-store.ts';
import { tryOut } from './try-out.ts';

export interface RunsDeps {
  transact: Transact;
  tables: Pick<RowAccess, 'readTable' | 'readRows'>;
  catalogs: Catalogs;
  connections: Pick<Connections, 'resolve' | 'credentialSource'>;
  actions: ExecuteDeps;
  executor: Pick<Executor, 'wake' | 'heed'>;
}

/** What people and tokens do with runs. Unknown and foreign ids alike: AppError `not_found`. */
export interface Runs {
  /** Throws `conflict` (with `run_id`) while another run of the column is not over. */
  start(who: Who, tableId: string, columnId: string, wanted: CreateRun): Promise<NamedRun>;
  estimate(who: Who, tableId: string, columnId: string, wanted: CreateRun): Promise<RunEstimate>;
  tryOut(
    who: Who,
    tableId: string,
    action: ColumnAction,
    rowId: string,
    closed: AbortSignal,
  ): Promise<SettledCell>;
  cell(who: Who, tableId: string, rowId: string, columnId: string): Promise<CellView>;
  get(who: Who, runId: string): Promise<NamedRun>;
  /** Newest first. */
  list(who: Who, page: { tableId: string | null; limit: number; before: string | null }): Promise<NamedRun[]>;
  /** Each is without effect on a run that is that way already; `conflict` on one that is over. */
  pause(who: Who, runId: string): Promise<NamedRun>;
  resume(who: Who, runId: string): Promise<NamedRun>;
  cancel(who: Who, runId: string): Promise<NamedRun>;
}

export function createRuns(deps: RunsDeps): Runs {
  return {
    start: (who, tableId, columnId, wanted) => startRun(deps, who, tableId, columnId, wanted),
    estimate: (who, tableId, columnId, wanted) => estimateRun(deps, who, tableId, columnId, wanted),
    tryOut: (who, tableId, action, rowId, closed) => tryOut(deps, who, tableId, action, rowId, closed),
    cell: (who, tableId, rowId, columnId) => cellOf(deps, who, tableId, rowId, columnId),
    get: (who, runId) =>
      deps.transact(
        who.workspaceId,
        async (tx) => required(await findRun(tx, who.workspaceId, runId)),
        'read',
      ),
    list: (who, page) => deps.transact(who.workspaceId, (tx) => listRuns(tx, who.workspaceId, page), 'read'),
    pause: (who, runId) => pauseRun(deps, who, runId),
    resume: (who, runId) => resumeRun(deps, who, runId),
    cancel: (who, runId) => cancelRun(deps, who, runId),
  };
}

/** A cell that was never run is empty, if row and column are there. */
async function cellOf(
  deps: RunsDeps,
  who: Who,
  tableId: string,
  rowId: string,
  columnId: string,
): Promise<CellView> {
  return deps.transact(who.workspaceId, async (tx) => {
    const { columns } = await deps.tables.readTable(tx, who.workspaceId, tableId);
    required(columns.find((column) => column.id === columnId && column.type === 'action') ?? null);
    const cell = await findCell(tx, who.workspaceId, columnId, rowId);
    if (cell !== null) return cell;
    required((await deps.tables.readRows(tx, who.workspaceId, tableId, [rowId]))[0] ?? null);
    const nothing = { value: null, outputs: {}, message: null, trace: null, body: null, runId: null };
    return { rowId, columnId, state: 'empty', ...nothing, updatedAt: null };
  });
}

/** The jobs of this room, for the worker. */
export function runTasks(deps: Pick<CommandDeps, 'transact'>, executor: Pick<Executor, 'wake'>): Task[] {
  return [
    task(runWork, async ({ workspace_id, run_id }) => {
      executor.wake({ workspaceId: workspace_id, runId: run_id });
    }),
    task(connectionHealedJob, ({ workspace_id, integration }) =>
      connectionHealed(deps, workspace_id, integration),
    ),
  ];
}
