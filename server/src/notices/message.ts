import type { NoticeKind, Notice as Shown } from '@keyrail/contract/notices';
import { TEST_TITLE } from './delivery.ts';
import { pathOf, type Subject } from './notice.ts';

/** What a receiver is told, before it takes the form of a mail, a chat message or a webhook's body. */
export interface Content {
  noticeId: Shown['id'] | null;
  workspaceId: string;
  workspaceName: string;
  /** Null: a test. */
  kind: NoticeKind | null;
  subject: Subject | null;
  title: string;
  message: string;
  at: Date;
  /** The page in Keyrail. */
  url: string;
}

interface Of {
  workspaceId: string;
  workspaceName: string;
  /** Where people reach this server. */
  ownUrl: string;
}

export function contentOf(
  { workspaceId, workspaceName, ownUrl }: Of,
  notice: { id: Shown['id']; kind: NoticeKind; subject: Subject; title: string; message: string; at: Date },
): Content {
  const { id, kind, subject, title, message, at } = notice;
  const url = ownUrl + pathOf(subject);
  return { noticeId: id, workspaceId, workspaceName, kind, subject, title, message, at, url };
}

export function testContent({ workspaceId, workspaceName, ownUrl }: Of, at: Date): Content {
  return {
    ...{ noticeId: null, workspaceId, workspaceName, kind: null, subject: null, at },
    title: TEST_TITLE,
    message: 'Messages arrive here. Nothing is wrong.',
    url: `${ownUrl}/settings/notifications`,
  };
}
