import { sql } from 'kysely';
import { notify } from '../db/listen.ts';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import { keyOf, TOKEN_CHANGED } from './announce.ts';
import type { TokenOwner } from './mint.ts';
import type { EndedBecause } from './token.ts';
import { type NewToken, notEnded, released, tokenColumns, well } from './token-columns.ts';
import type { Lease, TokenRow } from './token-row.ts';

export interface Claim {
  holder: string;
  leaseMs: number;
  /** What the caller saw: a token that is newer by now needs no renewal. */
  generation: number;
  now: Date;
  /** Before its time, because it was refused. */
  isForced: boolean;
  /** The pause after a failure is over; the caller has looked. */
  mayRetry: boolean;
}

/**
 * Takes the right to renew, which nobody else has. A lease that ran out with its holder still in it was cut off: noted in
 * the same statement, since that renewal may have been carried out. Null: somebody was faster, or it is not time.
 */
export async function takeLease(
  tx: Tx,
  row: TokenRow,
  { holder, leaseMs, generation, now, isForced, mayRetry }: Claim,
): Promise<{ lease: Lease; interruptedAt: Date | null } | null> {
  const taken = await queries(tx)
    .updateTable('tokens')
    .set({
      lease_generation: sql`lease_generation + 1`,
      lease_owner: holder,
      lease_until: sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})`,
      lease_is_waiting: false,
      interrupted_at: sql`case when lease_owner is null then interrupted_at else coalesce(interrupted_at, ${now}::timestamptz) end`,
      ...(isForced ? { forced_at: now } : {}),
    })
    .where('workspace_id', '=', row.owner.workspaceId)
    .where('id', '=', row.id)
    .where('generation', '=', generation)
    .where('ended_because', 'is', null)
    .where((eb) =>
      eb.or([
        eb('retry_at', 'is', null),
        eb('retry_at', '<=', now),
        ...(isForced ? [eb('failure', 'is', null)] : []),
        // What the caller saw of it: somebody may have failed again since.
        ...(mayRetry && row.retryAt !== null ? [eb('retry_at', '=', row.retryAt)] : []),
      ]),
    )
    .where((eb) =>
      eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`clock_timestamp()`)]),
    )
    .returning(['lease_generation', 'interrupted_at'])
    .executeTakeFirst();
  if (taken === undefined) return null;
  const lease = { id: row.id, owner: row.owner, holder, leaseGeneration: taken.lease_generation };
  return { lease, interruptedAt: taken.interrupted_at };
}

/** From now until `endWait` whoever has the answer of the renewal before may write it all the same. */
export async function beginWait(tx: Tx, lease: Lease): Promise<void> {
  await leased(tx, lease).set({ lease_is_waiting: true }).execute();
}

/** False: it was written meanwhile. True: from now on nobody else writes, for as long as a lease lasts. */
export async function endWait(tx: Tx, lease: Lease, leaseMs: number): Promise<boolean> {
  const result = await leased(tx, lease)
    .set({
      lease_is_waiting: false,
      lease_until: sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})`,
    })
    .executeTakeFirst();
  return Number(result.numUpdatedRows) > 0;
}

/** The new token, in one statement, and the lease given back. False: the lease is another's by now, or the row is gone. */
export async function saveRenewed(tx: Tx, lease: Lease, token: NewToken): Promise<boolean> {
  const result = await leased(tx, lease).set(renewedColumns(token)).executeTakeFirst();
  await changed(tx, lease.owner);
  return Number(result.numUpdatedRows) > 0;
}

/**
 * A new token that could not be written when it came. It is the only live one of its row, unless the row has a newer one by
 * now; so it stands above what others found out without it, but not in the way of one who is asking right now. `lease`: the
 * one it was made under. False: somebody is asking, or has got a newer one.
 */
export async function saveReplayed(tx: Tx, lease: Lease, token: NewToken): Promise<boolean> {
  const result = await queries(tx)
    .updateTable('tokens')
    .set({ ...renewedColumns(token), ...notEnded })
    .where('workspace_id', '=', lease.owner.workspaceId)
    .where('id', '=', lease.id)
    .where('generation', '=', token.generation - 1)
    .where((eb) => eb.or([eb('ended_because', 'is', null), eb('ended_because', '=', 'interrupted')]))
    .where((eb) =>
      eb.or([
        eb('lease_until', 'is', null),
        eb('lease_until', '<', sql<Date>`clock_timestamp()`),
        eb('lease_is_waiting', '=', true),
        eb.and([eb('lease_owner', '=', lease.holder), eb('lease_generation', '=', lease.leaseGeneration)]),
      ]),
    )
    .executeTakeFirst();
  await changed(tx, lease.owner);
  return Number(result.numUpdatedRows) > 0;
}

export interface FailedRenewal {
  failures: number;
  kind: 'not_now' | 'setup_rejected';
  words: string | null;
  at: Date;
  retryAt: Date;
  interruptedAt: Date | null;
}

/** What there was stays, and is used until its end. */
export async function saveFailure(tx: Tx, lease: Lease, failed: FailedRenewal): Promise<boolean> {
  const result = await leased(tx, lease)
    .set({
      ...released,
      failures: failed.failures,
      failure: failed.kind,
      failure_words: failed.words,
      failed_at: failed.at,
      retry_at: failed.retryAt,
      renew_at: sql`case when renew_at is null then null else ${failed.retryAt}::timestamptz end`,
      interrupted_at: failed.interruptedAt,
    })
    .executeTakeFirst();
  await changed(tx, lease.owner);
  return Number(result.numUpdatedRows) > 0;
}

/** Nobody was asked: `isHeld` until then. */
export async function saveHeld(
  tx: Tx,
  lease: Lease,
  { until, interruptedAt }: { until: Date; interruptedAt: Date | null },
): Promise<void> {
  const held = { failure: null, failure_words: null, failed_at: null, retry_at: until, renew_at: until };
  await leased(tx, lease)
    .set({ ...released, ...held, interrupted_at: interruptedAt })
    .execute();
  await changed(tx, lease.owner);
}

/** No new one can be made any more. The secrets stay, sealed, until the credential is replaced. */
export async function saveEnded(
  tx: Tx,
  lease: Lease,
  because: EndedBecause,
  words: string | null,
): Promise<boolean> {
  const over = { renew_at: null, retry_at: null, grant_say_at: null };
  const result = await leased(tx, lease)
    .set({ ...released, ...over, ended_because: because, ended_words: words })
    .executeTakeFirst();
  await changed(tx, lease.owner);
  return Number(result.numUpdatedRows) > 0;
}

function leased(tx: Tx, { id, owner, holder, leaseGeneration }: Lease) {
  return queries(tx)
    .updateTable('tokens')
    .where('workspace_id', '=', owner.workspaceId)
    .where('id', '=', id)
    .where('lease_owner', '=', holder)
    .where('lease_generation', '=', leaseGeneration);
}

/** An end that is another one than before is said anew. */
function renewedColumns(token: NewToken) {
  const warnsAt = token.grantEnd?.warnsAt ?? null;
  const sayAt = sql<Date | null>`case when grant_warns_at is not distinct from ${warnsAt}::timestamptz
    then grant_say_at else ${warnsAt}::timestamptz end`;
  return { ...tokenColumns(token), ...released, ...well, grant_say_at: sayAt };
}

function changed(tx: Tx, owner: TokenOwner): Promise<void> {
  return notify(tx, TOKEN_CHANGED, keyOf(owner));
}
