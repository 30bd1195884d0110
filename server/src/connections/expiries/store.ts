import { type ExpiryKind, expiry as expiryShape } from '@keyrail/contract/expiries';
import { type Selectable, sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Expiries } from '../../db/schema.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Expiry } from './expiry.ts';

export interface ExpiryFilter {
  from: Date | null;
  until: Date | null;
  kind: ExpiryKind | undefined;
  /** The only connections of which the asking token may hear, and nothing else then; null: all. */
  connectionIds: ReadonlySet<string> | null;
  withApiTokens: boolean;
  after: { at: Date; id: string } | null;
  limit: number;
}

/** The soonest first. */
export async function listExpiries(tx: Tx, workspaceId: string, filter: ExpiryFilter): Promise<Expiry[]> {
  let query = queries(tx)
    .selectFrom('expiries')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('is_current', '=', true)
    .orderBy('ends_at')
    .orderBy('id')
    .limit(filter.limit);
  const { from, until, kind, connectionIds, after } = filter;
  if (from !== null) query = query.where('ends_at', '>=', from);
  if (until !== null) query = query.where('ends_at', '<=', until);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (!filter.withApiTokens) query = query.where('subject_kind', '<>', 'api_token');
  if (connectionIds !== null)
    query = query.where('connection_id', '=', sql<string>`any(${[...connectionIds]})`);
  if (after !== null)
    query = query.where(sql<boolean>`(ends_at, id) > (${after.at}::timestamptz, ${after.id}::text)`);
  return (await query.execute()).map(fromRow);
}

export async function findExpiry(tx: Tx, workspaceId: string, id: string): Promise<Expiry | null> {
  const row = await one(tx, workspaceId, id).executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

/** After the lock of its connection, where it has one: everybody takes the two in this order. */
export async function lockExpiry(tx: Tx, workspaceId: string, id: string): Promise<Expiry | null> {
  const row = await one(tx, workspaceId, id).forUpdate().executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

export async function noteWarned(
  tx: Tx,
  { workspaceId, id }: Pick<Expiry, 'workspaceId' | 'id'>,
  { warnedDays, dueAt }: { warnedDays: number | null; dueAt: Date | null },
): Promise<void> {
  await queries(tx)
    .updateTable('expiries')
    .set({ warned_days: warnedDays, due_at: dueAt })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/** Whether people were told of another end of the same kind since, which takes the place of the one before. */
export async function hasNewerWarning(
  tx: Tx,
  { workspaceId, subject, kind, source }: Pick<Expiry, 'workspaceId' | 'subject' | 'kind' | 'source'>,
): Promise<boolean> {
  const row = await queries(tx)
    .selectFrom('expiries')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('subject_kind', '=', subject.kind)
    .where('subject_id', '=', subject.id)
    .where('kind', '=', kind)
    .where('source', '=', source)
    .where('is_current', '=', true)
    .where('warned_days', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Names and integrations of these connections. */
export async function namesOf(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { name: string; integration: string; isDefault: boolean }>> {
  if (ids.length === 0) return new Map();
  const rows = await queries(tx)
    .selectFrom('connections')
    .select(['id', 'name', 'integration', 'is_default'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sql<string>`any(${[...ids]})`)
    .execute();
  return new Map(
    rows.map(({ id, name, integration, is_default: isDefault }) => [id, { name, integration, isDefault }]),
  );
}

/** How many connections of these integrations people signed in for. */
export async function countSignedInTo(
  tx: Tx,
  workspaceId: string,
  integrations: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (integrations.length === 0) return new Map();
  const rows = await queries(tx)
    .selectFrom('connections')
    .select((eb) => ['integration', eb.fn.countAll<string>().as('count')])
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', sql<string>`any(${[...integrations]})`)
    .where('method', '=', 'oauth2')
    .where('status', '!=', 'disconnected')
    .groupBy('integration')
    .execute();
  return new Map(rows.map(({ integration, count }) => [integration, Number(count)]));
}

function one(tx: Tx, workspaceId: string, id: string) {
  return queries(tx)
    .selectFrom('expiries')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id);
}

function fromRow(row: Selectable<Expiries>): Expiry {
  const { kind, source, subject } = expiryShape.shape;
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    kind: kind.parse(row.kind),
    source: source.parse(row.source),
    endsAt: row.ends_at,
    subject: { kind: subject.shape.kind.parse(row.subject_kind), id: row.subject_id },
    subjectName: row.subject_name,
    warnsFrom: momentIn(row.warns_from),
    warnedDays: row.warned_days,
    isCurrent: row.is_current,
  };
}

/** The driver gives a number for what lies before all time. */
function momentIn(stored: Date | number): Date {
  return typeof stored === 'number' ? new Date(0) : stored;
}
