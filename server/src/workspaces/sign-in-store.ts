import type { UserId } from '@keyrail/contract/ids';
import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';

export type Attempt = { kind: 'taken' } | { kind: 'refused'; oldest: Date };

export interface SignInStore {
  /** `isKnownAddress`: the person has signed in from there before. */
  findUser(
    email: string,
    address: string,
  ): Promise<{ id: UserId; name: string; passwordHash: string; isKnownAddress: boolean } | null>;
  rememberAddress(userId: string, address: string, now: Date, keep: number): Promise<void>;
  /**
   * Counts one attempt under the key, unless `limit` were made since `since`: then nothing is counted, and it answers when
   * the oldest of them was. Attempts at the same moment, over all processes, wait for each other at the row.
   */
  takeAttempt(key: string, now: Date, since: Date, limit: number): Promise<Attempt>;
  /** Gives the attempt made at that moment back: the password was right. */
  returnAttempt(key: string, at: Date): Promise<void>;
  forgetAttempts(before: Date): Promise<void>;
}

export function createSignInStore(system: Queries): SignInStore {
  return {
    findUser: async (email, address) => {
      const found = await system
        .selectFrom('users')
        .leftJoin('known_addresses', (join) =>
          join.onRef('known_addresses.user_id', '=', 'users.id').on('known_addresses.address', '=', address),
        )
        .select(['users.id', 'users.name', 'users.password_hash as passwordHash', 'known_addresses.address'])
        .where('users.email', '=', email)
        .executeTakeFirst();
      if (!found) return null;
      return {
        id: found.id as UserId,
        name: found.name,
        passwordHash: found.passwordHash,
        isKnownAddress: found.address !== null,
      };
    },
    rememberAddress: async (userId, address, now, keep) => {
      await system
        .insertInto('known_addresses')
        .values({ user_id: userId, address, seen_at: now })
        .onConflict((conflict) => conflict.columns(['user_id', 'address']).doUpdateSet({ seen_at: now }))
        .execute();
      await sql`
        delete from known_addresses where user_id = ${userId} and address in (
          select address from known_addresses where user_id = ${userId} order by seen_at desc offset ${keep}
        )`.execute(system);
    },
    takeAttempt: (key, now, since, limit) =>
      system.transaction().execute(async (tx) => {
        const row = await tx
          .insertInto('sign_in_attempts')
          .values({ key, attempts: sql<Date[]>`'{}'::timestamptz[]` })
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ key })) // locks the row
          .returning('attempts')
          .executeTakeFirstOrThrow();
        const recent = (row.attempts as Date[]).filter((at) => at > since);
        const [oldest] = recent;
        if (recent.length >= limit && oldest) return { kind: 'refused', oldest };
        const attempts = sql<Date[]>`${[...recent, now]}::timestamptz[]`;
        await tx.updateTable('sign_in_attempts').set({ attempts }).where('key', '=', key).execute();
        return { kind: 'taken' };
      }),
    returnAttempt: async (key, at) => {
      await sql`update sign_in_attempts set attempts = array_remove(attempts, ${at}::timestamptz) where key = ${key}`.execute(
        system,
      );
    },
    forgetAttempts: async (before) => {
      await sql`delete from sign_in_attempts where (select max(at) from unnest(attempts) as at) < ${before}
                or attempts = '{}'`.execute(system);
    },
  };
}
