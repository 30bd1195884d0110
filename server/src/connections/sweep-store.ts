import { sql } from 'kysely';
import { OWN_PREFIX } from '../catalog/catalogs.ts';
import type { Queries } from '../db/open.ts';
import { enqueueAsSystem } from '../jobs/queue.ts';
import { newId } from '../lib/id.ts';
import { connectionCheck } from './announce.ts';
import type { Footing, Misfit } from './misfit.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface SweepStore {
  /**
   * Enqueues a check for every connection that is due, and puts its next one off to `leaseUntil`: the check itself
   * sets the real time; a process killed before that only delays it. Reads what is due, never what is stored.
   */
  enqueueDue(now: Date, leaseUntil: Date, limit: number): Promise<number>;
  /**
   * What connections of files stand on, each combination once; those that are disconnected, or broken for a reason of their own, aside.
   * Costs what it gives, not what there are of connections; those of integrations that workspaces describe are left out.
   */
  footings(): Promise<Footing[]>;
  /** At most so many of the connections that stand on this. */
  standingOn(footing: Footing, limit: number): Promise<{ workspaceId: string; connectionId: string }[]>;
  /** Destroys replaced credentials whose time for roll-back is over, but those a person signed in for. */
  destroyExpired(now: Date): Promise<number>;
  /** Connections with replaced access whose time is over: what people signed in for is given up one by one. */
  expiredSignedIn(now: Date, limit: number): Promise<{ workspaceId: string; connectionId: string }[]>;
}

/** As the index `connections_footing` has it (0170). */
const FOOTING = sql`integration, method_id, coalesce(fields ->> 'address_stamp', '') collate "C", coalesce(misfit, '')`;
const NAMED = sql`integration, method_id, coalesce(fields ->> 'address_stamp', '') collate "C" as stamp, coalesce(misfit, '') as misfit`;
const IS_HELD_AGAINST_FILES = sql`(misfit is not null or status not in ('expired', 'invalid', 'revoked', 'disconnected'))`;
/** Behind all that begin with `OWN_PREFIX`. */
const AFTER_OWN = OWN_PREFIX.replace(/-$/, '.');

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
    footings: async () => {
      const { rows } = await sql<Record<keyof Footing, string>>`
        with recursive found as (
          (select ${NAMED} from connections where ${IS_HELD_AGAINST_FILES} order by ${FOOTING} limit 1)
          union all
          select next.* from found cross join lateral (
            select ${NAMED} from connections
            where ${IS_HELD_AGAINST_FILES} and (${FOOTING}) > (
              case when starts_with(found.integration, ${OWN_PREFIX}) then ${AFTER_OWN} else found.integration end,
              found.method_id, found.stamp, found.misfit)
            order by ${FOOTING} limit 1) next
        )
        select integration, method_id as "methodId", stamp, misfit from found
        where not starts_with(integration, ${OWN_PREFIX})`.execute(system);
      return rows.map((row) => ({
        ...row,
        stamp: row.stamp === '' ? null : row.stamp,
        misfit: row.misfit === '' ? null : (row.misfit as Misfit),
      }));
    },
    standingOn: async ({ integration, methodId, stamp, misfit }, limit) => {
      const { rows } = await sql<{ workspaceId: string; connectionId: string }>`
        select workspace_id as "workspaceId", id as "connectionId" from connections
        where ${IS_HELD_AGAINST_FILES} and (${FOOTING}) = (${integration}, ${methodId}, ${stamp ?? ''}, ${misfit ?? ''})
        limit ${limit}`.execute(system);
      return rows;
    },
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
