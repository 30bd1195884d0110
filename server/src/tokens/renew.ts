import type { Clock } from '../lib/clock.ts';
import type { Secret } from '../lib/secret.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { CutOff, Mint, Minted, MintOutcome } from './mint.ts';
import type { TokenSettings } from './settings.ts';
import { isGood, retryAt, timesOf } from './times.ts';
import type { EndedBecause, TokenEvents, Told } from './token.ts';
import { openTokens, sealTokens } from './token-box.ts';
import type { Lease, TokenRow } from './token-row.ts';
import { type NewToken, saveEnded, saveFailure, saveHeld, saveRenewed } from './token-store.ts';

export interface RenewDeps {
  transact: Transact;
  keyring: Keyring;
  clock: Clock;
  random: () => number;
  mint: Mint;
  events: TokenEvents;
  settings: TokenSettings;
  log: { warn(fields: object, message: string): void };
}

/** A row somebody has the right to renew, and whether an earlier renewal of it was cut off. */
export interface Claimed {
  row: TokenRow;
  lease: Lease;
  interruptedAt: Date | null;
  /** The token that is there was refused before its time: nothing is lost by asking. */
  isForced: boolean;
}

/** What a new one would be made from is there. */
export function isRenewable({ madeFrom, hasRefreshToken }: TokenRow): boolean {
  return madeFrom === 'credential' || hasRefreshToken;
}

/**
 * Renews once, with the lease in hand, and writes down what came of it. The new token is stored before anybody is given it,
 * and before anything else of the answer is looked at. Where the lease was lost meanwhile (a sign-in, a disconnect), nothing
 * is written.
 */
export async function renew(deps: RenewDeps, claimed: Claimed): Promise<void> {
  const { row } = claimed;
  const refreshToken = await refreshTokenOf(deps, row);
  const outcome = await asked(deps, row, refreshToken, cutOffOf(deps, claimed));
  switch (outcome.kind) {
    case 'held':
      return hold(deps, claimed);
    case 'minted':
      return store(deps, claimed, outcome.minted, refreshToken);
    case 'ended':
      return end(deps, claimed, outcome.because, outcome.words);
    case 'setup_rejected':
    case 'not_now':
      return fail(deps, claimed, outcome);
  }
}

async function refreshTokenOf(deps: RenewDeps, { id, owner, generation, sealed, hasRefreshToken }: TokenRow) {
  if (sealed === null || !hasRefreshToken) return null;
  const place = { workspaceId: owner.workspaceId, id, generation };
  const result = await openTokens(deps, place, sealed);
  return result.kind === 'opened' ? result.secrets.refreshToken : null;
}

/** A lease that ran out with its holder says no more than that the call began a lease ago at least. */
function cutOffOf({ clock, settings }: RenewDeps, { row, interruptedAt, isForced }: Claimed): CutOff | null {
  const now = clock.now();
  const isWorthWaiting = row.sealed !== null && row.expiresAt !== null && isGood(row, now, 0);
  if (interruptedAt === null || isForced || !row.hasRefreshToken || !isWorthWaiting) return null;
  const noted = row.interruptedAt;
  return { sinceMs: noted === null ? settings.leaseMs : now.getTime() - noted.getTime() };
}

async function asked(
  deps: RenewDeps,
  row: TokenRow,
  refreshToken: Secret<string> | null,
  cutOff: CutOff | null,
): Promise<Awaited<ReturnType<Mint>>> {
  if (!isRenewable(row)) return { kind: 'ended', because: 'expired', words: null };
  try {
    return await deps.mint(row.owner, refreshToken, cutOff);
  } catch (error) {
    deps.log.warn({ err: error, connectionId: row.owner.connectionId }, 'a token could not be renewed');
    const unknown = { because: 'unreachable', mayHaveHappened: true, retryAfterSeconds: null } as const;
    return { kind: 'not_now', words: null, ...unknown };
  }
}

async function store(
  deps: RenewDeps,
  { row, lease }: Claimed,
  minted: Minted,
  before: Secret<string> | null,
): Promise<void> {
  const isRecovered = row.failure?.kind === 'setup_rejected';
  await insistently(deps, async () => {
    const token = await sealedToken(deps, row, minted, before);
    await deps.transact(lease.owner.workspaceId, async (tx) => {
      const isSaved = await saveRenewed(tx, lease, token);
      if (isSaved && isRecovered) await deps.events.recovered(tx, lease.owner);
    });
  });
}

/** A token as it will stand in the row: the refresh token from before stays where none came (RFC 6749 §6). */
export async function sealedToken(
  deps: Pick<RenewDeps, 'keyring' | 'clock' | 'random' | 'settings'>,
  row: Pick<TokenRow, 'id' | 'owner' | 'generation' | 'madeFrom'> &
    Partial<Pick<TokenRow, 'scopes' | 'fields'>>,
  minted: Minted,
  before: Secret<string> | null,
): Promise<NewToken> {
  const refreshToken = minted.refreshToken ?? before;
  const generation = row.generation + 1;
  const place = { workspaceId: row.owner.workspaceId, id: row.id, generation };
  const sealed = await sealTokens(deps, place, { accessToken: minted.accessToken, refreshToken });
  const isKept = row.madeFrom === 'credential' || refreshToken !== null;
  return {
    ...timesOf(deps.settings, minted, isKept, deps.clock.now(), deps.random()),
    generation,
    sealed,
    hasRefreshToken: refreshToken !== null,
    scopes: minted.scopes ?? row.scopes ?? null,
    fields: { ...row.fields, ...minted.fields },
  };
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** The only live token may be in our hands: a database that is away for a moment is asked until the lease has run out. */
async function insistently({ clock, settings }: RenewDeps, write: () => Promise<void>): Promise<void> {
  const until = clock.now().getTime() + settings.leaseMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await write();
    } catch (error) {
      if (clock.now().getTime() + pauseMs > until) throw error;
      await clock.sleep(pauseMs);
    }
  }
}

class LeaseLost extends Error {}

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
  const because: EndedBecause = interruptedAt !== null && row.hasRefreshToken ? 'interrupted' : said;
  await whileLeased(deps, lease, await deps.events.ended(lease.owner, because, words), (tx) =>
    saveEnded(tx, lease, because, words),
  );
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
  const failed = {
    kind: outcome.kind,
    failures,
    words: outcome.words,
    retryAt: retryAt(
      deps.settings,
      failures,
      isNotNow ? outcome.retryAfterSeconds : null,
      now,
      deps.random(),
    ),
    interruptedAt: interruptedAt ?? (isCutOff ? now : null),
  };
  const isOut = row.sealed === null || !isGood(row, now, 0);
  await whileLeased(
    deps,
    lease,
    isNotNow ? null : await deps.events.setupRejected(lease.owner, outcome.words, isOut),
    (tx) => saveFailure(tx, lease, failed),
  );
}
