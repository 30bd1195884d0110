import { sql } from 'kysely';
import { ADDRESS_CHANGED, ADDRESS_STAMP } from '../catalog/requests/base-url.ts';
import type { Queries } from '../db/open.ts';
import { enqueueAsSystem } from '../jobs/queue.ts';
import { newId } from '../lib/id.ts';
import { connectionCheck } from './announce.ts';
import { isBroken, STATUSES } from './connection.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface SweepStore {
  /**
   * Enqueues a check for every connection that is due, and puts its next one off to `leaseUntil`: the check itself
   * sets the real time; a process killed before that only delays it. Reads what is due, never what is stored.
   */
  enqueueDue(now: Date, leaseUntil: Date, limit: number): Promise<number>;
  /** The address stamps (null: none) that connections of these integrations were made with. */
  stampsOf(integrations: readonly string[]): Promise<{ integration: string; stamp: string | null }[]>;
  /**
   * Makes the check of connections with this stamp due whose status says otherwise than `fits`; those that are broken
   * for another reason stay as they are.
   */
  stampChanged(
    made: { integration: string; stamp: string | null; fits: boolean },
    now: Date,
  ): Promise<{ workspaceId: string; connectionId: string }[]>;
  /** Destroys replaced credentials whose time for roll-back is over, but those a person signed in for. */
  destroyExpired(now: Date): Promise<number>;
  /** Connections with replaced access whose time is over: what people signed in for is given up one by one. */
  expiredSignedIn(now: Date, limit: number): Promise<{ workspaceId: string; connectionId: string }[]>;
}

const BROKEN_STATUSES = STATUSES.filter(isBroken);
const stampOf = sql<string | null>`connections.fields ->> ${sql.lit(ADDRESS_STAMP)}`;

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
    stampsOf: (integrations) =>
      // By way of the few rows that say who has connections of them at all.
      system
        .selectFrom('connected_apps as app')
        .innerJoin('connections', (join) =>
          join
            .onRef('connections.workspace_id', '=', 'app.workspace_id')
            .onRef('connections.integration', '=', 'app.integration'),
        )
        .select(['connections.integration', stampOf.as('stamp')])
        .where('app.integration', '=', sql<string>`any(${[...integrations]})`)
        .distinct()
        .execute(),
    stampChanged: ({ integration, stamp, fits }, now) =>
      system
        .updateTable('connections')
        .set({ next_check_at: now })
        .where('workspace_id', 'in', (eb) =>
          eb.selectFrom('connected_apps').select('workspace_id').where('integration', '=', integration),
        )
        .where('integration', '=', integration)
        .where(stampOf, 'is not distinct from', stamp)
        .where((eb) =>
          fits
            ? eb.and({ status: 'invalid', status_reason: ADDRESS_CHANGED })
            : eb('status', 'not in', [...BROKEN_STATUSES, 'disconnected']),
        )
        .returning(['workspace_id as workspaceId', 'id as connectionId'])
        .execute(),
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
