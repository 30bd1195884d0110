import { type AuditEntry, auditEntry, auditQuery } from '@keyrail/contract/audit';
import { pageOf } from '@keyrail/contract/page';
import { z } from 'zod';
import type { EntriesFilter, Entry } from '../audit/entry.ts';
import type { Who } from '../workspaces/who.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export interface AuditRoutesDeps {
  entries(who: Who, page: { limit: number; before: string | null }, filter: EntriesFilter): Promise<Entry[]>;
}

export function auditRoutes(app: App, deps: AuditRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/audit',
    config: { policy: { role: 'admin', scope: 'audit:read' } },
    schema: {
      tags: ['Audit'],
      summary: 'Who did what, newest first',
      querystring: auditQuery,
      response: { 200: pageOf(auditEntry) },
    },
    handler: async (request) => {
      const { actor, subject, action } = request.query;
      return pageFrom(
        request.query,
        z.string().regex(/^evt_[0-9a-z]{26}$/),
        ({ limit, after }) => deps.entries(request.who, { limit, before: after }, { actor, subject, action }),
        (entry) => entry.id,
        presentEntry,
      );
    },
  });
}

function presentEntry(entry: Entry): AuditEntry {
  return {
    id: entry.id,
    at: entry.at.toISOString(),
    actor: { kind: entry.actorKind, id: entry.actorId, label: entry.actorLabel },
    ip: entry.ip,
    action: entry.action,
    subject: { kind: entry.subjectKind, id: entry.subjectId, name: entry.subjectName },
    detail: entry.detail as AuditEntry['detail'],
  };
}
