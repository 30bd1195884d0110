import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import { type SeenRequest, seenRequest } from './setup-facts.ts';

/** Numbers that only processes on this database can answer, for a minute each. */
export interface OwnNonces {
  add(nonceHash: Buffer, answer: string): Promise<void>;
  /** What is to be answered, and notes what the request brought; null: not ours. */
  answer(nonceHash: Buffer, seen: SeenRequest): Promise<string | null>;
  /** Takes it out: what the request that was answered had brought; null: none came. */
  take(nonceHash: Buffer): Promise<SeenRequest | null>;
}

export function ownNonces(system: Queries): OwnNonces {
  return {
    add: async (nonceHash, answer) => {
      await system.deleteFrom('setup_checks').where('expires_at', '<', sql<Date>`now()`).execute();
      await system
        .insertInto('setup_checks')
        .values({ nonce_hash: nonceHash, answer, expires_at: sql<Date>`now() + interval '1 minute'` })
        .execute();
    },
    answer: async (nonceHash, seen) => {
      const row = await system
        .updateTable('setup_checks')
        .set({ seen: JSON.stringify(seen) })
        .where('nonce_hash', '=', nonceHash)
        .where('expires_at', '>=', sql<Date>`now()`)
        .returning('answer')
        .executeTakeFirst();
      return row?.answer ?? null;
    },
    take: async (nonceHash) => {
      const row = await system
        .deleteFrom('setup_checks')
        .where('nonce_hash', '=', nonceHash)
        .returning('seen')
        .executeTakeFirst();
      return row?.seen == null ? null : seenRequest.parse(row.seen);
    },
  };
}

/** How the database stands to this check: its clock, whether a server works on it, and when it was backed up. */
export async function databaseSays(
  system: Queries,
): Promise<{ now: Date; isServing: boolean; lastBackupAt: Date | null }> {
  const { rows } = await sql<{ now: Date; is_serving: boolean; last_backup_at: Date | null }>`
    select clock_timestamp() as now, (select max(made_at) from backups) as last_backup_at, exists (
      select from pg_stat_activity where datname = current_database() and application_name like 'keyrail listen%'
    ) as is_serving`.execute(system);
  const [row] = rows;
  if (row === undefined) throw new Error('the database did not say what time it is');
  return { now: row.now, isServing: row.is_serving, lastBackupAt: row.last_backup_at };
}
