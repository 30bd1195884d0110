import type { Clock } from '../lib/clock.ts';
import type { Secret } from '../lib/secret.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { grantEndOf } from './grant.ts';
import type { Journal } from './journal.ts';
import type { CutOff, Mint, Minted, MintOutcome } from './mint.ts';
import { LeaseLost } from './save.ts';
import type { TokenSettings } from './settings.ts';
import { keepNew, writeKept } from './store-new.ts';
import { isFromFuture, isGood, retryAt, timesOf } from './times.ts';
import type { EndedBecause, TokenEvents, Told } from './token.ts';
import { openTokens, type Sealer, sealTokens } from './token-box.ts';
import type { NewToken } from './token-columns.ts';
import { beginWait, endWait, saveEnded, saveFailure, saveHeld } from './token-lease-store.ts';
import type { Lease, TokenRow } from './token-row.ts';

export interface RenewDeps {
  transact: Transact;
  keyring: Keyring;
  clock: Clock;
  random: () => number;
  mint: Mint;
  events: TokenEvents;
  settings: TokenSettings;
  journal: Journal;
  /** The journal is not empty. */
  onKept(): void;
  log: { warn(fields: object, message: string): void };
}

/** A row somebody has the right to renew, and whether an earlier renewal of it was cut off. */
export interface Claimed {
  row: TokenRow;
  lease: Lease;
  interruptedAt: Date | null;
  /** The token that is there was refused before its time: nothing is lost by asking. */
  isForced: boolean;
  /** By the clock that only goes forward: when the lease was asked for. */
  leasedAt: number;
}

/**
 * The part of a lease in which the request leaves, so that its answer is there before the lease is over. A process that was
 * stopped in between and wakes up later asks nobody: another one may have used up the refresh token it has in hand.
 */
const ASK_PART = 0.3;

/** `kept`: what came is in the journal, and goes to the database by itself. */
export type Renewed = 'written' | 'kept';

/** What a new one would be made from is there. */
export function isRenewable({ madeFrom, hasRefreshToken }: TokenRow): boolean {
  return madeFrom === 'credential' || hasRefreshToken;
}

/**
 * Renews once, with the lease in hand, and writes down what came of it. The new token is stored before anybody is given it,
 * and before anything else of the answer is looked at. Where the lease was lost meanwhile (a sign-in, a disconnect), nothing
 * is written. Ends when what came is in the database, or, of a new token, in the journal.
 */
export async function renew(deps: RenewDeps, claimed: Claimed): Promise<Renewed> {
  const { row, interruptedAt } = claimed;
  if (interruptedAt !== null && (await writeKept(deps, claimed))) return 'written';
  const refreshToken = await refreshTokenOf(deps, row);
  // Had before anybody is asked: when the answer is there, the database with the keys may be away.
  const sealer = await deps.keyring.keyForSealing(row.owner.workspaceId);
  const outcome = await askedWithCare(deps, claimed, refreshToken);
  switch (outcome.kind) {
    case 'lost':
      return 'written';
    case 'held':
      return insistently(deps, () => hold(deps, claimed));
    case 'minted': {
      const token = sealedToken(deps, sealer, row, outcome.minted, refreshToken);
      return keepNew(deps, claimed, sealer, token, outcome.takeBack);
    }
    case 'ended':
      return insistently(deps, () => end(deps, claimed, outcome.because, outcome.words));
    case 'setup_rejected':
    case 'not_now':
      return insistently(deps, () => fail(deps, claimed, outcome));
  }
}

async function refreshTokenOf(deps: RenewDeps, { id, owner, generation, sealed, hasRefreshToken }: TokenRow) {
  if (sealed === null || !hasRefreshToken) return null;
  const place = { workspaceId: owner.workspaceId, id, generation };
  const result = await openTokens(deps, place, sealed);
  return result.kind === 'opened' ? result.secrets.refreshToken : null;
}

/**
 * Where asking again may end the grant, what is there is used to its end first. Then there is nothing more to lose here; but
 * whoever was cut off may have the answer in its journal, and is given a moment to write it.
 */
