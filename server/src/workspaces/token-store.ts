import { sql } from 'kysely';
import { type Queries, queries } from '../db/open.ts';
import { PLANNED_ONCE } from '../db/pool.ts';
import { createGather } from '../lib/gather.ts';
import type { Tx } from '../lib/tx.ts';
import type { NewToken, Token, TokenInUse } from './token.ts';

/** A token says which workspace it is for, so it is looked up before that is known. */
export interface TokenLookup {
  find(tokenHash: Buffer): Promise<TokenInUse | null>;
  /** Sets when tokens were used last, several at once. */
  markUsed(uses: ReadonlyMap<string, Date>): Promise<void>;
}

/** Every request begins with it: those that come at the same time are looked up together. */
export function createTokenLookup(system: Queries): TokenLookup {
  const find = createGather<Buffer, TokenInUse | null>(
    async (hashes) => {
      const rows = await system
        .selectFrom('api_tokens as token')
        .modifyFront(PLANNED_ONCE)
        .leftJoin('members as maker', (join) =>
          join
            .onRef('maker.user_id', '=', 'token.created_by')
            .onRef('maker.workspace_id', '=', 'token.workspace_id'),
        )
        .innerJoin('workspaces', 'workspaces.id', 'token.workspace_id')
        .select([
          'token.id',
          'token.token_hash as tokenHash',
          'token.workspace_id as workspaceId',
          'token.name',
          'token.role',
          'token.scopes',
          'token.connection_ids as connectionIds',
          'token.expires_at as expiresAt',
          'token.created_by as createdBy',
          'maker.role as makerRole',
          'workspaces.connections_visible_to as visibleTo',
        ])
        .where('token.token_hash', '=', sql<Buffer>`any(${[...hashes]}::bytea[])`)
        .execute();
      const found = new Map(rows.map((row) => [row.tokenHash.toString('hex'), row as unknown as TokenInUse]));
      return hashes.map((hash) => found.get(hash.toString('hex')) ?? null);
    },
    { atOnce: 2, most: 200 },
  );
  return {
    find,
    markUsed: async (uses) => {
      const ids = [...uses.keys()];
      await sql`
        update api_tokens set last_used_at = greatest(last_used_at, used.at)
        from unnest(${ids}::text[], ${[...uses.values()]}::timestamptz[]) as used (id, at)
        where api_tokens.id = used.id`.execute(system);
    },
  };
}

export async function insertToken(tx: Tx, token: NewToken): Promise<void> {
  await queries(tx)
    .insertInto('api_tokens')
    .values({
      id: token.id,
      workspace_id: token.workspaceId,
      name: token.name,
      token_hash: token.tokenHash,
      hint: token.hint,
      role: token.role,
      scopes: [...token.scopes],
      connection_ids: token.connectionIds === null ? null : [...token.connectionIds],
      created_by: token.createdBy,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
    })
    .execute();
}

export async function listTokens(
  tx: Tx,
  workspaceId: string,
  page: { limit: number; before: string | null },
): Promise<Token[]> {
  let query = selectTokens(tx, workspaceId).orderBy('api_tokens.id', 'desc').limit(page.limit);
  if (page.before !== null) query = query.where('api_tokens.id', '<', page.before);
  return (await query.execute()) as Token[];
}

/** Null: it does not end. */
export async function tokenExpiry(tx: Tx, workspaceId: string, id: string): Promise<Date | null> {
  const found = await queries(tx)
    .selectFrom('api_tokens')
    .select('expires_at')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  return found?.expires_at ?? null;
}

/** The name of the deleted token; null when there was none. */
export async function deleteToken(tx: Tx, workspaceId: string, id: string): Promise<string | null> {
  const deleted = await queries(tx)
    .deleteFrom('api_tokens')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returning('name')
    .executeTakeFirst();
  return deleted?.name ?? null;
}

export async function countTokensOf(tx: Tx, workspaceId: string, userId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from api_tokens
    where workspace_id = ${workspaceId} and created_by = ${userId}`.execute(queries(tx));
  return rows[0]?.count ?? 0;
}

/** How many there were. */
export async function deleteTokensOf(tx: Tx, workspaceId: string, userId: string): Promise<number> {
  const deleted = await queries(tx)
    .deleteFrom('api_tokens')
    .where('workspace_id', '=', workspaceId)
    .where('created_by', '=', userId)
    .executeTakeFirst();
  return Number(deleted.numDeletedRows);
}

function selectTokens(tx: Tx, workspaceId: string) {
  return queries(tx)
    .selectFrom('api_tokens')
    .leftJoin('users', 'users.id', 'api_tokens.created_by')
    .select([
      'api_tokens.id',
      'api_tokens.name',
      'hint',
      'scopes',
      'connection_ids as connectionIds',
      'users.name as createdBy',
      'api_tokens.created_at as createdAt',
      'expires_at as expiresAt',
      'last_used_at as lastUsedAt',
    ])
    .where('api_tokens.workspace_id', '=', workspaceId);
}
