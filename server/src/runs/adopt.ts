import { findAction } from '../actions/prepare.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Tx } from '../lib/tx.ts';
import type { RowAccess } from '../tables/row-access.ts';
import { createBell } from './bell.ts';
import type { SettledCell } from './cell.ts';
import { type Drive, emptyBatch, type Footing } from './drive-state.ts';
import type { FairSlots } from './fair-slots.ts';
import { findRunFooting, type RunFootingDeps } from './footing.ts';
import { createPace } from './pace.ts';
import { type Plan, planOf } from './plan.ts';
import type { Run } from './run.ts';
import { traceOf } from './settle.ts';
import {
  type ClaimedCell,
  inputsOfRunning,
  requeueCells,
  runningCells,
  settleCells,
} from './store/cell-store.ts';
import { advance, type DueRun, type Lease, takeLease } from './store/lease-store.ts';

export interface AdoptDeps extends RunFootingDeps {
  tables: Pick<RowAccess, 'readTable'>;
  slots: FairSlots;
  owner: string;
  leaseMs: number;
}

/**
 * Takes a run that nobody works on, and looks through what an earlier holder left running:
 *
 *   with a job at the provider ─→ asked for again
 *   repeatable ─────────────────→ queued again
 *   anything else ──────────────→ unknown: it may have happened, and is never silently sent again
 */
export async function adopt(deps: AdoptDeps, due: DueRun): Promise<Drive | null> {
  const startedAt = performance.now();
  const catalog = await deps.catalogs.of(due.workspaceId);
  const taken = await deps.transact(due.workspaceId, async (tx) => {
    const held = await takeLease(tx, due, deps.owner, deps.leaseMs);
    if (held === null) return null;
    const { columns } = await deps.tables.readTable(tx, held.run.workspaceId, held.run.tableId);
    const plan = planOf(held.run.action, columns, held.run.columnId);
    const jobs = await lookThroughLeft(deps, catalog, tx, held.lease, held.run, plan);
    return { ...held, plan, jobs };
  });
  if (taken === null) return null;
  const footingAtMs = performance.now();
  const footing = await findRunFooting(deps, taken.run);
  return driveOf(deps, taken, { footing, footingAtMs }, startedAt);
}

interface Job {
  cell: ClaimedCell;
  dueAtMs: number;
}

async function lookThroughLeft(
  deps: AdoptDeps,
  catalog: Pick<Catalog, 'get'>,
  tx: Tx,
  lease: Lease,
  run: Run,
  plan: Plan,
): Promise<Job[]> {
  const left = await runningCells(tx, run);
  if (left.length === 0) return [];
  const found = findAction(catalog, run.action.integration, run.action.action);
  const isRepeatable = found.kind === 'found' && found.action.repeatable;
  const jobs = left.filter((cell) => cell.poll !== null);
  const others = left.filter((cell) => cell.poll === null).map((cell) => cell.rowId);
  const requeued = isRepeatable ? await requeueCells(tx, run, others) : 0;
  const name = found.kind === 'found' ? found.definition.name : run.action.integration;
  const lost = isRepeatable ? [] : others.map((rowId) => lostCell(rowId, name));
  const settled = await settleCells(tx, run, lost);
  const counts = { running: -others.length, queued: requeued, unknown: settled.size };
  await advance(tx, lease, { counts, calls: others.length, leaseMs: deps.leaseMs });
  const dueAt = new Map(jobs.map((job) => [job.rowId, job.dueAt?.getTime() ?? 0]));
  const cells = await inputsOfRunning(tx, run, plan.places, [...dueAt.keys()]);
  return cells.map((cell) => ({ cell, dueAtMs: dueAt.get(cell.rowId) ?? 0 }));
}

function lostCell(rowId: string, name: string): SettledCell {
  const message = `${name} may have acted on this call: the server stopped before the answer arrived.`;
  const detail = traceOf(null, { nextStep: `Look at ${name}, or run the cell again.` });
  return { rowId, state: 'unknown', value: null, outputs: null, message, detail, body: null, poll: null };
}

function driveOf(
  deps: AdoptDeps,
  { lease, run, plan, jobs }: { lease: Lease; run: Run; plan: Plan; jobs: Job[] },
  looked: { footing: Footing; footingAtMs: number },
  startedAt: number,
): Drive {
  return {
    lease,
    run,
    plan,
    ...looked,
    member: deps.slots.join(run.workspaceId),
    pace: createPace(() => performance.now()),
    claimed: [],
    inFlight: new Map(),
    parked: new Map(jobs.map((job) => [job.cell.rowId, job])),
    batch: emptyBatch(),
    writing: 0,
    notBeforeMs: 0,
    isPutOff: false,
    streak: 0,
    waitingFor: run.waitingFor ?? 'connection',
    waitMessage: run.message ?? '',
    isTrial: true,
    isFrozen: false,
    decisions: { heard: 0, seen: 0 },
    bell: createBell(),
    isAgain: true,
    isDry: false,
    thawLeft: run.counts.waiting_for_connection + run.counts.out_of_credits,
    cursor: -1,
    leaseEndsAtMs: startedAt + deps.leaseMs * 0.8,
    aborting: new AbortController(),
  };
}