async function askedWithCare(
  deps: RenewDeps,
  claimed: Claimed,
  refreshToken: Secret<string> | null,
): Promise<MintOutcome | { kind: 'held' | 'lost' }> {
  const { row, lease, isForced } = claimed;
  const outcome = await asked(deps, claimed, refreshToken, cutOffOf(deps, claimed));
  if (outcome.kind !== 'held') return outcome;
  if (isUsable(row, deps.clock.now()) && !isForced) return outcome;
  const leasedAt = performance.now() + deps.settings.leaseMs * WAIT_PART;
  if (!(await waited(deps, lease))) return { kind: 'lost' };
  return asked(deps, { row, leasedAt }, refreshToken, null);
}

/** A lease that ran out with its holder says no more than that the call began a lease ago at least. */
function cutOffOf({ clock, settings }: RenewDeps, { row, interruptedAt, isForced }: Claimed): CutOff | null {
  if (interruptedAt === null || !row.hasRefreshToken) return null;
  const noted = row.interruptedAt;
  if (noted === null) return { sinceMs: settings.leaseMs };
  const now = clock.now();
  // Waited for long enough: whoever was cut off either lives and got no answer, or had its time.
  if (isForced || !isUsable(row, now)) return null;
  const sinceMs = now.getTime() - noted.getTime();
  // A clock that was set back knows nothing of how long ago it was.
  return { sinceMs: sinceMs < 0 ? Number.POSITIVE_INFINITY : sinceMs };
}

function isUsable(row: TokenRow, now: Date): boolean {
  return row.sealed !== null && row.expiresAt !== null && isGood(row, now, 0);
}

/** Longer than the pauses between the tries of whoever has it. */
const WAIT_PART = 1 / 15;

async function waited({ transact, clock, settings }: RenewDeps, lease: Lease): Promise<boolean> {
  const { workspaceId } = lease.owner;
  await transact(workspaceId, (tx) => beginWait(tx, lease));
  await clock.sleep(settings.leaseMs * WAIT_PART);
  return transact(workspaceId, (tx) => endWait(tx, lease, settings.leaseMs));
}

async function asked(
  deps: RenewDeps,
  { row, leasedAt }: Pick<Claimed, 'row' | 'leasedAt'>,
  refreshToken: Secret<string> | null,
  cutOff: CutOff | null,
): Promise<Awaited<ReturnType<Mint>>> {
  const mayAsk = () => performance.now() - leasedAt < deps.settings.leaseMs * ASK_PART;
  if (!isRenewable(row)) return { kind: 'ended', because: 'expired', words: null };
  try {
    return await deps.mint(row.owner, refreshToken, cutOff, mayAsk);
  } catch (error) {
    deps.log.warn({ err: error, connectionId: row.owner.connectionId }, 'a token could not be renewed');
    const unknown = { because: 'unreachable', mayHaveHappened: true, retryAfterSeconds: null } as const;
    return { kind: 'not_now', words: null, ...unknown };
  }
}

/** A token as it will stand in the row: the refresh token from before stays where none came (RFC 6749 §6). */
export function sealedToken(
  deps: Pick<RenewDeps, 'clock' | 'random' | 'settings'>,
  sealer: Sealer,
  row: Pick<TokenRow, 'id' | 'owner' | 'generation' | 'madeFrom'> &
    Partial<Pick<TokenRow, 'scopes' | 'fields' | 'idleSeconds' | 'grantEnd'>>,
  minted: Minted,
  before: Secret<string> | null,
): NewToken {
  // What is made from a credential is made from it again, whatever else came: no further secret is kept (RFC 6749 §4.4.3).
  const refreshToken = row.madeFrom === 'credential' ? null : (minted.refreshToken ?? before);
  const generation = row.generation + 1;
  const place = { workspaceId: row.owner.workspaceId, id: row.id, generation };
  const sealed = sealTokens(sealer, place, { accessToken: minted.accessToken, refreshToken });
  const isKept = row.madeFrom === 'credential' || refreshToken !== null;
  const idleSeconds = minted.refreshExpiresInSeconds ?? row.idleSeconds ?? null;
  const idle = { ...minted, refreshExpiresInSeconds: idleSeconds };
  const times = timesOf(deps.settings, idle, isKept, deps.clock.now(), deps.random());
  return {
    ...times,
    generation,
    sealed,
    hasRefreshToken: refreshToken !== null,
    idleSeconds: refreshToken === null ? null : idleSeconds,
    grantEnd: grantEndOf(minted, times, isKept, row.grantEnd ?? null),
    scopes: minted.scopes ?? row.scopes ?? null,
    fields: { ...row.fields, ...minted.fields },
  };
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** What came of asking is worth some tries: a database that is away for a moment is asked until the lease has run out. */
async function insistently({ clock, settings }: RenewDeps, write: () => Promise<void>): Promise<'written'> {
  const until = performance.now() + settings.leaseMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      await write();
      return 'written';
    } catch (error) {
      if (performance.now() + pauseMs > until) throw error;
      await clock.sleep(pauseMs);
    }
  }
}

