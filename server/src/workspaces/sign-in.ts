import { createHash } from 'node:crypto';
import type { UserId } from '@keyrail/contract/ids';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { networkOf } from '../lib/network.ts';
import type { Passwords } from './password.ts';
import { type OpenedSession, openSession, type SessionsDeps } from './sessions.ts';
import type { SignInLog } from './sign-in-log.ts';
import type { SignInStore } from './sign-in-store.ts';
import type { Client } from './visitor.ts';

export interface SignInDeps {
  signIns: SignInStore;
  passwords: Passwords;
  sessions: SessionsDeps;
  clock: Clock;
  signInLog: Pick<SignInLog, 'note'>;
}

const WINDOW_MS = 15 * 60_000;
const PER_ACCOUNT = 10;
const PER_ADDRESS = 100;
const KNOWN_ADDRESSES = 20;

/**
 * Signs in with e-mail address and password. Attempts are limited per account and per address. For each account, addresses
 * it has signed in from before count apart from all others, so that strangers who guess cannot lock its owner out.
 * An unknown account takes the same way and the same time.
 */
export async function signIn(
  deps: SignInDeps,
  typed: { email: string; password: string },
  client: Client,
): Promise<OpenedSession> {
  const { id } = await whoKnows(deps, typed, client);
  return openSession(deps.sessions, id, client);
}

/** Whose address and password these are. Signs nobody in, but counts and is noted as an attempt to. */
export async function whoKnows(
  deps: Omit<SignInDeps, 'sessions'>,
  typed: { email: string; password: string },
  client: Client,
): Promise<{ id: UserId; name: string }> {
  const email = typed.email.trim().toLowerCase();
  const address = networkOf(client.ip);
  await take(deps, keyOf('address', address), PER_ADDRESS);
  const user = await deps.signIns.findUser(email, address);
  const account = user?.isKnownAddress ? keyOf('account-at', email, address) : keyOf('account', email);
  const attemptAt = await take(deps, account, PER_ACCOUNT);
  if (!(await deps.passwords.matches(user?.passwordHash ?? null, typed.password)) || !user) {
    if (user) deps.signInLog.note(user, 'sign_in_failed', client);
    throw new AppError('unauthenticated', { detail: 'The e-mail address or the password is not right.' });
  }
  await deps.signIns.returnAttempt(account, attemptAt);
  await deps.signIns.rememberAddress(user.id, address, deps.clock.now(), KNOWN_ADDRESSES);
  deps.signInLog.note(user, 'signed_in', client);
  return user;
}

async function take(
  { signIns, clock }: Pick<SignInDeps, 'signIns' | 'clock'>,
  key: string,
  limit: number,
): Promise<Date> {
  const now = clock.now();
  const attempt = await signIns.takeAttempt(key, now, new Date(now.getTime() - WINDOW_MS), limit);
  if (attempt.kind === 'taken') return now;
  throw new AppError('too_many_requests', {
    detail: 'Too many attempts to sign in. Wait a little, then try again.',
    retryAfterSeconds: (attempt.oldest.getTime() + WINDOW_MS - now.getTime()) / 1000,
  });
}

/** What was typed may be a password in the wrong field, so it is not kept as it is. */
function keyOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
