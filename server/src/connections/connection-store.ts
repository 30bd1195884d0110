import { connection as connectionShape } from '@keyrail/contract/connections';
import { authMethodKind } from '@keyrail/contract/integrations';
import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { notify } from '../db/listen.ts';
import { queries } from '../db/open.ts';
import type { Connections } from '../db/schema.ts';
import type { Tx } from '../lib/tx.ts';
import { CONNECTION_CHANGED } from './announce.ts';
import { type Connection, statusBefore } from './connection.ts';
import { factsShape } from './credential-store.ts';

/** What a new row needs; the rest has its beginning in the table. */
export type NewConnection = Omit<
  Connection,
  | 'credentialVersion'
  | 'misfit'
  | 'before'
  | 'previousCredential'
  | 'facts'
  | 'expiresAt'
  | 'endsAt'
  | 'rotateAt'
  | 'version'
  | 'lastUsedAt'
  | 'reportedAt'
  | 'updatedAt'
> & { nameKey: string };

export async function insertConnection(tx: Tx, made: NewConnection): Promise<void> {
  await queries(tx)
    .insertInto('connections')
    .values({
      id: made.id,
      workspace_id: made.workspaceId,
      integration: made.integration,
      name: made.name,
      name_key: made.nameKey,
      method: made.method,
      method_id: made.methodId,
      is_default: made.isDefault,
      status: made.status,
      status_reason: made.statusReason,
      status_since: made.statusSince,
      account: jsonOrNull(made.account),
      account_id: made.accountId,
      hint: made.hint,
      fields: JSON.stringify(made.fields),
      last_verdict: jsonOrNull(made.lastVerdict),
      last_checked_at: made.lastCheckedAt,
      next_check_at: made.nextCheckAt,
      checks_missed: made.checksMissed,
      created_by: made.createdBy,
      created_by_label: made.createdByLabel,
      created_at: made.createdAt,
      updated_at: made.createdAt,
    })
    .execute();
}

