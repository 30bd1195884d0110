import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import { INSTANCE_CHANGED, VOUCHER } from './announce.ts';
import { type Place, place } from './place.ts';

/** The database's word on which instance it is. Belongs to no workspace. */
export interface InstanceStore {
  look(): Promise<Found>;
  /** Keeps what is there, if another process was first. */
  make(id: string, at: Place): Promise<void>;
  /** An operator's decision, told to all processes. */
  decide(id: string, at: Place): Promise<void>;
}

/** One look at the database, in one query. */
export interface Found {
  /** Null: nobody has given it an id yet. */
  row: { id: string; place: Place; decidedAt: Date; isJustMade: boolean } | null;
  /** Where it runs now; the folder is not for the database to know. */
  place: Place;
  /** The database's own clock. */
  now: Date;
  /** A process that is confirmed works on this very database at this moment. */
  isVouched: boolean;
}

interface Row {
  id: string | null;
  place: unknown;
  decided_at: Date | null;
  is_just_made: boolean | null;
  here: unknown;
  now: Date;
  is_vouched: boolean;
}

export function instanceStore(system: Queries): InstanceStore {
  return {
    look: async () => {
      // Locks are of the running database alone: neither a dump nor a copied folder has them.
      const { rows } = await sql<Row>`
        select i.id, i.place, i.decided_at, i.created_at > now() - interval '1 minute' as is_just_made,
          keyrail_place() as here, now() as now,
          exists (
            select from pg_locks l
            where l.locktype = 'advisory' and l.classid = ${sql.lit(VOUCHER)} and l.granted
              and l.database = (select oid from pg_database where datname = current_database())
          ) as is_vouched
        from (select) as always left join instance i on true`.execute(system);
      const [row] = rows;
      if (row === undefined) throw new Error('the database did not say which instance it is');
      return {
        row: row.id === null || row.decided_at === null ? null : rowOf(row, row.id, row.decided_at),
        place: place.parse(row.here),
        now: row.now,
        isVouched: row.is_vouched,
      };
    },

    make: async (id, at) => {
      await system
        .insertInto('instance')
        .values({ id, place: JSON.stringify(at) })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    decide: async (id, at) => {
      await system.transaction().execute(async (transaction) => {
        const values = { id, place: JSON.stringify(at) };
        await transaction
          .insertInto('instance')
          .values(values)
          .onConflict((conflict) =>
            conflict.column('is_only_row').doUpdateSet({ ...values, decided_at: sql`clock_timestamp()` }),
          )
          .execute();
        await sql`select pg_notify(${INSTANCE_CHANGED}, '')`.execute(transaction);
      });
    },
  };
}

function rowOf(row: Row, id: string, decidedAt: Date): Found['row'] {
  return { id, place: place.parse(row.place), decidedAt, isJustMade: row.is_just_made === true };
}
