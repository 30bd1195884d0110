import type { tryout } from '@keyrail/contract/runs';
import type { ColumnAction } from '@keyrail/contract/tables';
import type { z } from 'zod';
import { type ExecuteDeps, execute } from '../actions/execute.ts';
import type { ActionOutcome, PollState } from '../actions/outcome.ts';
import type { PreparedAction } from '../actions/prepare.ts';
import { AppError } from '../lib/app-error.ts';
import { actionProblems } from '../tables/action-column.ts';
import type { Who } from '../workspaces/who.ts';
import type { SettledCell } from './cell.ts';
import { type CommandDeps, refuseWithoutUse, required } from './commands.ts';
import { type FootingDeps, findFooting } from './footing.ts';
import { inputsOf, planOf } from './plan.ts';
import { settledCell, traceOf } from './settle.ts';
import { readInputs } from './store/cell-store.ts';

export type Tryout = z.infer<typeof tryout>;

interface TryOutDeps extends CommandDeps, FootingDeps {
  actions: ExecuteDeps;
}

const PATIENCE_MS = 15_000;
const LONGEST_MS = 60_000;

/** Runs an action on one row. Nothing is saved; the call counts as any other. */
export async function tryOut(
  deps: TryOutDeps,
  who: Who,
  tableId: string,
  action: ColumnAction,
  rowId: string,
  closed: AbortSignal,
): Promise<SettledCell> {
  refuseWithoutUse(who);
  const { workspaceId } = who;
  const catalog = await deps.catalogs.of(workspaceId);
  const { plan, values } = await deps.transact(workspaceId, async (tx) => {
    const { columns } = await deps.tables.readTable(tx, workspaceId, tableId);
    const problems = actionProblems(catalog, columns, action, null);
    if (problems.length > 0) throw new AppError('invalid_input', { fields: problems });
    const plan = planOf(action, columns, null);
    const place = { workspaceId, tableId, columnId: '' };
    return { plan, values: required(await readInputs(tx, place, rowId, plan.places)) };
  });
  const allowedConnectionIds = who.connectionIds === null ? null : [...who.connectionIds];
  const footing = await findFooting(deps, { workspaceId, action, allowedConnectionIds });
  if (footing.kind === 'ready')
    return untilSettled(deps, footing.prepared, inputsOf(plan, values), rowId, closed);
  const detail = traceOf(null, { nextStep: 'nextStep' in footing ? footing.nextStep : null });
  const state = footing.kind === 'broken' ? 'waiting_for_connection' : 'error';
  return {
    rowId,
    state,
    value: null,
    outputs: null,
    message: footing.message,
    detail,
    body: null,
    poll: null,
  };
}

/** Asks for a job at the provider until it is done, for as long as a person waits. */
async function untilSettled(
  deps: TryOutDeps,
  prepared: PreparedAction,
  inputs: Record<string, unknown>,
  rowId: string,
  closed: AbortSignal,
): Promise<SettledCell> {
  const { clock } = deps.actions;
  const until = clock.now().getTime() + LONGEST_MS;
  let poll: PollState | null = null;
  for (;;) {
    const call = { prepared, inputs, poll, consumer: 'tryout', patienceMs: PATIENCE_MS, signal: closed };
    const outcome: ActionOutcome = await execute(deps.actions, call);
    if (outcome.kind === 'pending' && clock.now().getTime() + outcome.afterSeconds * 1000 < until) {
      poll = outcome.poll;
      await clock.sleep(outcome.afterSeconds * 1000, closed);
      continue;
    }
    return unfinished(prepared, rowId, outcome) ?? settledCell(rowId, outcome as Settled, poll);
  }
}

type Settled = Parameters<typeof settledCell>[1];

function unfinished(prepared: PreparedAction, rowId: string, outcome: ActionOutcome): SettledCell | null {
  const { name } = prepared.definition;
  const because =
    outcome.kind === 'later'
      ? `${outcome.message} Try again in ${Math.ceil(outcome.afterSeconds)} seconds.`
      : outcome.kind === 'pending'
        ? `${name} is still working on it. A run would go on asking for the result.`
        : outcome.kind === 'cancelled'
          ? 'The try-out was stopped.'
          : null;
  if (because === null) return null;
  const trace = 'trace' in outcome ? outcome.trace : null;
  const detail = traceOf(trace, {});
  const body = trace?.body ?? null;
  return { rowId, state: 'error', value: null, outputs: null, message: because, detail, body, poll: null };
}
