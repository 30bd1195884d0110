import { sql } from 'kysely';
import { z } from 'zod';
import { notify } from '../db/listen.ts';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { SealedRecord } from '../vault/sealed-record.ts';
import { keyOf, TOKEN_CHANGED } from './announce.ts';
import type { TokenOwner } from './mint.ts';
import type { TokenTimes } from './times.ts';
import type { EndedBecause, MadeFrom, TokenFacts } from './token.ts';
import type { Lease, TokenRow } from './token-row.ts';

/** A token as it is written. */
export interface NewToken extends TokenTimes {
  generation: number;
  sealed: SealedRecord;
  hasRefreshToken: boolean;
  scopes: readonly string[] | null;
  fields: Readonly<Record<string, string>>;
}

export async function findToken(tx: Tx, owner: TokenOwner): Promise<TokenRow | null> {
  const row = await queries(tx)
    .selectFrom('tokens')
    .selectAll()
    .select(
      sql<number | null>`extract(epoch from lease_until - clock_timestamp()) * 1000`.as('leased_for_ms'),
    )
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.connectionId)
    .where('credential_version', '=', owner.credentialVersion)
    .executeTakeFirst();
  return row === undefined ? null : rowOf(owner, row);
}

/** A row to hold the lease, before there is a token; none for a credential that is gone. */
export async function ensureRow(tx: Tx, owner: TokenOwner, id: string): Promise<void> {
  const { workspaceId, connectionId, credentialVersion } = owner;
  await sql`
    insert into tokens (id, workspace_id, connection_id, credential_version, made_from)
    select ${id}, workspace_id, connection_id, version, 'credential' from credentials
    where workspace_id = ${workspaceId} and connection_id = ${connectionId} and version = ${credentialVersion}
      and sealed is not null
    on conflict (connection_id, credential_version) do nothing`.execute(queries(tx));
}

export interface Claim {
  holder: string;
  leaseMs: number;
  /** What the caller saw: a token that is newer by now needs no renewal. */
  generation: number;
  now: Date;
  /** Before its time, because it was refused. */
  isForced: boolean;
}

/**
 * Takes the right to renew, which nobody else has. A lease that ran out with its holder still in it was cut off: noted in
 * the same statement, since that renewal may have been carried out. Null: somebody was faster, or it is not time.
 */
