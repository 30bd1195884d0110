import { sql } from 'kysely';
import { notify } from '../db/listen.ts';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import { keyOf, TOKEN_CHANGED } from './announce.ts';
import type { TokenOwner } from './mint.ts';
import type { MadeFrom } from './token.ts';
import { type NewToken, notEnded, released, rowOf, tokenColumns, well } from './token-columns.ts';
import type { TokenRow } from './token-row.ts';

export async function findToken(tx: Tx, owner: TokenOwner): Promise<TokenRow | null> {
  const row = await select(tx, owner.workspaceId)
    .where('connection_id', '=', owner.connectionId)
    .where('credential_version', '=', owner.credentialVersion)
    .executeTakeFirst();
  return row === undefined ? null : rowOf(owner, row);
}

/** A renewal that ends now waits until this transaction has ended, and finds out then that nobody wants its token. */
export async function lockToken(tx: Tx, owner: TokenOwner): Promise<void> {
  await queries(tx)
    .selectFrom('tokens')
    .select('id')
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.connectionId)
    .where('credential_version', '=', owner.credentialVersion)
    .forUpdate()
    .execute();
}

/** By the row's own id: a roll-back gives it another owner, a sign-in another id. */
export async function findTokenById(tx: Tx, workspaceId: string, id: string): Promise<TokenRow | null> {
  const row = await select(tx, workspaceId).where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const { connection_id: connectionId, credential_version: credentialVersion } = row;
  return rowOf({ workspaceId, connectionId, credentialVersion }, row);
}

function select(tx: Tx, workspaceId: string) {
  return queries(tx)
    .selectFrom('tokens')
    .selectAll()
    .select(
      sql<number | null>`extract(epoch from lease_until - clock_timestamp()) * 1000`.as('leased_for_ms'),
    )
    .where('workspace_id', '=', workspaceId);
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

/** From a sign-in: whatever was there is replaced, and a renewal under way finds its lease gone. */
export async function putToken(
  tx: Tx,
  owner: TokenOwner,
  id: string,
  madeFrom: MadeFrom,
  token: NewToken,
): Promise<void> {
  const says = { grant_say_at: token.grantEnd?.warnsAt ?? null };
  const values = { ...tokenColumns(token), ...says, made_from: madeFrom };
  const afresh = { ...values, ...well, ...notEnded, forced_at: null };
  await queries(tx)
    .insertInto('tokens')
    .values({ id, ...ownerColumns(owner), ...values })
    .onConflict((conflict) =>
      conflict.columns(['connection_id', 'credential_version']).doUpdateSet({ id, ...afresh, ...released }),
    )
    .execute();
  await changed(tx, owner);
}

/** What is to be said of its end is said of the connection that uses it again. */
export async function moveToken(tx: Tx, from: TokenOwner, toVersion: number): Promise<void> {
  await owned(tx, from)
    .set({ credential_version: toVersion, ...released, grant_say_at: sql`grant_warns_at` })
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

/** What is made of a credential may be made again, whatever was said of it: asking costs nothing there that could be lost. */
export async function reopenMade(tx: Tx, owner: TokenOwner): Promise<void> {
  await owned(tx, owner)
    .where('made_from', '=', 'credential')
    .where((eb) => eb.or([eb('ended_because', 'is not', null), eb('retry_at', 'is not', null)]))
    .set({ ...notEnded, retry_at: null })
    .execute();
}

/** Its end was said, or nobody needs to hear of it. */
export async function noteSaid(tx: Tx, owner: TokenOwner): Promise<void> {
  await owned(tx, owner).set({ grant_say_at: null }).execute();
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
