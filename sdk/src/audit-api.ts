import type { AuditEntry } from '@keyrail/contract/audit';
import type { Page } from '@keyrail/contract/page';
import type { Request } from './request.ts';

/** Who did what in the workspace, newest first. */
export function auditApi(request: Request) {
  return {
    audit: {
      list: (
        query: {
          limit?: number;
          cursor?: string | undefined;
          /** An id, or `keyrail` or `operator`. */
          actor?: string | undefined;
          subject?: string | undefined;
          /** `connection.created`, or `connection` for all deeds. */
          action?: string | undefined;
        } = {},
      ) => request<Page<AuditEntry>>('GET', '/v1/audit', { query }),
    },
  };
}