export async function takeLease(
  tx: Tx,
  row: TokenRow,
  { holder, leaseMs, generation, now, isForced }: Claim,
): Promise<{ lease: Lease; interruptedAt: Date | null } | null> {
  const taken = await queries(tx)
    .updateTable('tokens')
    .set({
      lease_generation: sql`lease_generation + 1`,
      lease_owner: holder,
      lease_until: sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})`,
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

/** The new token, in one statement, and the lease given back. False: the lease is another's by now, or the row is gone. */
export async function saveRenewed(tx: Tx, lease: Lease, token: NewToken): Promise<boolean> {
  const result = await leased(tx, lease)
    .set({ ...tokenColumns(token), ...released, ...well })
    .executeTakeFirst();
  await changed(tx, lease.owner);
  return Number(result.numUpdatedRows) > 0;
}

export interface FailedRenewal {
  failures: number;
  kind: 'not_now' | 'setup_rejected';
  words: string | null;
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
  const held = { failure: null, failure_words: null, retry_at: until, renew_at: until };
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
  const result = await leased(tx, lease)
    .set({ ...released, ended_because: because, ended_words: words, renew_at: null, retry_at: null })
    .executeTakeFirst();
  await changed(tx, lease.owner);
  return Number(result.numUpdatedRows) > 0;
}

/** From a sign-in: whatever was there is replaced, and a renewal under way finds its lease gone. */
export async function putToken(
  tx: Tx,
  owner: TokenOwner,
  id: string,
  madeFrom: MadeFrom,
  token: NewToken,
): Promise<void> {
  const values = { ...tokenColumns(token), made_from: madeFrom };
  const afresh = { ...values, ...well, ended_because: null, ended_words: null, forced_at: null };
  await queries(tx)
    .insertInto('tokens')
    .values({ id, ...ownerColumns(owner), ...values })
    .onConflict((conflict) =>
      conflict.columns(['connection_id', 'credential_version']).doUpdateSet({ id, ...afresh, ...released }),
    )
    .execute();
  await changed(tx, owner);
}

export async function moveToken(tx: Tx, from: TokenOwner, toVersion: number): Promise<void> {
  await owned(tx, from)
    .set({ credential_version: toVersion, ...released })
    .execute();
  await changed(tx, from);
}

export async function deleteToken(tx: Tx, owner: TokenOwner): Promise<void> {
  await queries(tx)
    .deleteFrom('tokens')
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.connectionId)
    .where('credential_version', '=', owner.credentialVersion)
    .execute();
  await changed(tx, owner);
}

/** Pauses after failures are over. */
export async function clearRetry(tx: Tx, owner: TokenOwner): Promise<void> {
  await owned(tx, owner)
    .set({ retry_at: null, renew_at: sql`case when failures > 0 then now() else renew_at end` })
    .execute();
}

export async function tokenFacts(
  tx: Tx,
  workspaceId: string,
  of: readonly { connectionId: string; credentialVersion: number }[],
): Promise<ReadonlyMap<string, TokenFacts>> {
  if (of.length === 0) return new Map();
  const rows = await queries(tx)
    .selectFrom('tokens')
    .select(['connection_id', 'credential_version', 'made_from', 'has_refresh_token', 'expires_at', 'scopes'])
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', 'in', [...new Set(of.map((one) => one.connectionId))])
    .where('generation', '>', 0)
    .execute();
  const wanted = new Set(of.map((one) => `${one.connectionId}:${one.credentialVersion}`));
  return new Map(
    rows
      .filter((row) => wanted.has(`${row.connection_id}:${row.credential_version}`))
      .map((row) => [
        row.connection_id,
        {
          expiresAt: row.expires_at,
          isRenewable: row.made_from === 'credential' || row.has_refresh_token,
          scopes: scopesShape.parse(row.scopes),
        },
      ]),
  );
}

const released = { lease_owner: null, lease_until: null };
const well = { failures: 0, failure: null, failure_words: null, retry_at: null, interrupted_at: null };
const scopesShape = z.array(z.string()).nullable();
const fieldsShape = z.record(z.string(), z.string());
const failureShape = z.enum(['not_now', 'setup_rejected']);
const endedShape = z.enum(['expired', 'revoked', 'rejected', 'interrupted']);
const madeFromShape = z.enum(['refresh_token', 'credential']);

function leased(tx: Tx, { id, owner, holder, leaseGeneration }: Lease) {
  return queries(tx)
    .updateTable('tokens')
    .where('workspace_id', '=', owner.workspaceId)
    .where('id', '=', id)
    .where('lease_owner', '=', holder)
    .where('lease_generation', '=', leaseGeneration);
}

function owned(tx: Tx, owner: TokenOwner) {
  return queries(tx)
    .updateTable('tokens')
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.connectionId)
    .where('credential_version', '=', owner.credentialVersion);
}

function changed(tx: Tx, owner: TokenOwner): Promise<void> {
  return notify(tx, TOKEN_CHANGED, keyOf(owner));
}

function ownerColumns({ workspaceId, connectionId, credentialVersion }: TokenOwner) {
  return { workspace_id: workspaceId, connection_id: connectionId, credential_version: credentialVersion };
}

function tokenColumns(token: NewToken) {
  return {
    generation: token.generation,
    sealed: token.sealed,
    has_refresh_token: token.hasRefreshToken,
    scopes: token.scopes === null ? null : JSON.stringify(token.scopes),
    fields: JSON.stringify(token.fields),
    minted_at: token.mintedAt,
    expires_at: token.expiresAt,
    renew_at: token.renewAt,
  };
}

interface Stored {
  id: string;
  made_from: string;
  generation: number;
  sealed: string | null;
  has_refresh_token: boolean;
  scopes: unknown;
  fields: unknown;
  minted_at: Date | null;
  expires_at: Date | null;
  leased_for_ms: number | string | null;
  interrupted_at: Date | null;
  forced_at: Date | null;
  failures: number;
  failure: string | null;
  failure_words: string | null;
  retry_at: Date | null;
  ended_because: string | null;
  ended_words: string | null;
}

function rowOf(owner: TokenOwner, row: Stored): TokenRow {
  const leasedForMs = row.leased_for_ms === null ? null : Number(row.leased_for_ms);
  return {
    id: row.id,
    owner,
    madeFrom: madeFromShape.parse(row.made_from),
    generation: row.generation,
    sealed: row.sealed,
    hasRefreshToken: row.has_refresh_token,
    scopes: scopesShape.parse(row.scopes),
    fields: fieldsShape.parse(row.fields),
    mintedAt: row.minted_at,
    expiresAt: row.expires_at,
    leasedForMs: leasedForMs !== null && leasedForMs > 0 ? leasedForMs : null,
    interruptedAt: row.interrupted_at,
    forcedAt: row.forced_at,
    failures: row.failures,
    failure:
      row.failure === null ? null : { kind: failureShape.parse(row.failure), words: row.failure_words },
    retryAt: row.retry_at,
    ended:
      row.ended_because === null
        ? null
        : { because: endedShape.parse(row.ended_because), words: row.ended_words },
  };
}