export async function findConnection(tx: Tx, workspaceId: string, id: string): Promise<Connection | null> {
  const row = await select(tx, workspaceId).where('connections.id', '=', id).executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

/** Nobody else changes it until this transaction ends. */
export async function lockConnection(tx: Tx, workspaceId: string, id: string): Promise<Connection | null> {
  // The lock first and the rest in a second statement, which then sees what the one before us committed.
  const locked = await queries(tx)
    .selectFrom('connections')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return locked === undefined ? null : findConnection(tx, workspaceId, id);
}

export async function findDefault(
  tx: Tx,
  workspaceId: string,
  integration: string,
): Promise<Connection | null> {
  const row = await select(tx, workspaceId)
    .where('connections.integration', '=', integration)
    .where('connections.is_default', '=', true)
    .executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

export interface ListFilter {
  integration: string | undefined;
  status: string | undefined;
  /** The only ones the asking token may see; null: all. */
  ids: ReadonlySet<string> | null;
  after: string | null;
  limit: number;
}

/** Oldest first. */
export async function listConnections(
  tx: Tx,
  workspaceId: string,
  filter: ListFilter,
): Promise<Connection[]> {
  let query = select(tx, workspaceId).orderBy('connections.id').limit(filter.limit);
  if (filter.integration !== undefined)
    query = query.where('connections.integration', '=', filter.integration);
  if (filter.status !== undefined) query = query.where('connections.status', '=', filter.status);
  if (filter.after !== null) query = query.where('connections.id', '>', filter.after);
  if (filter.ids !== null) query = query.where('connections.id', '=', sql<string>`any(${[...filter.ids]})`);
  return (await query.execute()).map(fromRow);
}

/** Those of these ids that are connections of the workspace. */
export async function existing(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await queries(tx)
    .selectFrom('connections')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sql<string>`any(${[...ids]})`)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Whether the integration has another connection than this one. */
export async function hasOthers(
  tx: Tx,
  { workspaceId, integration, id }: Pick<Connection, 'workspaceId' | 'integration' | 'id'>,
): Promise<boolean> {
  const other = await queries(tx)
    .selectFrom('connections')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .where('id', '!=', id)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

/** Names (as keys) that begin so, for finding a free one. */
export async function takenNames(
  tx: Tx,
  workspaceId: string,
  integration: string,
): Promise<ReadonlySet<string>> {
  const rows = await queries(tx)
    .selectFrom('connections')
    .select('name_key')
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .execute();
  return new Set(rows.map((row) => row.name_key));
}

/** Makes names and defaults of one integration a matter of one transaction at a time. */
export async function lockIntegration(tx: Tx, workspaceId: string, integration: string): Promise<void> {
  const name = `connections ${workspaceId} ${integration}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(queries(tx));
}

/** What may change of a row, by name; `undefined` stays. */
export type ConnectionChange = Partial<
  Pick<
    Connection,
    | 'name'
    | 'method'
    | 'methodId'
    | 'isDefault'
    | 'status'
    | 'statusReason'
    | 'statusSince'
    | 'misfit'
    | 'before'
    | 'account'
    | 'accountId'
    | 'hint'
    | 'fields'
    | 'lastVerdict'
    | 'lastCheckedAt'
    | 'nextCheckAt'
    | 'checksMissed'
    | 'reportedAt'
  >
> & { nameKey?: string };

/**
 * `byPerson`: the version (ETag) moves on. Tells every process that something changed. A status that is found out about the
 * connection itself ends what was said of its file.
 */
export async function changeConnection(
  tx: Tx,
  connection: Pick<Connection, 'workspaceId' | 'id'>,
  change: ConnectionChange,
  options: { now: Date; byPerson: boolean },
): Promise<void> {
  const set = {
    name: change.name,
    name_key: change.nameKey,
    method: change.method,
    method_id: change.methodId,
    is_default: change.isDefault,
    status: change.status,
    status_reason: change.statusReason,
    status_since: change.statusSince,
    misfit: change.misfit ?? (change.status === undefined ? undefined : null),
    status_before: change.before ? jsonOrNull(change.before) : change.status === undefined ? undefined : null,
    account: change.account === undefined ? undefined : jsonOrNull(change.account),
    account_id: change.accountId,
    hint: change.hint,
    fields: change.fields === undefined ? undefined : JSON.stringify(change.fields),
    last_verdict: change.lastVerdict === undefined ? undefined : jsonOrNull(change.lastVerdict),
    last_checked_at: change.lastCheckedAt,
    next_check_at: change.nextCheckAt,
    checks_missed: change.checksMissed,
    reported_at: change.reportedAt,
  };
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  await queries(tx)
    .updateTable('connections')
    .set({
      ...given,
      updated_at: options.now,
      ...(options.byPerson ? { version: sql<number>`version + 1` } : {}),
    })
    .where('workspace_id', '=', connection.workspaceId)
    .where('id', '=', connection.id)
    .execute();
  await announceChange(tx, connection.workspaceId);
}

/** Takes the mark from whichever connection of the integration has it. */
export async function clearDefault(tx: Tx, workspaceId: string, integration: string): Promise<void> {
  await queries(tx)
    .updateTable('connections')
    .set({ is_default: false })
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .where('is_default', '=', true)
    .execute();
}

export async function deleteConnection(tx: Tx, workspaceId: string, id: string): Promise<void> {
  await queries(tx)
    .deleteFrom('connections')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
  await announceChange(tx, workspaceId);
}

/** Leaves `updated_at` and the version alone: being used is no change. */
export async function touchLastUsed(tx: Tx, workspaceId: string, id: string, at: Date): Promise<void> {
  await queries(tx)
    .updateTable('connections')
    .set({ last_used_at: at })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/** Nothing anybody sees or keeps in memory. */
export async function noteReport(
  tx: Tx,
  { workspaceId, id }: Pick<Connection, 'workspaceId' | 'id'>,
  at: Date,
): Promise<void> {
  await queries(tx)
    .updateTable('connections')
    .set({ reported_at: at })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

export async function announceChange(tx: Tx, workspaceId: string): Promise<void> {
  await notify(tx, CONNECTION_CHANGED, workspaceId);
}

function select(tx: Tx, workspaceId: string) {
  return (
    queries(tx)
      .selectFrom('connections')
      // One look-up by index for each row shown; a planner that joins them all first reads what nobody asked for.
      .leftJoinLateral(
        (eb) =>
          eb
            .selectFrom('credentials')
            .select(['version', 'created_at', 'facts', 'expires_at', 'ends_at', 'rotate_at'])
            .whereRef('connection_id', '=', 'connections.id')
            .where('state', '=', 'current')
            .limit(1)
            .as('current'),
        (join) => join.onTrue(),
      )
      .leftJoinLateral(
        (eb) =>
          eb
            .selectFrom('credentials')
            .select(['hint', 'destroy_after'])
            .whereRef('connection_id', '=', 'connections.id')
            .where('state', '=', 'previous')
            .limit(1)
            .as('previous'),
        (join) => join.onTrue(),
      )
      .selectAll('connections')
      .select([
        'current.version as credential_version',
        // A credential becomes current in the step that makes the one before it previous.
        'current.created_at as replaced_at',
        'current.facts as facts',
        'current.expires_at as credential_expires_at',
        'current.ends_at as credential_ends_at',
        'current.rotate_at as credential_rotate_at',
        'previous.hint as previous_hint',
        'previous.destroy_after as previous_until',
      ])
      .where('connections.workspace_id', '=', workspaceId)
  );
}

type Row = Selectable<Connections> & {
  credential_version: number | null;
  replaced_at: Date | null;
  facts: unknown;
  credential_expires_at: Date | null;
  credential_ends_at: Date | null;
  credential_rotate_at: Date | null;
  previous_hint: string | null;
  previous_until: Date | null;
};

const misfit = z.enum(['file_gone', 'method_gone', 'address_changed']).nullable();
const fieldsShape = z.record(z.string(), z.string());

function fromRow(row: Row): Connection {
  const shape = connectionShape.shape;
  return {
    id: row.id as Connection['id'],
    workspaceId: row.workspace_id as Connection['workspaceId'],
    integration: row.integration,
    name: row.name,
    method: authMethodKind.parse(row.method),
    methodId: row.method_id,
    isDefault: row.is_default,
    status: shape.status.parse(row.status),
    statusReason: row.status_reason,
    statusSince: row.status_since,
    misfit: misfit.parse(row.misfit),
    before: statusBefore.nullable().parse(row.status_before),
    account: shape.account.parse(row.account),
    accountId: row.account_id,
    hint: row.hint,
    fields: fieldsShape.parse(row.fields),
    lastVerdict: shape.last_verdict.parse(row.last_verdict),
    lastCheckedAt: row.last_checked_at,
    nextCheckAt: row.next_check_at,
    checksMissed: row.checks_missed,
    reportedAt: row.reported_at,
    lastUsedAt: row.last_used_at,
    facts: row.facts === null ? [] : factsShape.parse(row.facts),
    expiresAt: row.credential_expires_at,
    endsAt: row.credential_ends_at,
    rotateAt: row.credential_rotate_at,
    previousCredential: previousOf(row),
    credentialVersion: row.credential_version,
    createdBy: row.created_by,
    createdByLabel: row.created_by_label,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

function previousOf({ replaced_at, previous_hint, previous_until }: Row): Connection['previousCredential'] {
  if (replaced_at === null || previous_until === null) return null;
  return { hint: previous_hint, replacedAt: replaced_at, destroyAfter: previous_until };
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
