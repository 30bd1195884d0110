import { sql } from 'kysely';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';

export interface KeyRow {
  requestHash: string;
  claim: string;
  heldUntil: Date;
  hasEffects: boolean;
  status: number | null;
  answer: string | null;
  answerHeaders: Record<string, string> | null;
}

export interface NewClaim {
  workspaceId: string;
  key: string;
  requestHash: string;
  claim: string;
  now: Date;
  heldUntil: Date;
  forgetBefore: Date;
}

/**
 * Takes the key when it is free: never used, forgotten by age, or held by an attempt of the same request that ended
 * without a trace. Null: taken. Otherwise what is there.
 */
export async function takeKey(tx: Tx, wanted: NewClaim): Promise<KeyRow | null> {
  const { workspaceId, key } = wanted;
  const db = queries(tx);
  await db
    .deleteFrom('idempotency_keys')
    .where('workspace_id', '=', workspaceId)
    .where('created_at', '<', wanted.forgetBefore)
    .execute();
  const taken = await sql`
    insert into idempotency_keys as k (workspace_id, key, request_hash, claim, held_until, created_at)
    values (${workspaceId}, ${key}, ${wanted.requestHash}, ${wanted.claim}, ${wanted.heldUntil}, ${wanted.now})
    on conflict (workspace_id, key) do update set claim = excluded.claim, held_until = excluded.held_until
      where k.status is null and not k.has_effects and k.held_until < ${wanted.now}
        and k.request_hash = excluded.request_hash
    returning 1`.execute(db);
  if (taken.rows.length > 0) return null;
  const row = await db
    .selectFrom('idempotency_keys')
    .select([
      'request_hash as requestHash',
      'claim',
      'held_until as heldUntil',
      'has_effects as hasEffects',
      'status',
      'answer',
      'answer_headers as answerHeaders',
    ])
    .where('workspace_id', '=', workspaceId)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return row as unknown as KeyRow;
}

/** Whether the transaction has changed anything so far. */
export async function hasWritten(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ wrote: boolean }>`
    select pg_current_xact_id_if_assigned() is not null as wrote`.execute(queries(tx));
  return rows[0]?.wrote ?? false;
}

/** False when another attempt holds the key by now. */
export async function markEffects(tx: Tx, workspaceId: string, key: string, claim: string): Promise<boolean> {
  const { numUpdatedRows } = await queries(tx)
    .updateTable('idempotency_keys')
    .set({ has_effects: true })
    .where('workspace_id', '=', workspaceId)
    .where('key', '=', key)
    .where('claim', '=', claim)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function keepAnswer(
  tx: Tx,
  at: { workspaceId: string; key: string; claim: string },
  answer: { status: number; body: string; headers: Record<string, string> },
): Promise<void> {
  await queries(tx)
    .updateTable('idempotency_keys')
    .set({ status: answer.status, answer: answer.body, answer_headers: JSON.stringify(answer.headers) })
    .where('workspace_id', '=', at.workspaceId)
    .where('key', '=', at.key)
    .where('claim', '=', at.claim)
    .execute();
}

export async function releaseKey(
  tx: Tx,
  at: { workspaceId: string; key: string; claim: string; now: Date },
): Promise<void> {
  await queries(tx)
    .deleteFrom('idempotency_keys')
    .where('workspace_id', '=', at.workspaceId)
    .where('key', '=', at.key)
    .where('claim', '=', at.claim)
    .where('has_effects', '=', false)
    .execute();
  await queries(tx)
    .updateTable('idempotency_keys')
    .set({ held_until: at.now })
    .where('workspace_id', '=', at.workspaceId)
    .where('key', '=', at.key)
    .where('claim', '=', at.claim)
    .where('status', 'is', null)
    .execute();
}