/** Connections is told first: it locks its row before ours, as everybody does who changes both. */
async function whileLeased(
  deps: RenewDeps,
  lease: Lease,
  tell: Told | null,
  write: (tx: Tx) => Promise<boolean>,
): Promise<void> {
  try {
    await deps.transact(lease.owner.workspaceId, async (tx) => {
      await tell?.(tx);
      if (!(await write(tx))) throw new LeaseLost();
    });
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
  }
}

/** What is there is used to its end; then there is nothing to lose by asking again. */
async function hold(deps: RenewDeps, { row, lease, interruptedAt }: Claimed): Promise<void> {
  const until = row.expiresAt ?? deps.clock.now();
  await deps.transact(lease.owner.workspaceId, (tx) => saveHeld(tx, lease, { until, interruptedAt }));
}

async function end(
  deps: RenewDeps,
  { lease, interruptedAt, row }: Claimed,
  said: Extract<MintOutcome, { kind: 'ended' }>['because'],
  words: string | null,
): Promise<void> {
  const because = reasonOf(said, row, interruptedAt, deps.clock.now());
  await whileLeased(deps, lease, await deps.events.ended(lease.owner, because, words), (tx) =>
    saveEnded(tx, lease, because, words),
  );
}

/** Many have one word for whatever ends a grant. */
function reasonOf(
  said: Extract<MintOutcome, { kind: 'ended' }>['because'],
  { grantEnd, hasRefreshToken }: TokenRow,
  interruptedAt: Date | null,
  now: Date,
): EndedBecause {
  if (said === 'revoked' && grantEnd !== null && grantEnd.endsAt <= now) return 'expired';
  return interruptedAt !== null && hasRefreshToken ? 'interrupted' : said;
}

async function fail(
  deps: RenewDeps,
  { row, lease, interruptedAt }: Claimed,
  outcome: Extract<MintOutcome, { kind: 'setup_rejected' | 'not_now' }>,
): Promise<void> {
  const now = deps.clock.now();
  const isNotNow = outcome.kind === 'not_now';
  const failures = row.failures + 1;
  const isCutOff = isNotNow && outcome.mayHaveHappened && row.hasRefreshToken;
  const asksFor = isNotNow ? outcome.retryAfterSeconds : null;
  const failed = {
    kind: outcome.kind,
    failures,
    words: outcome.words,
    at: now,
    retryAt: retryAt(deps.settings, failures, asksFor, now, deps.random()),
    interruptedAt: interruptedAt ?? (isCutOff ? now : null),
  };
  await whileLeased(deps, lease, await failedTold(deps, row, outcome, now), (tx) =>
    saveFailure(tx, lease, failed),
  );
}

async function failedTold(
  { events }: RenewDeps,
  row: TokenRow,
  { kind, words }: Extract<MintOutcome, { kind: 'setup_rejected' | 'not_now' }>,
  now: Date,
): Promise<Told | null> {
  const isOut = row.sealed === null || !isGood(row, now, 0);
  const usableUntil = isOut ? null : (row.expiresAt ?? 'unknown');
  // What turns the connection red is said with that.
  const isNoted = row.failures === 0 && !(isOut && kind === 'setup_rejected');
  const first = isNoted ? await events.failed(row.owner, { kind, words, usableUntil }) : null;
  const rejected = kind === 'setup_rejected' ? await events.setupRejected(row.owner, words, isOut) : null;
  if (first === null && rejected === null) return null;
  return async (tx) => {
    await first?.(tx);
    await rejected?.(tx);
  };
}

/** Whether the pause after a failure is over. One that was written by a clock gone wrong counts for nothing. */
export function mayRetry({ retryAt: at, failedAt }: TokenRow, now: Date): boolean {
  return at === null || at <= now || isFromFuture(failedAt, now);
}
