import { type ExpressionBuilder, sql } from 'kysely';
import { executeLater, queries } from '../db/open.ts';
import { PLANNED_ONCE } from '../db/pool.ts';
import type { DB } from '../db/schema.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import type { EntriesFilter, Entry, NewEntry } from './entry.ts';

export async function insertEntry(tx: Tx, entry: NewEntry): Promise<void> {
  await queries(tx)
    .insertInto('audit_entries')
    .values({
      id: newId('evt'),
      workspace_id: entry.workspaceId,
      actor_kind: entry.actorKind,
      actor_id: entry.actorId,
      actor_label: entry.actorLabel,
      ip: entry.ip,
      action: entry.action,
      subject_kind: entry.subject.kind,
      subject_id: entry.subject.id,
      subject_name: entry.subject.name,
      detail: JSON.stringify(entry.detail),
    })
    .execute();
}

/** One statement whose text is always the same, however many there are; it goes with the commit. */
export async function insertEntries(tx: Tx, entries: readonly NewEntry[]): Promise<void> {
  const of = <Value>(value: (entry: NewEntry) => Value) => entries.map(value);
  const insert = sql`insert ${PLANNED_ONCE} into audit_entries (id, workspace_id, actor_kind, actor_id, actor_label, ip, action,
      subject_kind, subject_id, subject_name, detail)
    select * from unnest(
      ${of(() => newId('evt'))}::text[], ${of((one) => one.workspaceId)}::text[],
      ${of((one) => one.actorKind)}::text[], ${of((one) => one.actorId)}::text[],
      ${of((one) => one.actorLabel)}::text[], ${of((one) => one.ip)}::text[], ${of((one) => one.action)}::text[],
      ${of((one) => one.subject.kind)}::text[], ${of((one) => one.subject.id)}::text[],
      ${of((one) => one.subject.name)}::text[], ${of((one) => JSON.stringify(one.detail))}::jsonb[]
    )`;
  await executeLater(tx, insert);
}

/** Newest first; `before` is the id of the last entry of the page before. */
export async function listEntries(
  tx: Tx,
  workspaceId: string,
  page: { limit: number; before: string | null },
  { actor, subject, action }: EntriesFilter,
): Promise<Entry[]> {
  let query = queries(tx)
    .selectFrom('audit_entries')
    .select([
      'id',
      'at',
      'actor_kind as actorKind',
      'actor_id as actorId',
      'actor_label as actorLabel',
      'ip',
      'action',
      'subject_kind as subjectKind',
      'subject_id as subjectId',
      'subject_name as subjectName',
      'detail',
    ])
    .where('workspace_id', '=', workspaceId)
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (page.before !== null) query = query.where('id', '<', page.before);
  if (actor === 'keyrail' || actor === 'operator') query = query.where('actor_kind', '=', actor);
  else if (actor !== undefined) query = query.where('actor_id', '=', actor);
  if (subject !== undefined) query = query.where('subject_id', '=', subject);
  if (action !== undefined) query = query.where((is) => deedIs(is, action));
  return (await query.execute()) as Entry[];
}

/** '/' is the character after '.': between them stand all deeds of one kind of thing. */
function deedIs(is: ExpressionBuilder<DB, 'audit_entries'>, action: string) {
  if (action.includes('.')) return is('action', '=', action);
  return is.and([is('action', '>', `${action}.`), is('action', '<', `${action}/`)]);
}

/** The sum of a number that stands in the details of these deeds of the last hour; of the last thousand of each at most. */
export async function sumOfLastHour(
  tx: Tx,
  workspaceId: string,
  actions: readonly string[],
  detail: string,
): Promise<number> {
  const { rows } = await sql<{ sum: number }>`
    select coalesce(sum((e.detail ->> ${detail})::int), 0)::int as sum
    from unnest(${[...actions]}::text[]) deed cross join lateral (
      select at, detail from audit_entries
      where workspace_id = ${workspaceId} and action collate "C" = deed
      order by id desc limit 1000
    ) e
    where e.at > clock_timestamp() - interval '1 hour'`.execute(queries(tx));
  return rows[0]?.sum ?? 0;
}
