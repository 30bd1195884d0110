import type { Clock } from '../lib/clock.ts';
import type { Tx } from '../lib/tx.ts';
import { lesserRole, scopesOfRole } from './policy.ts';
import { findUser } from './use-right-store.ts';

/**
 * What somebody's right to use connections has become since they were last asked who they are. `maker_refused`: left, or of
 * a lesser role now; the name where they are still in the workspace.
 */
export type UseRight =
  | { kind: 'given' }
  | { kind: 'token_revoked' }
  | { kind: 'token_expired' }
  | { kind: 'maker_refused'; name: string | null };

/**
 * Whether this person, and the token where one acted, may use connections now: by the rules that a request goes by. Neither
 * person nor token: nobody, who may not. One query by primary keys, as it is asked every second of all that goes on by itself.
 */
export async function useRight(
  deps: { clock: Clock },
  tx: Tx,
  workspaceId: string,
  maker: { userId: string | null; tokenId: string | null },
): Promise<UseRight> {
  const { member, token } = await findUser(tx, workspaceId, maker);
  const refused = { kind: 'maker_refused', name: member?.name ?? null } as const;
  if (maker.userId !== null && member === null) return refused;
  if (maker.tokenId === null)
    return member !== null && scopesOfRole[member.role].has('connections:use') ? { kind: 'given' } : refused;
  if (token === null) return { kind: 'token_revoked' };
  if (token.expiresAt !== null && token.expiresAt <= deps.clock.now()) return { kind: 'token_expired' };
  const role = member === null ? token.role : lesserRole(token.role, member.role);
  const isGiven = token.scopes.includes('connections:use') && scopesOfRole[role].has('connections:use');
  return isGiven ? { kind: 'given' } : refused;
}
