import type { UserId } from '@keyrail/contract/ids';
import type { Queries } from '../db/open.ts';

export interface StoredSession {
  id: string;
  userId: UserId;
  name: string;
  email: string;
  usedAt: Date;
  expiresAt: Date;
}

export interface NewSession {
  id: string;
  userId: string;
  tokenHash: Buffer;
  now: Date;
  expiresAt: Date;
  ip: string;
  userAgent: string;
}

/** A session belongs to a person, not to a workspace, so these run past row-level security. */
export interface SessionStore {
  find(tokenHash: Buffer): Promise<StoredSession | null>;
  /** Keeps the newest `keep` of the person and drops the others. */
  insert(session: NewSession, keep: number): Promise<void>;
  touch(id: string, now: Date): Promise<void>;
  end(id: string): Promise<void>;
  endOthers(userId: string, exceptId: string): Promise<number>;
  endOlderThan(usedBefore: Date, now: Date): Promise<void>;
}

export function createSessionStore(system: Queries): SessionStore {
  return {
    find: async (tokenHash) => {
      const found = await system
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .select([
          'sessions.id',
          'sessions.user_id as userId',
          'users.name',
          'users.email',
          'sessions.used_at as usedAt',
          'sessions.expires_at as expiresAt',
        ])
        .where('sessions.token_hash', '=', tokenHash)
        .executeTakeFirst();
      return found ? { ...found, userId: found.userId as UserId } : null;
    },
    insert: (session, keep) =>
      system.transaction().execute(async (tx) => {
        await tx
          .insertInto('sessions')
          .values({
            id: session.id,
            user_id: session.userId,
            token_hash: session.tokenHash,
            created_at: session.now,
            used_at: session.now,
            expires_at: session.expiresAt,
            ip: session.ip,
            user_agent: session.userAgent,
          })
          .execute();
        const surplus = tx
          .selectFrom('sessions')
          .select('id')
          .where('user_id', '=', session.userId)
          .orderBy('used_at', 'desc')
          .orderBy('id', 'desc')
          .offset(keep);
        await tx.deleteFrom('sessions').where('id', 'in', surplus).execute();
      }),
    touch: async (id, now) => {
      await system.updateTable('sessions').set({ used_at: now }).where('id', '=', id).execute();
    },
    end: async (id) => {
      await system.deleteFrom('sessions').where('id', '=', id).execute();
    },
    endOthers: async (userId, exceptId) => {
      const ended = await system
        .deleteFrom('sessions')
        .where('user_id', '=', userId)
        .where('id', '!=', exceptId)
        .executeTakeFirst();
      return Number(ended.numDeletedRows);
    },
    endOlderThan: async (usedBefore, now) => {
      await system
        .deleteFrom('sessions')
        .where((is) => is.or([is('used_at', '<', usedBefore), is('expires_at', '<', now)]))
        .execute();
    },
  };
}
