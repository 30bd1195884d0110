import type { NoticeId } from '@keyrail/contract/ids';
import { noticeKind } from '@keyrail/contract/notices';
import { type SelectQueryBuilder, sql } from 'kysely';
import { queries } from '../db/open.ts';
import type { DB } from '../db/schema.ts';
import { base32 } from '../lib/base32.ts';
import type { Tx } from '../lib/tx.ts';
import type { NoticesPage } from './look.ts';
import type { Notice } from './notice.ts';
import { subjectOf } from './notice-store.ts';

/** What somebody may see of the notices of a workspace. */
export interface Seen {
  isAdmin: boolean;
  /** Null: of all connections, and of what is none. */
  connectionIds: ReadonlySet<string> | null;
}

/** The id up to which this person has read; of somebody new, that of the moment they came. */
export async function readUntil(tx: Tx, workspaceId: string, userId: string): Promise<string> {
  const row = await queries(tx)
    .selectFrom('members as m')
    .leftJoin('notice_readers as r', (join) =>
      join.onRef('r.workspace_id', '=', 'm.workspace_id').onRef('r.user_id', '=', 'm.user_id'),
    )
    .select(['m.created_at', 'r.read_until'])
    .where('m.workspace_id', '=', workspaceId)
    .where('m.user_id', '=', userId)
    .executeTakeFirst();
  return row === undefined ? '' : (row.read_until ?? firstIdAt(row.created_at));
}

/** Forward only: two windows of one person. */
export async function moveReader(tx: Tx, workspaceId: string, userId: string, until: string): Promise<void> {
  await queries(tx)
    .insertInto('notice_readers')
    .values({ workspace_id: workspaceId, user_id: userId, read_until: until })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'user_id'])
        .doUpdateSet({ read_until: sql<string>`greatest(notice_readers.read_until, excluded.read_until)` }),
    )
    .execute();
}

export async function listNotices(
  tx: Tx,
  workspaceId: string,
  seen: Seen,
  { kind, isUnread, before, limit, readUntil: until }: NoticesPage & { readUntil: string },
): Promise<Notice[]> {
  let query = visible(tx, workspaceId, seen).selectAll().orderBy('id', 'desc').limit(limit);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (before !== null) query = query.where('id', '<', before);
  if (isUnread === true) query = query.where('id', '>', until);
  if (isUnread === false) query = query.where('id', '<=', until);
  return (await query.execute()).map((row) => ({
    id: row.id as NoticeId,
    workspaceId: row.workspace_id,
    kind: noticeKind.parse(row.kind),
    subject: subjectOf(row),
    title: row.title,
    message: row.message,
    at: row.at,
    overAt: row.over_at,
  }));
}

const MOST_COUNTED = 100;

export async function countUnread(tx: Tx, workspaceId: string, seen: Seen, until: string): Promise<number> {
  const { count } = await queries(tx)
    .selectFrom(
      visible(tx, workspaceId, seen)
        .select('id')
        .where('id', '>', until)
        .orderBy('id', 'desc')
        .limit(MOST_COUNTED)
        .as('unread'),
    )
    .select(sql<number>`count(*)::int`.as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

export async function noticeExists(tx: Tx, workspaceId: string, seen: Seen, id: string): Promise<boolean> {
  return (
    (await visible(tx, workspaceId, seen).select('id').where('id', '=', id).executeTakeFirst()) !== undefined
  );
}

function visible(
  tx: Tx,
  workspaceId: string,
  { isAdmin, connectionIds }: Seen,
): SelectQueryBuilder<DB, 'notices', object> {
  let query = queries(tx).selectFrom('notices').where('workspace_id', '=', workspaceId);
  // As the index for it says it.
  if (!isAdmin) query = query.where(sql<boolean>`not for_admins`);
  if (connectionIds !== null)
    query = query
      .where('subject_kind', '=', 'connection')
      .where('subject_id', '=', sql<string>`any(${[...connectionIds]})`);
  return query;
}

/** No id that was made then or later sorts before it. */
function firstIdAt(moment: Date): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(moment.getTime(), 0, 6);
  return `ntc_${base32(bytes, 2)}`;
}
