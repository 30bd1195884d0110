import type { NoticeId } from '@keyrail/contract/ids';
import { noticeKind } from '@keyrail/contract/notices';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { Channel } from './channel.ts';
import { findChannel } from './channel-store.ts';
import type { Notice } from './notice.ts';
import { subjectOf } from './notice-store.ts';

/** All that an attempt needs to know. */
export interface ToSend {
  id: string;
  channel: Channel;
  /** Null: a test. */
  notice: Pick<Notice, 'id' | 'kind' | 'subject' | 'title' | 'message' | 'at'> | null;
  recipient: string | null;
  workspaceName: string;
  createdAt: Date;
}

export async function findToSend(tx: Tx, workspaceId: string, id: string): Promise<ToSend | null> {
  const row = await queries(tx)
    .selectFrom('deliveries as d')
    .innerJoin('workspaces as w', 'w.id', 'd.workspace_id')
    .select(['d.channel_id', 'd.notice_id', 'd.recipient', 'd.created_at', 'w.name as workspace_name'])
    .where('d.workspace_id', '=', workspaceId)
    .where('d.id', '=', id)
    // One that is being deleted tells nobody anything any more.
    .where('w.deleting_at', 'is', null)
    .executeTakeFirst();
  const channel = row && (await findChannel(tx, workspaceId, row.channel_id));
  if (row === undefined || channel == null) return null;
  const notice = row.notice_id === null ? null : await findNotice(tx, workspaceId, row.notice_id);
  const { recipient, workspace_name: workspaceName, created_at: createdAt } = row;
  return { id, channel, notice, recipient, workspaceName, createdAt };
}

async function findNotice(tx: Tx, workspaceId: string, id: string): Promise<ToSend['notice']> {
  const row = await queries(tx)
    .selectFrom('notices')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return {
    id: row.id as NoticeId,
    kind: noticeKind.parse(row.kind),
    subject: subjectOf(row),
    title: row.title,
    message: row.message,
    at: row.at,
  };
}
