import type { MintOutcome } from './mint.ts';
import type { Claimed, RenewDeps } from './renew.ts';
import { whileLeased } from './save.ts';
import { isGood, retryAt } from './times.ts';
import type { EndedBecause, Told } from './token.ts';
import { saveEnded, saveFailure, saveHeld } from './token-lease-store.ts';
import { isRefused, type TokenRow } from './token-row.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** What came of asking is worth some tries: a database that is away for a moment is asked until the lease has run out. */
export async function insistently(
  { clock, settings }: RenewDeps,
  write: () => Promise<void>,
): Promise<'written'> {
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

/** Where nobody knows its end: until a refusal shows it, and for so long. */
const HELD_MS = 24 * 3_600_000;

/** What is there is used to its end; then there is nothing to lose by asking again. */
export async function hold(deps: RenewDeps, { row, lease, interruptedAt }: Claimed): Promise<void> {
  const until = row.expiresAt ?? new Date(deps.clock.now().getTime() + HELD_MS);
  await deps.transact(lease.owner.workspaceId, (tx) => saveHeld(tx, lease, { until, interruptedAt }));
}

export async function end(
  deps: RenewDeps,
  { lease, interruptedAt, row }: Claimed,
  said: Extract<MintOutcome, { kind: 'ended' }>['because'],
  words: string | null,
): Promise<void> {
  const because = reasonOf(said, row, interruptedAt, deps.clock.now());
  const tell = await deps.events.ended(lease.owner, because, words);
  await whileLeased(deps, lease.owner.workspaceId, tell, (tx) => saveEnded(tx, lease, because, words));
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

export async function fail(
  deps: RenewDeps,
  { row, lease, interruptedAt, isForced }: Claimed,
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
  const isOut = isForced || isRefused(row) || row.sealed === null || !isGood(row, now, 0);
  const tell = await failedTold(deps, row, outcome, isOut);
  await whileLeased(deps, lease.owner.workspaceId, tell, (tx) => saveFailure(tx, lease, failed));
}

async function failedTold(
  { events }: RenewDeps,
  row: TokenRow,
  { kind, words }: Extract<MintOutcome, { kind: 'setup_rejected' | 'not_now' }>,
  isOut: boolean,
): Promise<Told | null> {
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
