import type { Role, Scope } from '@keyrail/contract/people';
import { sql } from 'kysely';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';

/** Null: not a member (any more), or no such token of the workspace. */
export interface FoundUser {
  member: { name: string; role: Role } | null;
  token: { role: Role; scopes: Scope[]; expiresAt: Date | null } | null;
}

interface UserRecord {
  name: string | null;
  member_role: Role | null;
  token_role: Role | null;
  scopes: Scope[] | null;
  expires_at: Date | null;
}

export async function findUser(
  tx: Tx,
  workspaceId: string,
  { userId, tokenId }: { userId: string | null; tokenId: string | null },
): Promise<FoundUser> {
  const { rows } = await sql<UserRecord>`
    select users.name, members.role as member_role, token.role as token_role, token.scopes, token.expires_at
    from (values (${userId}::text, ${tokenId}::text)) as asked (user_id, token_id)
    left join members on members.workspace_id = ${workspaceId} and members.user_id = asked.user_id
    left join users on users.id = members.user_id
    left join api_tokens token on token.workspace_id = ${workspaceId} and token.id = asked.token_id`.execute(
    queries(tx),
  );
  const found = rows[0];
  return {
    member: found?.member_role ? { name: found.name ?? '', role: found.member_role } : null,
    token: found?.token_role
      ? { role: found.token_role, scopes: found.scopes ?? [], expiresAt: found.expires_at }
      : null,
  };
}
