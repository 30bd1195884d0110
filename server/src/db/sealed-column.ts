import { type RawBuilder, sql } from 'kysely';
import type { Queries } from './open.ts';

/** A column that holds sealed records (`v1.<key id>.…`), and what is needed to find and replace them by their key. */
export interface SealedColumn<Place> {
  /** As an operator reads it: `credentials`. */
  name: string;
  table: string;
  column: string;
  /** The generated column with the record's key id; an index begins with it and goes on with `key`. */
  keyIdColumn: string;
  /** The primary key, with the types of its columns. */
  key: readonly { column: string; type: 'text' | 'integer' }[];
  /** Further columns that `place` reads. */
  reads: readonly string[];
  place(row: Record<string, unknown>): Place;
}

export interface SealedRow<Place> {
  key: readonly unknown[];
  place: Place;
  sealed: string;
}

/** Sealed records of one column, past row-level security: keys are replaced for all workspaces. */
export function sealedColumn<Place>(system: Queries, of: SealedColumn<Place>) {
  const table = sql.table(of.table);
  const column = sql.ref(of.column);
  const keyId = sql.ref(of.keyIdColumn);
  const key = sql.join(of.key.map((one) => sql.ref(one.column)));
  const read = sql.join(
    [...new Set([...of.key.map((one) => one.column), ...of.reads])].map((one) => sql.ref(one)),
  );
  return {
    name: of.name,
    column: { table: of.table, column: of.column },
    /** Those of these keys that something is sealed under. */
    usedOf: async (keyIds: readonly string[]): Promise<string[]> => {
      const { rows } = await sql<{ id: string }>`
        select id from unnest(${[...keyIds]}::text[]) as keys (id)
        where exists (select from ${table} where ${keyId} = keys.id)`.execute(system);
      return rows.map(({ id }) => id);
    },
    /** How many records there are under each key. */
    count: async (): Promise<ReadonlyMap<string, number>> => {
      const { rows } = await sql<{ key_id: string; count: number }>`
        select ${keyId} as key_id, count(*) as count from ${table}
        where ${keyId} is not null group by ${keyId}`.execute(system);
      return new Map(rows.map((row) => [row.key_id, row.count]));
    },
    /** Records under this key, in order, after the one with that primary key. */
    under: async (
      id: string,
      after: readonly unknown[] | null,
      limit: number,
    ): Promise<SealedRow<Place>[]> => {
      const values = of.key.map(({ type }, at) => sql`${after?.[at]}::${sql.raw(type)}`);
      const isAfter: RawBuilder<unknown> = after === null ? sql`true` : sql`(${key}) > (${sql.join(values)})`;
      const { rows } = await sql<Record<string, unknown>>`
        select ${read}, ${column} as keyrail_sealed from ${table}
        where ${keyId} = ${id} and ${isAfter} order by ${key} limit ${limit}`.execute(system);
      return rows.map((row) => ({
        key: of.key.map((one) => row[one.column]),
        place: of.place(row),
        sealed: String(row.keyrail_sealed),
      }));
    },
    /**
     * Puts each in place of the record it was made of, where that is still there; returns how many. What somebody is changing
     * at this moment is left alone: waiting for many rows in turn could make others wait in a circle.
     */
    replace: async (changes: readonly { row: SealedRow<Place>; by: string }[]): Promise<number> => {
      const keys = of.key.map(({ type }, at) => {
        const values = changes.map(({ row }) => row.key[at]);
        return sql`${values}::${sql.raw(type)}[]`;
      });
      const names = of.key.map((_, at) => sql.raw(`k${at}`));
      const same = sql.join(
        of.key.map((one, at) => sql`t.${sql.ref(one.column)} = new.${names[at]}`),
        sql` and `,
      );
      const before = changes.map(({ row }) => row.sealed);
      const after = changes.map(({ by }) => by);
      const { rows } = await sql<{ replaced: number }>`
        with mine as (
          select t.ctid as at, new.after from ${table} t
          join unnest(${sql.join(keys)}, ${before}::text[], ${after}::text[]) as new (${sql.join(names)}, before, after)
            on ${same} and t.${column} = new.before
          for update of t skip locked
        ), done as (
          update ${table} t set ${column} = mine.after from mine where t.ctid = mine.at returning 1
        )
        select count(*) as replaced from done`.execute(system);
      return rows[0]?.replaced ?? 0;
    },
  };
}
