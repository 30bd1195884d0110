import type { UserId } from '@keyrail/contract/ids';
import type { ConnectionsVisibility, Role } from '@keyrail/contract/people';
import type { Queries } from '../db/open.ts';
import { PLANNED_ONCE } from '../db/pool.ts';

export interface StoredSession {
  id: string;
  userId: UserId;
  name: string;
  email: string;
  usedAt: Date;
  expiresAt: Date;
}

/** What somebody is in a workspace; null: no member of it, or there is no such one. */
export type Standing = { role: Role; visibleTo: ConnectionsVisibility } | null;

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
  /** And what its person is in the workspace, in the same look: nearly every request asks for both. */
  findIn(
    tokenHash: Buffer,
    workspaceId: string,
  ): Promise<{ session: StoredSession; standing: Standing } | null>;
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
      const found = await select(system).where('sessions.token_hash', '=', tokenHash).executeTakeFirst();
      return found ? { ...found, userId: found.userId as UserId } : null;
    },
    findIn: async (tokenHash, workspaceId) => {
      const found = await select(system)
        .leftJoin('members', (join) =>
          join.onRef('members.user_id', '=', 'users.id').on('members.workspace_id', '=', workspaceId),
        )
        .leftJoin('workspaces', 'workspaces.id', 'members.workspace_id')
        .select(['members.role', 'workspaces.connections_visible_to as visibleTo'])
        .where('sessions.token_hash', '=', tokenHash)
        .executeTakeFirst();
      if (!found) return null;
      const { role, visibleTo, ...session } = found;
      const standing = role === null || visibleTo === null ? null : { role, visibleTo };
      return { session: { ...session, userId: session.userId as UserId }, standing: standing as Standing };
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

function select(system: Queries) {
  return system
    .selectFrom('sessions')
    .modifyFront(PLANNED_ONCE)
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'sessions.id',
      'sessions.user_id as userId',
      'users.name',
      'users.email',
      'sessions.used_at as usedAt',
      'sessions.expires_at as expiresAt',
    ]);
}
