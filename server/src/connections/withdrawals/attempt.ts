import type { Secret } from '../../lib/secret.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import { renewUnder } from '../../oauth/renew.ts';
import { tokenToRevoke } from '../../oauth/revocation.ts';
import { type RevocationOutcome, revoke } from '../../oauth/revoke.ts';
import { type ClientDeps, clientOf, stampOf } from '../../oauth/setups/client.ts';
import { isForOtherHost } from '../../oauth/setups/host.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { lockIntegration } from '../connection-store.ts';
import { believing, trustedBy } from '../trusted.ts';
import { noteOnTimeline, noteSettled } from './notes.ts';
import {
  changeWithdrawal,
  findWithdrawal,
  isAccountUsed,
  lockWithdrawal,
  type WithdrawalChange,
} from './store.ts';
import { type WhoseDeps, whoseAccess } from './whose.ts';
import { nextAttemptAt, type Withdrawal, type WithdrawalSettings } from './withdrawal.ts';
import { type KeptRevocation, openRevocation, sealRevocation } from './withdrawal-box.ts';

export interface AttemptDeps extends ClientDeps, WhoseDeps {
  transact: Transact;
  keyring: Keyring;
  random: () => number;
  settings: WithdrawalSettings;
}

/** What an attempt found out; everything else is tried again later. */
type Outcome = Exclude<RevocationOutcome, { kind: 'not_good' }> | { kind: 'unreadable' };

/**
 * Job `withdrawals.tell`: tells the provider once, if it is time. The row is taken for a while first, by moving its next
 * attempt on, so that a process that dies leaves an attempt that comes by itself; telling twice does no harm.
 */
export async function attemptWithdrawal(deps: AttemptDeps, workspaceId: string, id: string): Promise<void> {
  const taken = await takeKnowingWhose(deps, workspaceId, id);
  if (taken?.sealed == null) return;
  const kept = await openRevocation(deps, taken, taken.sealed);
  const outcome =
    kept === null ? ({ kind: 'unreadable' } as const) : await told(forHost(deps, kept), taken, kept);
  await settle(deps, taken, outcome);
}

/** Also a server that only the company's own authority vouches for is told. */
function forHost(deps: AttemptDeps, { integration, method, fields }: KeptRevocation): AttemptDeps {
  return { ...deps, outbound: believing(deps.outbound, trustedBy(integration, method, fields)) };
}

/** Whose access it is decides whether others would lose theirs: where that is not known, the provider is asked first. */
async function takeKnowingWhose(
  deps: AttemptDeps,
  workspaceId: string,
  id: string,
): Promise<Withdrawal | null> {
  const taken = await take(deps, workspaceId, id);
  const seen = taken ?? (await deps.transact(workspaceId, (tx) => findWithdrawal(tx, workspaceId, id)));
  const isWaiting = taken === null && seen?.state === 'pending' && seen.nextAttemptAt === null;
  if (!isWaiting || seen.sealed === null || seen.accountId !== null) return taken;
  const kept = await openRevocation(deps, seen, seen.sealed);
  const account = kept === null ? null : await whoseAccess(deps, kept);
  if (account === null) return null;
  await deps.transact(workspaceId, async (tx) => {
    const still = await lockWithdrawal(tx, workspaceId, id);
    if (still?.state !== 'pending') return;
    const known = { accountId: account.id, accountName: account.name, nextAttemptAt: deps.clock.now() };
    await changeWithdrawal(tx, still, known);
  });
  return take(deps, workspaceId, id);
}

/** Under the integration's lock: nobody takes or destroys credentials of it meanwhile, so that the last one is seen. */
async function take(deps: AttemptDeps, workspaceId: string, id: string): Promise<Withdrawal | null> {
  return deps.transact(workspaceId, async (tx) => {
    const seen = await lockWithdrawalAfterIntegration(tx, workspaceId, id);
    const now = deps.clock.now();
    if (seen?.state !== 'pending' || seen.nextAttemptAt === null || seen.nextAttemptAt > now) return null;
    const mayEndOthers = await endsOthers(deps, tx, seen);
    const taken = {
      attempts: seen.attempts + (mayEndOthers ? 0 : 1),
      nextAttemptAt: mayEndOthers ? null : new Date(now.getTime() + deps.settings.withdrawalLeaseMs),
    };
    await changeWithdrawal(tx, seen, taken);
    return mayEndOthers ? null : { ...seen, ...taken };
  });
}

