import type { Secret } from '../lib/secret.ts';
import type { CutOff, Mint, MintOutcome } from './mint.ts';
import type { Claimed, RenewDeps } from './renew.ts';
import { isGood } from './times.ts';
import { beginWait, endWait } from './token-lease-store.ts';
import { isRenewable, type Lease, type TokenRow } from './token-row.ts';

/**
 * The part of a lease in which the request leaves, so that its answer is there before the lease is over. A process that was
 * stopped in between and wakes up later asks nobody: another one may have used up the refresh token it has in hand.
 */
const ASK_PART = 0.3;

/**
 * Where asking again may end the grant, what is there is used to its end first. Then there is nothing more to lose here; but
 * whoever was cut off may have the answer in its journal, and is given a moment to write it.
 */
export async function askedWithCare(
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

/** Of one whose end nobody knows: for so long after a renewal was cut off, or until it is refused. */
const UNKNOWN_MS = 24 * 3_600_000;

function isUsable(row: TokenRow, now: Date): boolean {
  if (row.sealed === null) return false;
  if (row.expiresAt !== null) return isGood(row, now, 0);
  return now.getTime() - (row.interruptedAt ?? now).getTime() < UNKNOWN_MS;
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
