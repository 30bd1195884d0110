import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import { keyOf } from './announce.ts';
import type { TokenOwner } from './mint.ts';
import { type RenewDeps, type Renewed, renew } from './renew.ts';
import { isGood } from './times.ts';
import type { NoToken, TokenOutcome } from './token.ts';
import { openTokens } from './token-box.ts';
import { takeLease } from './token-lease-store.ts';
import { isHeld, isRenewable, mayRetry, type TokenRow } from './token-row.ts';
import { ensureRow, findToken } from './token-store.ts';
import type { Waiting } from './waiting.ts';
import { within } from './within.ts';

export interface ObtainDeps extends RenewDeps {
  /** This process. */
  holder: string;
  waiting: Waiting;
  /** Notes what must be over before the process ends. */
  underWay<T>(work: Promise<T>): Promise<T>;
  /** Throws where nothing may leave this server now. */
  mayLeave?: () => undefined | Promise<void>;
}

export interface Wanted {
  /** Only a token of a later generation will do. */
  above: number;
  /** For so much longer; of a short-lived one at most this part of its life. */
  goodForMs: number;
  partOfLife?: number;
  /** It was refused before its time. */
  isForced?: boolean;
}

/** A row that nobody holds and that cannot be taken all the same: somebody has just written it. */
const LOOK_AGAIN_MS = 50;
const AWAY_MS = 500;

/** The credential was destroyed meanwhile; whoever did so has said it. */
const GONE: NoToken = { kind: 'ended', because: 'revoked', words: null };

/**
 * A token as wanted. Whoever needs a new one tries to take the lease; the one who gets it renews, the others wait for the
 * news, and for no longer than the lease lasts or `waitMs`. What still works is handed out where a new one cannot be had.
 */
export async function obtain(deps: ObtainDeps, owner: TokenOwner, wanted: Wanted): Promise<TokenOutcome> {
  const ear = deps.waiting.ear(keyOf(owner));
  const giveUpAt = performance.now() + deps.settings.waitMs;
  let marginMs = wanted.goodForMs;
  let isInJournal = false;
  try {
    for (;;) {
      const row = await look(deps, owner).catch((error: unknown) => {
        // It comes to the row by itself, when the database is back.
        if (isInJournal && performance.now() < giveUpAt) return 'away' as const;
        throw error;
      });
      if (row === 'away') {
        await ear.wait(Math.min(AWAY_MS, giveUpAt - performance.now()));
        continue;
      }
      if (row === null) return GONE;
      const now = deps.clock.now();
      const isThere = row.sealed !== null && row.generation > wanted.above;
      if (row.ended !== null) return { kind: 'ended', ...row.ended };
      if (isThere && isGood(row, now, marginMs, wanted.partOfLife)) return await opened(deps, row);
      const isHeldNoMore = wanted.isForced === true && isHeld(row);
      const mayTry = mayRetry(row, now) || isHeldNoMore;
      const leftMs = giveUpAt - performance.now();
      const damaged = row.hasRefreshToken ? await damageOf(deps, row) : null;
      if (damaged !== null) return damaged;
      const refusal = mayTry ? await refusalOf(deps) : null;
      const isAllowed = mayTry && refusal === null && leftMs > 0;
      const begun = isAllowed ? await tryToRenew(deps, row, wanted, now) : null;
      if (begun !== null) {
        marginMs = 0;
        isInJournal = (await within(leftMs, begun.renewal)) === 'kept';
        continue;
      }
      if (isThere && isGood(row, now, 0)) return await opened(deps, row);
      if (refusal !== null) throw refusal;
      if (!mayTry) return failed(row, now);
      if (leftMs <= 0) return { kind: 'in_progress', retryAfterSeconds: seconds(row.leasedForMs ?? 1000) };
      await ear.wait(Math.min(leftMs, row.leasedForMs ?? LOOK_AGAIN_MS));
    }
  } finally {
    ear.close();
  }
}

/** Why no token may be asked for at all now. The row is left as it is: nothing was tried. */
async function refusalOf({ mayLeave }: Pick<ObtainDeps, 'mayLeave'>): Promise<AppError | null> {
  try {
    await mayLeave?.();
    return null;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** The renewal, which goes on whatever becomes of the call that set it off; null: it is for somebody else to do. */
async function tryToRenew(
  deps: ObtainDeps,
  row: TokenRow,
  wanted: Wanted,
  now: Date,
): Promise<{ renewal: Promise<Renewed> } | null> {
  const { holder, settings } = deps;
  const isEnded = row.expiresAt !== null && row.expiresAt <= now;
  const isForced = wanted.isForced === true && !isEnded;
  const { generation } = row;
  const claim = {
    holder,
    leaseMs: settings.leaseMs,
    generation,
    now,
    isForced,
    mayRetry: mayRetry(row, now),
  };
  if (row.leasedForMs !== null) return null;
  // What cannot be renewed and has not ended is no business of ours.
  if (!isRenewable(row) && !isEnded) return null;
  const leasedAt = performance.now();
  const taken = await deps.transact(row.owner.workspaceId, (tx) => takeLease(tx, row, claim));
  if (taken === null) return null;
  return { renewal: deps.underWay(renew(deps, { row, ...taken, isForced, leasedAt })) };
}

async function look(deps: ObtainDeps, owner: TokenOwner): Promise<TokenRow | null> {
  return deps.transact(owner.workspaceId, async (tx) => {
    const found = await findToken(tx, owner);
    if (found !== null) return found;
    await ensureRow(tx, owner, newId('tkn'));
    return findToken(tx, owner);
  });
}

export async function opened(deps: Pick<ObtainDeps, 'keyring'>, row: TokenRow): Promise<TokenOutcome> {
  const { id, generation, sealed, mintedAt, expiresAt, scopes, fields, owner } = row;
  if (sealed === null) return { kind: 'unreadable', because: 'there is none' };
  const result = await openTokens(deps, { workspaceId: owner.workspaceId, id, generation }, sealed);
  if (result.kind === 'unreadable') return result;
  const { accessToken } = result.secrets;
  return { kind: 'token', token: { accessToken, generation, mintedAt, expiresAt, scopes, fields } };
}

/** A refresh token that does not open can buy nothing: said as what it is, not as the end of the grant. */
async function damageOf(deps: ObtainDeps, row: TokenRow): Promise<NoToken | null> {
  const result = await opened(deps, row);
  return result.kind === 'unreadable' ? result : null;
}

function failed({ failure, retryAt }: TokenRow, now: Date): NoToken {
  const retryAfterSeconds = seconds((retryAt ?? now).getTime() - now.getTime());
  return { kind: failure?.kind ?? 'not_now', words: failure?.words ?? null, retryAfterSeconds };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
