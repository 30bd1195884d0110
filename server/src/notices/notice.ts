import type { NoticeId } from '@keyrail/contract/ids';
import type { NoticeKind, Notice as Shown } from '@keyrail/contract/notices';

/** What a notice is about: a thing with a page of its own. */
export interface Subject {
  kind: Shown['subject']['kind'];
  /** Of a sign-in setup: the slug of its integration. */
  id: string;
  name: string;
  /** The slug. */
  integration: string | null;
}

/**
 * One event that people must hear of.
 *
 *   needs_attention: open → [works again] over, and to be told so → [held] over, told by a notice of its own (recovered)
 *                                                                → [back before that] open again: nobody is told anything
 *                         → [somebody put it away] over
 *   expires_soon:    open → [replaced, or warned of anew] over
 */
export interface Notice {
  id: NoticeId;
  workspaceId: string;
  kind: NoticeKind;
  subject: Subject;
  title: string;
  message: string;
  at: Date;
  overAt: Date | null;
}

/** A trouble that stops only a part: whatever is worse is told besides. */
export const PARTLY = 'limited';

/** Owners and admins alone see these things. */
const OF_ADMINS: ReadonlySet<Subject['kind']> = new Set(['api_token', 'webhook', 'notification_channel']);

export function isForAdmins({ kind }: Pick<Subject, 'kind'>): boolean {
  return OF_ADMINS.has(kind);
}

/** The page in the web app where something can be done about it. */
export function pathOf({ kind, integration }: Pick<Subject, 'kind' | 'integration'>): string {
  switch (kind) {
    case 'connection':
      return integration === null
        ? '/settings/connections'
        : `/settings/connections/${encodeURIComponent(integration)}`;
    case 'sign_in_setup':
      return '/settings/sign-in-setups';
    case 'api_token':
      return '/settings/tokens';
    case 'webhook':
    case 'notification_channel':
      return '/settings/notifications';
  }
}