/** Everybody locks the integration first. */
async function lockWithdrawalAfterIntegration(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<Withdrawal | null> {
  const found = await findWithdrawal(tx, workspaceId, id);
  if (found === null) return null;
  await lockIntegration(tx, workspaceId, found.integration);
  return lockWithdrawal(tx, workspaceId, id);
}

/** Several providers end all access of one account to one client at once: it waits while a connection of the account is there. */
async function endsOthers(deps: AttemptDeps, tx: Tx, seen: Withdrawal): Promise<boolean> {
  if (!(await isAccountUsed(tx, seen)) || seen.sealed === null) return false;
  const kept = await openRevocation(deps, seen, seen.sealed);
  return kept?.method.revokeEnds !== 'sign_in';
}

async function told(deps: AttemptDeps, taken: Withdrawal, kept: KeptRevocation): Promise<Outcome> {
  const now = { ...kept, client: await newestClient(deps, kept) };
  // Asked to withdraw a token that has run out, many say that it is done, and leave the refresh token as it is.
  if (now.refreshToken !== null && hasRunOut(now, deps.clock.now()))
    return withFreshToken(deps, taken, now, now.refreshToken);
  const outcome = await revoke(deps, now);
  if (outcome.kind !== 'not_good') return outcome;
  // The refresh token itself, or all there was: then nothing is left to withdraw.
  const { kind } = tokenToRevoke(now);
  if (now.refreshToken === null || kind === 'refresh_token') return { kind: 'revoked' };
  return withFreshToken(deps, taken, now, now.refreshToken);
}

function hasRunOut(kept: KeptRevocation, now: Date): boolean {
  const { accessExpiresAt } = kept;
  return tokenToRevoke(kept).kind === 'access_token' && accessExpiresAt !== null && accessExpiresAt <= now;
}

/** A secret that was corrected meanwhile is the one to use, as long as it is for the same address. */
async function newestClient(deps: AttemptDeps, kept: KeptRevocation): Promise<KeptRevocation['client']> {
  const { workspaceId, integration, method, fields, client } = kept;
  if (stampOf(integration) !== null) return client;
  const found = await clientOf(deps, workspaceId, integration, client.id);
  if (found.kind !== 'client') return client;
  const newest = { workspaceId, definition: integration, method, client: found.client, fields };
  const other = await isForOtherHost(deps, newest);
  return other === null ? found.client : client;
}

/** Only an access token is taken, and the one there is has run out: a new one is had for the refresh token, and withdrawn. */
async function withFreshToken(
  deps: AttemptDeps,
  taken: Withdrawal,
  kept: KeptRevocation,
  refreshToken: Secret<string>,
): Promise<Outcome> {
  const renewed = await renewUnder(deps, kept, kept.client, kept.redirectUri, refreshToken);
  switch (renewed.kind) {
    case 'ended':
      return { kind: 'revoked' };
    case 'setup_rejected':
    case 'not_now': {
      const retryAfterSeconds = renewed.kind === 'not_now' ? renewed.retryAfterSeconds : null;
      return {
        kind: 'later',
        problem: 'gave no token to withdraw it with.',
        words: renewed.words,
        retryAfterSeconds,
      };
    }
    case 'minted': {
      const { accessToken, expiresInSeconds: seconds } = renewed.minted;
      const next = {
        ...kept,
        accessToken,
        refreshToken: renewed.minted.refreshToken ?? refreshToken,
        accessExpiresAt: seconds === null ? null : new Date(deps.clock.now().getTime() + seconds * 1000),
      };
      await keep(deps, taken, next);
      const outcome = await revoke(deps, next);
      return outcome.kind === 'not_good' ? { kind: 'revoked' } : outcome;
    }
  }
}

/** A refresh token may be good for one time only: the next one is written down before it is used. */
async function keep(deps: AttemptDeps, taken: Withdrawal, next: KeptRevocation): Promise<void> {
  const sealed = await sealRevocation(deps, taken, next);
  await change(deps, taken, async () => ({ sealed }));
}

async function settle(deps: AttemptDeps, taken: Withdrawal, outcome: Outcome): Promise<void> {
  const now = deps.clock.now();
  const ended = endOf(deps, taken, outcome, now);
  if (ended !== null) {
    await change(deps, taken, async (tx) => {
      const settled = { ...ended, sealed: null, nextAttemptAt: null, settledAt: now };
      await noteSettled(tx, { ...taken, ...settled }, now);
      return settled;
    });
    return;
  }
  if (outcome.kind !== 'later') return;
  const { problem, words, retryAfterSeconds } = outcome;
  await change(deps, taken, async (tx) => {
    const next = nextAttemptAt(deps.settings, taken.attempts, retryAfterSeconds, now, deps.random());
    const put = { problem, words, nextAttemptAt: next };
    // Said once: a day of attempts is one story.
    if (taken.attempts === 1) await noteOnTimeline(tx, { ...taken, ...put }, 'withdrawal_failed', now);
    return put;
  });
}

/** Null: it goes on. */
function endOf(
  { settings }: AttemptDeps,
  { createdAt }: Withdrawal,
  outcome: Outcome,
  now: Date,
): Pick<Withdrawal, 'state' | 'problem' | 'words'> | null {
  switch (outcome.kind) {
    case 'revoked':
      return { state: 'withdrawn', problem: null, words: null };
    case 'not_offered':
      return { state: 'not_offered', problem: null, words: outcome.words };
    case 'unreadable':
      return { state: 'failed', problem: UNREADABLE, words: null };
    case 'later': {
      const isLast = now.getTime() - createdAt.getTime() >= settings.withdrawalGiveUpMs;
      return isLast ? { state: 'failed', problem: outcome.problem, words: outcome.words } : null;
    }
  }
}

const UNREADABLE = 'was not asked: what is stored can no longer be read.';

/** Unless somebody else has taken it by now: then what this attempt found out is theirs to find out. */
async function change(
  deps: AttemptDeps,
  taken: Withdrawal,
  write: (tx: Tx) => Promise<WithdrawalChange>,
): Promise<void> {
  await deps.transact(taken.workspaceId, async (tx) => {
    const seen = await lockWithdrawal(tx, taken.workspaceId, taken.id);
    if (seen?.state !== 'pending' || seen.attempts !== taken.attempts) return;
    await changeWithdrawal(tx, taken, await write(tx));
  });
}
