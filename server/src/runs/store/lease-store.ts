import { sql } from 'kysely';
import { type Queries, queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Run } from '../run.ts';
import { COUNTED, type Counted, type RunRecord, runOf } from './run-record.ts';

/** The right to work on a run. Every write names it; one whose generation is not the newest any more is refused. */
export interface Lease {
  workspaceId: string;
  runId: string;
  owner: string;
  generation: number;
}

export interface DueRun {
  runId: string;
  workspaceId: string;
}

/** Runs nobody works on although there is something to do, of all workspaces. */
export async function dueRuns(system: Queries, limit: number): Promise<DueRun[]> {
  const { rows } = await sql<{ id: string; workspace_id: string }>`
    select id, workspace_id from runs
    where unsettled and (lease_until is null or lease_until < now()) and ${needsWork}
    order by id limit ${limit}`.execute(system);
  return rows.map((row) => ({ runId: row.id, workspaceId: row.workspace_id }));
}

/** Paused and waiting runs have work only while calls of theirs are not settled, or once it is time to try again. */
const needsWork = sql`(
  state in ('queued', 'running', 'done', 'cancelled', 'failed') or running > 0 or (state = 'waiting' and wake_at <= now())
)`;

/** Takes a run that nobody holds; null when somebody was faster. From here on writes of an earlier holder are refused. */
export async function takeLease(
  tx: Tx,
  due: DueRun,
  owner: string,
  leaseMs: number,
): Promise<{ lease: Lease; run: Run } | null> {
  const { rows } = await sql<RunRecord>`
    update runs set generation = generation + 1, lease_owner = ${owner},
      lease_until = now() + make_interval(secs => ${leaseMs / 1000}), started_at = coalesce(started_at, now())
    where workspace_id = ${due.workspaceId} and id = ${due.runId} and unsettled
      and (lease_until is null or lease_until < now()) and ${needsWork}
    returning *`.execute(queries(tx));
  const record = rows[0];
  if (record === undefined) return null;
  const lease = { workspaceId: due.workspaceId, runId: due.runId, owner, generation: record.generation };
  return { lease, run: runOf(record) };
}

/** Locks the run's row for the rest of the transaction; null: the lease is another's by now, or the run is deleted. */
export async function lockLeased(tx: Tx, lease: Lease, known?: Run): Promise<Run | null> {
  const { rows } = await sql<RunRecord>`
    select * from runs where workspace_id = ${lease.workspaceId} and id = ${lease.runId}
      and generation = ${lease.generation} and lease_owner = ${lease.owner}
    for no key update`.execute(queries(tx));
  return rows[0] === undefined ? null : runOf(rows[0], known?.action);
}

export type CountChanges = Partial<Record<Counted, number>>;

/** What changes of a run with its cells. Left out: stays as it is. */
export interface Advance {
  counts?: CountChanges;
  /** Rows that went away meanwhile leave counters behind that no cell answers to. */
  countsAtEnd?: CountChanges;
  calls?: number;
  credits?: number | null;
  rowsPerSecond?: number;
  total?: number;
  state?: Run['state'];
  message?: string | null;
  waitingFor?: Run['waitingFor'];
  waits?: number;
  wakeAfterSeconds?: number | null;
  connectionId?: string;
  isSettled?: boolean;
  /** Null gives the lease back. */
  leaseMs: number | null;
}

/** Writes what a transaction under the lease did to its run. The row is locked already (`lockLeased`). */
export async function advance(tx: Tx, lease: Lease, change: Advance): Promise<void> {
  const sets = COUNTED.flatMap((name) => {
    const atEnd = change.countsAtEnd?.[name];
    const delta = change.counts?.[name] ?? 0;
    if (atEnd !== undefined) return [sql`${sql.ref(name)} = ${atEnd}`];
    return delta === 0 ? [] : [sql`${sql.ref(name)} = greatest(0, ${sql.ref(name)} + ${delta})`];
  });
  const seconds = change.leaseMs === null ? null : change.leaseMs / 1000;
  sets.push(sql`lease_until = now() + make_interval(secs => ${seconds}::float8)`);
  if (seconds === null) sets.push(sql`lease_owner = null`);
  if (change.calls) sets.push(sql`calls = calls + ${change.calls}`);
  if (change.credits) sets.push(sql`credits = coalesce(credits, 0) + ${change.credits}`);
  if (change.rowsPerSecond !== undefined) sets.push(sql`rows_per_second = ${change.rowsPerSecond}`);
  if (change.total !== undefined) sets.push(sql`total = ${change.total}`);
  if (change.state !== undefined) {
    sets.push(sql`state = ${change.state}`);
    if (['done', 'failed', 'cancelled'].includes(change.state))
      sets.push(sql`finished_at = coalesce(finished_at, now())`);
  }
  if (change.message !== undefined) sets.push(sql`message = ${change.message}`);
  if (change.waitingFor !== undefined) sets.push(sql`waiting_for = ${change.waitingFor}`);
  if (change.waits !== undefined) sets.push(sql`waits = ${change.waits}`);
  if (change.wakeAfterSeconds !== undefined)
    sets.push(sql`wake_at = now() + make_interval(secs => ${change.wakeAfterSeconds}::float8)`);
  if (change.connectionId !== undefined) sets.push(sql`connection_id = ${change.connectionId}`);
  if (change.isSettled !== undefined) sets.push(sql`unsettled = ${!change.isSettled}`);
  await sql`update runs set ${sql.join(sets)}
    where workspace_id = ${lease.workspaceId} and id = ${lease.runId}`.execute(queries(tx));
}

/** A run that cannot be worked on: it fails, and what has not begun is left for a later run. */
export async function abandonRun(tx: Tx, { workspaceId, runId }: DueRun): Promise<void> {
  await sql`
    update runs set state = 'failed', message = 'Keyrail failed here. The server’s log says more.',
      finished_at = now(), lease_owner = null, lease_until = null
    where workspace_id = ${workspaceId} and id = ${runId} and state in ('queued', 'running', 'waiting')`.execute(
    queries(tx),
  );
}
