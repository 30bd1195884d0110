import type { CreateRun, RunEstimate } from '@keyrail/contract/runs';
import { findAction, windowsOf } from '../actions/prepare.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { Connections } from '../connections/connections.ts';
import type { ResolvedConnection } from '../connections/resolve.ts';
import { AppError } from '../lib/app-error.ts';
import type { RateWindow } from '../outbound/call.ts';
import type { Who } from '../workspaces/who.ts';
import { isWithin } from './bounds.ts';
import { actionColumn, type CommandDeps, scopeOf } from './commands.ts';
import type { FootingDeps } from './footing.ts';
import { planOf } from './plan.ts';
import { countRows } from './store/estimate-store.ts';

interface EstimateDeps extends CommandDeps {
  catalogs: FootingDeps['catalogs'];
  connections: Pick<Connections, 'resolve'>;
}

/** What a run would do, before it is started. Nothing is sent and nothing changes. */
export async function estimateRun(
  deps: EstimateDeps,
  who: Who,
  tableId: string,
  columnId: string,
  wanted: CreateRun,
): Promise<RunEstimate> {
  const scope = { scope: wanted.scope, ...scopeOf(wanted) };
  const { workspaceId } = who;
  const catalog = await deps.catalogs.of(workspaceId);
  return deps.transact(workspaceId, async (tx) => {
    const { column, columns } = await actionColumn(deps, tx, workspaceId, tableId, columnId);
    const { integration, action: name, connection_id: connectionId } = column.action;
    const found = findAction(catalog, integration, name);
    if (found.kind !== 'found') throw new AppError('conflict', { detail: found.message });
    const { action, definition } = found;
    const plan = planOf(column.action, columns, columnId);
    const { rows, filled } = await countRows(tx, { workspaceId, tableId, columnId, scope, plan, action });
    const resolved = seen(
      who,
      await deps.connections.resolve(tx, workspaceId, { integration, connectionId }),
    );
    const calls = Math.min(filled, wanted.max_calls ?? filled);
    const credits = action.cost?.credits;
    return {
      rows,
      calls,
      skipped: rows - filled,
      credits: credits === undefined ? null : credits * calls,
      cost_note: action.cost?.note ?? null,
      credits_left: resolved.kind === 'usable' ? resolved.connection.creditsLeft : null,
      seconds_at_least: secondsAtLeast(windowsOf(definition, action), calls),
      problem: connectionProblem(definition.name, resolved) ?? lostInput(plan.lost, action),
    };
  });
}

/** A connection outside a token's bounds is to the token as one that is not there: nothing of it is told. */
function seen(who: Pick<Who, 'connectionIds'>, resolved: ResolvedConnection): ResolvedConnection {
  if (resolved.kind === 'missing' || isWithin(who.connectionIds, resolved)) return resolved;
  return { kind: 'missing', because: 'none' };
}

/** The time the tightest documented limit asks for; null where none is documented, or it is under a second. */
export function secondsAtLeast(windows: readonly RateWindow[], calls: number): number | null {
  // The first `calls` of a window go at once; each further windowful waits for the next one.
  const seconds = windows.map(
    (window) => Math.floor(Math.max(0, calls - 1) / window.calls) * window.perSeconds,
  );
  const most = Math.max(0, ...seconds);
  return most < 1 ? null : most;
}

function connectionProblem(name: string, resolved: ResolvedConnection): RunEstimate['problem'] {
  if (resolved.kind === 'usable') return null;
  if (resolved.kind === 'broken') return { code: 'connection_broken', message: resolved.reason };
  return { code: 'connection_missing', message: `There is no connection to ${name}.` };
}

function lostInput(lost: readonly string[], action: Action): RunEstimate['problem'] {
  if (lost.length === 0) return null;
  const labels = lost.map((name) => action.inputs.find((input) => input.name === name)?.label ?? name);
  return { code: 'input_missing', message: `The column for ${labels.join(', ')} is not there any more.` };
}
