import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface NoticeSweepStore {
  /** Troubles that have been over for long enough to say so. Reads what is due, never what is stored. */
  dueRecoveries(now: Date, limit: number): Promise<{ workspaceId: string; id: string }[]>;
  /** Webhooks whose secret before counts no more, and is still there. */
  withOldSecret(now: Date, limit: number): Promise<{ workspaceId: string; id: string }[]>;
  /** Drops what is older. No more at once than a transaction should hold; the next sweep goes on. */
  forget(before: { notices: Date; deliveries: Date }): Promise<void>;
}

const AT_ONCE = 10_000;

export function createNoticeSweepStore(system: Queries): NoticeSweepStore {
  return {
    dueRecoveries: async (now, limit) => {
      const rows = await system
        .selectFrom('notices')
        .select(['workspace_id', 'id'])
        .where('recovery_due_at', '<=', now)
        .orderBy('recovery_due_at')
        .limit(limit)
        .execute();
      return rows.map(({ workspace_id: workspaceId, id }) => ({ workspaceId, id }));
    },
    withOldSecret: async (now, limit) => {
      const rows = await system
        .selectFrom('notice_channels')
        .select(['workspace_id', 'id'])
        .where('previous_secret_until', '<=', now)
        .orderBy('previous_secret_until')
        .limit(limit)
        .execute();
      return rows.map(({ workspace_id: workspaceId, id }) => ({ workspaceId, id }));
    },
    forget: async ({ notices, deliveries }) => {
      await sql`delete from deliveries where id in (
        select id from deliveries where settled_at < ${deliveries} order by settled_at limit ${AT_ONCE})`.execute(
        system,
      );
      await sql`delete from notices where id in (
        select id from notices where at < ${notices} order by at limit ${AT_ONCE})`.execute(system);
    },
  };
}
