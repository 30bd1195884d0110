import { type Fact, fact } from '@keyrail/contract/integrations';
import { z } from 'zod';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { SealedRecord } from '../vault/sealed-record.ts';

/**
 * One version of a connection's secret.
 *
 *   (entered and accepted) → current → previous (can be rolled back to, until destroyAfter) → retired (destroyed)
 *                            current → retired (disconnect)
 */
export interface StoredCredential {
  version: number;
  sealed: SealedRecord;
  method: string;
  methodId: string;
  /** What was entered with it and is no secret. */
  fields: Readonly<Record<string, string>>;
  hint: string | null;
  /** Null for one that was stored before fingerprints were. */
  fingerprint: string | null;
  /** What is known of it and no secret; left out: nothing. */
  facts?: readonly Fact[];
  /** When it ends by itself, where known. */
  expiresAt?: Date | null;
  /** What people entered of it; left out: nothing. */
  dates?: EnteredDates;
  /** Whose it was, where known, once it is no longer the current one: the connection may be of another account by then. */
  accountId?: string | null;
}

/** When it ends, as a person entered it, and when it is to be replaced. */
export interface EnteredDates {
  endsAt: Date | null;
  rotateAt: Date | null;
  /** When somebody entered that; null: nobody has. */
  setAt: Date | null;
}

export const NO_DATES: EnteredDates = { endsAt: null, rotateAt: null, setAt: null };

export interface CredentialOwner {
  workspaceId: string;
  id: string;
}

/** The one in this state, or of this version as long as it is not destroyed, with its sealed secret; or null. */
export async function findCredential(
  tx: Tx,
  owner: CredentialOwner,
  which: 'current' | 'previous' | number,
): Promise<StoredCredential | null> {
  const row = await queries(tx)
    .selectFrom('credentials')
    .select([
      'version',
      'sealed',
      'method',
      'method_id',
      'fields',
      'hint',
      'fingerprint',
      'facts',
      'expires_at',
      'ends_at',
      'rotate_at',
      'dates_set_at',
      'account_id',
    ])
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.id)
    .where((eb) => (typeof which === 'number' ? eb('version', '=', which) : eb('state', '=', which)))
    .executeTakeFirst();
  if (row === undefined || row.sealed === null) return null;
  const { version, sealed, method, method_id: methodId, hint, fingerprint, expires_at: expiresAt } = row;
  return {
    version,
    sealed,
    method,
    methodId,
    fields: z.record(z.string(), z.string()).parse(row.fields),
    hint,
    fingerprint,
    facts: factsShape.parse(row.facts),
    expiresAt,
    dates: { endsAt: row.ends_at, rotateAt: row.rotate_at, setAt: row.dates_set_at },
    accountId: row.account_id,
  };
}

export const factsShape = z.array(fact);

/** Connections of this integration whose current credential is the very same. */
export async function namesWithFingerprint(
  tx: Tx,
  workspaceId: string,
  integration: string,
  fingerprint: string,
): Promise<string[]> {
  const rows = await queries(tx)
    .selectFrom('credentials')
    .innerJoin('connections', 'connections.id', 'credentials.connection_id')
    .select('connections.name')
    .where('credentials.workspace_id', '=', workspaceId)
    .where('connections.workspace_id', '=', workspaceId)
    .where('connections.integration', '=', integration)
    .where('credentials.fingerprint', '=', fingerprint)
    .where('credentials.state', '=', 'current')
    .orderBy('connections.id')
    .execute();
  return rows.map((row) => row.name);
}

/** The version the next credential gets: one more than any there has been. */
export async function nextVersion(tx: Tx, owner: CredentialOwner): Promise<number> {
  const row = await queries(tx)
    .selectFrom('credentials')
    .select((eb) => eb.fn.max('version').as('last'))
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.id)
    .executeTakeFirst();
  return (row?.last ?? 0) + 1;
}

