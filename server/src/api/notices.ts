import { noticeId } from '@keyrail/contract/ids';
import { type Notice, noticeList, noticesQuery, readNotices } from '@keyrail/contract/notices';
import { z } from 'zod';
import type { Listed } from '../notices/look.ts';
import type { Notices } from '../notices/notices.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export interface NoticeRoutesDeps {
  notices: Pick<Notices, 'list' | 'markRead'>;
}

const tags = ['Notices'];
/** Whoever may see the connections. */
const policy = { role: 'viewer', scope: 'connections:read' } as const;

/** `/v1/notices`: what stopped, ends soon or works again. */
export function noticeRoutes(app: App, { notices }: NoticeRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/notices',
    config: { policy },
    schema: {
      tags,
      summary: 'What stopped, ends soon, or works again',
      description:
        'Newest first; one for each event. Cheap to ask for again and again: what it costs does not depend on how many there are. Kept for a year.',
      querystring: noticesQuery,
      response: { 200: noticeList },
    },
    handler: async (request) => {
      const { kind, unread } = request.query;
      let unreadCount = 0;
      const page = await pageFrom(
        request.query,
        noticeId,
        async ({ limit, after }) => {
          const isUnread = unread === undefined ? undefined : unread === 'true';
          const found = await notices.list(request.who, { kind, isUnread, before: after, limit });
          unreadCount = found.unreadCount;
          return found.notices;
        },
        (row) => row.id,
        presentNotice,
      );
      return { ...page, unread_count: unreadCount };
    },
  });
  app.route({
    method: 'POST',
    url: '/v1/notices/read',
    config: { policy },
    schema: {
      tags,
      summary: 'Mark notices as read, up to one',
      description: 'For the person who is signed in. An API token reads for nobody: 403.',
      body: readNotices,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await notices.markRead(request.who, request.body.until);
      return reply.code(204).send(null);
    },
  });
}

function presentNotice({ id, kind, subject, title, message, at, isRead, overAt }: Listed): Notice {
  return {
    id,
    kind,
    subject: { kind: subject.kind, id: subject.id, name: subject.name, integration: subject.integration },
    title,
    message,
    at: at.toISOString(),
    is_read: isRead,
    is_over: overAt !== null,
  };
}
