import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import { enqueueAsSystem } from '../jobs/queue.ts';
import { connectionCheck } from './announce.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface SweepStore {
  /**
   * Enqueues a check for every connection that is due, and puts its next one off to `leaseUntil`: the check itself
   * sets the real time; a process killed before that only delays it. Reads what is due, never what is stored.
   */
  enqueueDue(now: Date, leaseUntil: Date, limit: number): Promise<number>;
  /** Destroys replaced credentials whose time for roll-back is over. */
  destroyExpired(now: Date): Promise<number>;
}

export function createSweepStore(system: Queries): SweepStore {
  return {
    enqueueDue: (now, leaseUntil, limit) =>
      system.transaction().execute(async (transaction) => {
        const due = await transaction
          .updateTable('connections')
          .set({ next_check_at: leaseUntil })
          .where('id', 'in', (eb) =>
            eb
              .selectFrom('connections')
              .select('id')
              .where('next_check_at', '<=', now)
              .orderBy('next_check_at')
              .limit(limit)
              .forUpdate()
              .skipLocked(),
          )
          .returning(['workspace_id', 'id'])
          .execute();
        for (const { workspace_id, id } of due) {
          const payload = { workspace_id, connection_id: id };
          await enqueueAsSystem(transaction, connectionCheck, payload, {
            key: `${connectionCheck.name}:${id}`,
          });
        }
        return due.length;
      }),
    destroyExpired: async (now) => {
      const result = await system
        .updateTable('credentials')
        .set({ state: 'retired', sealed: null, destroyed_at: now, destroy_after: null })
        .where('destroy_after', '<=', now)
        .where('state', '=', sql<string>`'previous'`)
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
  };
}
