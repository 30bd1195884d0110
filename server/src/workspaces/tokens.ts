import type { TokenId } from '@keyrail/contract/ids';
import type { Role, Scope } from '@keyrail/contract/people';
import { type Actor, record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Transact } from '../lib/tx.ts';
import { lesserRole, scopesIn } from './policy.ts';
import { hashOf, isWellFormedToken, newApiToken } from './secret-text.ts';
import type { Token } from './token.ts';
import { deleteToken, insertToken, listTokens, type TokenLookup, tokenExpiry } from './token-store.ts';
import type { Client } from './visitor.ts';
import type { Who } from './who.ts';

export interface TokensDeps {
  transact: Transact;
  clock: Clock;
}

export interface TokenInput {
  name: string;
  scopes: readonly Scope[];
  expiresInDays: number | null;
  connectionIds: readonly string[] | null;
}

/** On whose behalf a token is made: their role and scopes are its limit. */
export interface Maker {
  actor: Actor;
  workspaceId: string;
  userId: string | null;
  role: Role;
  scopes: ReadonlySet<Scope>;
  connectionIds: ReadonlySet<string> | null;
  /** Set when a token makes a token: the new one lives no longer. */
  tokenId: TokenId | null;
}

export type CreatedToken = Token & { token: string };

/** Makes a token. What it may is never more than what its maker may: not in scopes, connections, role or time. */
export async function createToken(deps: TokensDeps, maker: Maker, input: TokenInput): Promise<CreatedToken> {
  refuseMoreThanMaker(maker, input);
  const token = newApiToken();
  const now = deps.clock.now();
  const row = {
    id: newId<TokenId>('tok'),
    name: input.name,
    hint: `kr_…${token.slice(-4)}`,
    scopes: [...new Set(input.scopes)],
    connectionIds: copyOf(input.connectionIds ?? maker.connectionIds),
    createdAt: now,
    expiresAt:
      input.expiresInDays === null ? null : new Date(now.getTime() + input.expiresInDays * 86_400_000),
  };
  await deps.transact(maker.workspaceId, async (tx) => {
    if (maker.tokenId !== null) {
      const end = await tokenExpiry(tx, maker.workspaceId, maker.tokenId);
      if (end && (!row.expiresAt || row.expiresAt > end)) throw livesLonger(end);
    }
    await insertToken(tx, {
      ...row,
      workspaceId: maker.workspaceId,
      tokenHash: hashOf(token),
      role: maker.role,
      createdBy: maker.userId,
    });
    await record(tx, {
      who: maker.actor,
      action: 'token.created',
      subject: { kind: 'token', id: row.id, name: row.name },
      detail: { scopes: row.scopes, expires_at: row.expiresAt?.toISOString() ?? null },
    });
  });
  const createdBy = 'label' in maker.actor ? maker.actor.label : null;
  return { ...row, createdBy, lastUsedAt: null, token };
}

function livesLonger(end: Date): AppError {
  return new AppError('forbidden', {
    detail: `This token ends at ${end.toISOString()}; one it makes cannot live longer. Set expires_in_days.`,
  });
}

function copyOf(ids: Iterable<string> | null): string[] | null {
  return ids === null ? null : [...ids];
}

function refuseMoreThanMaker(maker: Maker, input: TokenInput): void {
  const tooWide = input.scopes.filter((scope) => !maker.scopes.has(scope));
  if (tooWide.length > 0) {
    throw new AppError('forbidden', { detail: `You may not do this yourself: ${tooWide.join(', ')}.` });
  }
  const bound = maker.connectionIds;
  if (bound && input.connectionIds?.some((id) => !bound.has(id))) {
    throw new AppError('forbidden', {
      detail: 'This token is bound to connections; one it makes cannot use others.',
    });
  }
}

export async function tokensOf(
  deps: Pick<TokensDeps, 'transact'>,
  who: Pick<Who, 'workspaceId'>,
  page: { limit: number; before: string | null },
): Promise<Token[]> {
  return deps.transact(who.workspaceId, (tx) => listTokens(tx, who.workspaceId, page), 'read');
}

/** From the next request on it is unknown, in every process. */
export async function revokeToken(deps: Pick<TokensDeps, 'transact'>, who: Who, id: string): Promise<void> {
  await deps.transact(who.workspaceId, async (tx) => {
    const name = await deleteToken(tx, who.workspaceId, id);
    if (name === null) throw new AppError('not_found');
    await record(tx, { who, action: 'token.revoked', subject: { kind: 'token', id, name } });
  });
}

/**
 * Who a token speaks for; null when there is no such token, it expired, or its maker left. A token with a wrong checksum
 * is refused without a query.
 */
export async function whoByToken(
  deps: { tokens: Pick<TokenLookup, 'find'>; clock: Clock; markUsed: (id: string) => void },
  token: string,
  client: Client,
): Promise<Who | null> {
  if (!isWellFormedToken(token)) return null;
  const found = await deps.tokens.find(hashOf(token));
  if (!found || (found.expiresAt && found.expiresAt <= deps.clock.now())) return null;
  if (found.createdBy !== null && found.makerRole === null) return null;
  deps.markUsed(found.id);
  const role = found.makerRole === null ? found.role : lesserRole(found.role, found.makerRole);
  const allowed = scopesIn(role, found.visibleTo);
  return {
    workspaceId: found.workspaceId,
    userId: found.createdBy,
    tokenId: found.id,
    role,
    scopes: new Set(found.scopes.filter((scope) => allowed.has(scope))),
    connectionIds: found.connectionIds === null ? null : new Set(found.connectionIds),
    label: `token ${found.name}`,
    ip: client.ip,
  };
}
