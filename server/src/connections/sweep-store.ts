import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import { enqueueAsSystem } from '../jobs/queue.ts';
import { newId } from '../lib/id.ts';
import { connectionCheck } from './announce.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface SweepStore {
  /**
   * Enqueues a check for every connection that is due, and puts its next one off to `leaseUntil`: the check itself
   * sets the real time; a process killed before that only delays it. Reads what is due, never what is stored.
   */
  enqueueDue(now: Date, leaseUntil: Date, limit: number): Promise<number>;
  /** Destroys replaced credentials whose time for roll-back is over, but those a person signed in for. */
  destroyExpired(now: Date): Promise<number>;
  /** Connections with replaced access whose time is over: what people signed in for is given up one by one. */
  expiredSignedIn(now: Date, limit: number): Promise<{ workspaceId: string; connectionId: string }[]>;
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
    destroyExpired: (now) =>
      system.transaction().execute(async (transaction) => {
        const destroyed = await transaction
          .updateTable('credentials')
          .set({ state: 'retired', sealed: null, destroyed_at: now, destroy_after: null })
          .where('destroy_after', '<=', now)
          .where('state', '=', sql<string>`'previous'`)
          .where('method', '!=', 'oauth2')
          .returning(['workspace_id', 'connection_id'])
          .execute();
        const events = destroyed.map(({ workspace_id, connection_id }) => ({
          id: newId<string>('evt', now.getTime()),
          workspace_id,
          connection_id,
          kind: 'previous_destroyed',
          message: 'The replaced credentials were destroyed, as their time was over.',
          actor: null,
          at: now,
        }));
        if (events.length > 0) await transaction.insertInto('connection_events').values(events).execute();
        return destroyed.length;
      }),
    expiredSignedIn: (now, limit) =>
      system
        .selectFrom('credentials')
        .select(['workspace_id as workspaceId', 'connection_id as connectionId'])
        .where('destroy_after', '<=', now)
        .where('state', '=', sql<string>`'previous'`)
        .where('method', '=', 'oauth2')
        .limit(limit)
        .execute(),
  };
}
