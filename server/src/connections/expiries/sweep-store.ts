import type { Queries } from '../../db/open.ts';
import { enqueueManyAsSystem } from '../../jobs/queue.ts';
import { expiryTell } from '../announce.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface ExpirySweepStore {
  /**
   * Enqueues a job for every end that is due to be said, and puts its next look off to `again`: the job itself sets the real
   * time; a process killed before that only delays it. Reads what is due, never what is stored.
   */
  enqueueDue(now: Date, again: Date, limit: number): Promise<number>;
  /** Forgets ends from before that time that are no more: nobody is told of them again. */
  forget(before: Date): Promise<void>;
}

/** Nobody waits for these. */
const BEHIND_OTHERS = 10;

export function createExpirySweepStore(system: Queries): ExpirySweepStore {
  return {
    enqueueDue: (now, again, limit) =>
      system.transaction().execute(async (transaction) => {
        const due = await transaction
          .updateTable('expiries')
          .set({ due_at: again })
          .where('id', 'in', (eb) =>
            eb
              .selectFrom('expiries')
              .select('id')
              .where('due_at', '<=', now)
              .orderBy('due_at')
              .limit(limit)
              .forUpdate()
              .skipLocked(),
          )
          .returning(['workspace_id', 'id'])
          .execute();
        const entries = due.map((payload) => ({ payload, key: `${expiryTell.name}:${payload.id}` }));
        await enqueueManyAsSystem(transaction, expiryTell, entries, { priority: BEHIND_OTHERS });
        return due.length;
      }),
    forget: async (before) => {
      await system
        .deleteFrom('expiries')
        .where('is_current', '=', false)
        .where('ends_at', '<', before)
        .where('due_at', 'is', null)
        .execute();
    },
  };
}
