import type { NoticeKind } from '@keyrail/contract/notices';
import { AppError } from '../lib/app-error.ts';
import type { Transact } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import type { Notice } from './notice.ts';
import { countUnread, listNotices, moveReader, noticeExists, readUntil, type Seen } from './reader-store.ts';

interface Deps {
  transact: Transact;
}

export interface NoticesPage {
  kind: NoticeKind | undefined;
  /** Undefined: all. */
  isUnread: boolean | undefined;
  before: string | null;
  limit: number;
}

export type Listed = Notice & { isRead: boolean };

/** Newest first, with how many are unread (no more than 100 are counted). What it costs does not depend on how many there are. */
export async function list(
  { transact }: Deps,
  who: Who,
  page: NoticesPage,
): Promise<{ notices: Listed[]; unreadCount: number }> {
  const { workspaceId } = who;
  const seen = seenBy(who);
  return transact(
    workspaceId,
    async (tx) => {
      // A token reads for nobody.
      const reader = who.tokenId === null ? who.userId : null;
      const until = reader === null ? '' : await readUntil(tx, workspaceId, reader);
      const found = await listNotices(tx, workspaceId, seen, { ...page, readUntil: until });
      const unreadCount = await countUnread(tx, workspaceId, seen, until);
      return { notices: found.map((one) => ({ ...one, isRead: one.id <= until })), unreadCount };
    },
    'read',
  );
}

/** Everything up to this one is read, by the person who is signed in. */
export async function markRead({ transact }: Deps, who: Who, until: string): Promise<void> {
  const { workspaceId, userId, tokenId } = who;
  if (userId === null || tokenId !== null)
    throw new AppError('forbidden', { detail: 'Notices are read by people, and a token is none.' });
  await transact(workspaceId, async (tx) => {
    if (!(await noticeExists(tx, workspaceId, seenBy(who), until))) throw new AppError('not_found');
    await moveReader(tx, workspaceId, userId, until);
  });
}

/** As on the Connections page: a token that is bound to connections sees those alone. */
function seenBy({ scopes, connectionIds }: Who): Seen {
  return { isAdmin: scopes.has('workspace:admin'), connectionIds };
}