export async function insertCurrent(
  tx: Tx,
  owner: CredentialOwner,
  credential: StoredCredential,
  made: { at: Date; byLabel: string },
): Promise<void> {
  await queries(tx)
    .insertInto('credentials')
    .values({
      workspace_id: owner.workspaceId,
      connection_id: owner.id,
      version: credential.version,
      state: 'current',
      sealed: credential.sealed,
      method: credential.method,
      method_id: credential.methodId,
      fields: JSON.stringify(credential.fields),
      hint: credential.hint,
      fingerprint: credential.fingerprint,
      facts: JSON.stringify(credential.facts ?? []),
      expires_at: credential.expiresAt ?? null,
      ...dateColumns(credential.dates ?? NO_DATES),
      created_at: made.at,
      created_by_label: made.byLabel,
    })
    .execute();
}

function dateColumns({ endsAt, rotateAt, setAt }: EnteredDates) {
  return { ends_at: endsAt, rotate_at: rotateAt, dates_set_at: setAt };
}

/** Of the credential that is in use. */
export async function changeDates(tx: Tx, owner: CredentialOwner, dates: EnteredDates): Promise<void> {
  await queries(tx)
    .updateTable('credentials')
    .set(dateColumns(dates))
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.id)
    .where('state', '=', 'current')
    .execute();
}

/** What is no secret of one version; its secret stays as it is. */
export async function changeFields(
  tx: Tx,
  owner: CredentialOwner,
  version: number,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  await queries(tx)
    .updateTable('credentials')
    .set({ fields: JSON.stringify(fields) })
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.id)
    .where('version', '=', version)
    .execute();
}

/**
 * The current one steps back and stays for roll-back until `destroyAfter` (null: it is destroyed at once); the one that
 * stood there is destroyed.
 */
export async function demoteCurrent(
  tx: Tx,
  owner: CredentialOwner & { accountId: string | null },
  now: Date,
  destroyAfter: Date | null,
): Promise<void> {
  await destroy(tx, owner, destroyAfter === null ? ['previous', 'current'] : ['previous'], now);
  if (destroyAfter === null) return;
  await queries(tx)
    .updateTable('credentials')
    .set({ state: 'previous', destroy_after: destroyAfter, account_id: owner.accountId })
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.id)
    .where('state', '=', 'current')
    .execute();
}

/** The secrets in these states are gone for good; that there were some stays known. */
export async function destroy(
  tx: Tx,
  owner: CredentialOwner,
  states: readonly ('pending' | 'current' | 'previous')[],
  now: Date,
): Promise<void> {
  await queries(tx)
    .updateTable('credentials')
    .set({ state: 'retired', sealed: null, destroyed_at: now, destroy_after: null })
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.id)
    .where('state', 'in', [...states])
    .execute();
}

/** What was entered with them and is no secret, of some that people signed in for, the newest first. */
export async function signedInFields(
  tx: Tx,
  workspaceId: string,
  integration: string,
  limit: number,
): Promise<Readonly<Record<string, string>>[]> {
  const rows = await queries(tx)
    .selectFrom('credentials')
    .innerJoin('connections', 'connections.id', 'credentials.connection_id')
    .select('credentials.fields')
    .where('credentials.workspace_id', '=', workspaceId)
    .where('connections.workspace_id', '=', workspaceId)
    .where('connections.integration', '=', integration)
    .where('credentials.state', '=', 'current')
    .where('credentials.method', '=', 'oauth2')
    .orderBy('connections.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ fields }) => z.record(z.string(), z.string()).parse(fields));
}

/** The current credentials of an integration that people signed in for. */
export async function signedInOwners(
  tx: Tx,
  workspaceId: string,
  integration: string,
): Promise<{ workspaceId: string; connectionId: string; credentialVersion: number }[]> {
  return queries(tx)
    .selectFrom('credentials')
    .innerJoin('connections', 'connections.id', 'credentials.connection_id')
    .select([
      'credentials.workspace_id as workspaceId',
      'credentials.connection_id as connectionId',
      'credentials.version as credentialVersion',
    ])
    .where('credentials.workspace_id', '=', workspaceId)
    .where('connections.workspace_id', '=', workspaceId)
    .where('connections.integration', '=', integration)
    .where('credentials.state', '=', 'current')
    .where('credentials.method', '=', 'oauth2')
    .execute();
}
