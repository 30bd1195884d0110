import type { ConnectionStatus } from '@keyrail/contract/connections';
import type { VerdictKind } from '@keyrail/contract/verdicts';
import type { GrantEnd } from '../tokens/grant.ts';

/** What a check says about the credential, beyond its verdict's kind. */
export interface Judged {
  kind: VerdictKind;
  /** With `expired`: somebody withdrew it. */
  isWithdrawn: boolean;
}

/**
 * Which status a verdict gives a saved connection; null: it stays what it is and is checked again soon, because a
 * provider that is down or busy says nothing about the credential.
 */
export function statusAfter(judged: Judged): ConnectionStatus | null {
  switch (judged.kind) {
    case 'ok':
      return 'connected';
    case 'rejected':
    case 'wrong_account':
      return 'invalid';
    case 'expired':
      return judged.isWithdrawn ? 'revoked' : 'expired';
    case 'missing_permission':
      return 'limited';
    case 'out_of_credits':
      return 'out_of_credits';
    case 'unverifiable':
      return 'unverified';
    case 'rate_limited':
    case 'unreachable':
    case 'provider_error':
      return null;
  }
}

/** A connection whose secrets are destroyed: it keeps its place, and nothing looks at it until it has new ones. */
export function disconnected(statusReason: string, at: Date) {
  const nothing = { hint: null, nextCheckAt: null, checksMissed: 0 } as const;
  return { status: 'disconnected', statusReason, statusSince: at, ...nothing } as const;
}

const DAY_MS = 86_400_000;
/** Time enough to order a new certificate where that takes weeks. */
const WARN_DAYS = 30;

/** Where the credential itself says when it ends: good ones that end soon say so, and refused ones that are over say why. */
export function statusByEnd(
  status: ConnectionStatus | null,
  expiresAt: Date | null,
  at: Date,
): { status: ConnectionStatus; reason: string } | null {
  if (expiresAt === null) return null;
  const day = expiresAt.toISOString().slice(0, 10);
  const left = expiresAt.getTime() - at.getTime();
  if (left <= 0 && status !== 'connected')
    return { status: 'expired', reason: `These credentials ended on ${day}. Enter new ones.` };
  if (status !== 'connected' || left > WARN_DAYS * DAY_MS) return null;
  return {
    status: 'expiring_soon',
    reason:
      left <= 0
        ? `These credentials ended on ${day}, and are still accepted. Replace them before they are not.`
        : `These credentials end on ${day}. Replace them before, and nothing stops.`,
  };
}

/** The same where signing in gave access for a limited time, whatever is renewed. `name`: the integration's. */
export function statusByGrantEnd(
  status: ConnectionStatus | null,
  grantEnd: GrantEnd | null,
  name: string,
  at: Date,
): { status: ConnectionStatus; reason: string } | null {
  if (grantEnd === null) return null;
  const { endsAt, warnsAt } = grantEnd;
  if (endsAt <= at && status !== 'connected') {
    const when = momentOf(endsAt, at);
    return { status: 'expired', reason: `The access to ${name} ended ${when}. Sign in again.` };
  }
  if (status !== 'connected' || warnsAt > at) return null;
  return { status: 'expiring_soon', reason: endsSoonSentence(name, endsAt, at) };
}

/**
 * The same where a person entered the end. What still works after it is not called broken: the date may be wrong, and the
 * verdict alone knows.
 */
export function statusByEnteredEnd(
  status: ConnectionStatus | null,
  endsAt: Date | null,
  isSignedIn: boolean,
  at: Date,
): { status: ConnectionStatus; reason: string } | null {
  if (endsAt === null || status !== 'connected') return null;
  const left = endsAt.getTime() - at.getTime();
  if (left > WARN_DAYS * DAY_MS) return null;
  const when = momentOf(endsAt, at);
  const [what, todo] = isSignedIn
    ? (['This access', 'Sign in again'] as const)
    : (['These credentials', 'Replace them'] as const);
  const ends = isSignedIn ? 'ends' : 'end';
  const [they, stillWork] = isSignedIn ? ['it', 'still works'] : ['they', 'still work'];
  const reason =
    left > 0
      ? `${what} ${ends} ${when}, by the date entered here. ${todo} before, and nothing stops.`
      : `By the date entered here, ${what.toLowerCase()} ended ${when}, but ${they} ${stillWork}. ${todo}, or correct the date.`;
  return { status: 'expiring_soon', reason };
}

export function endsSoonSentence(name: string, endsAt: Date, at: Date): string {
  return `The access to ${name} ends ${momentOf(endsAt, at)} and cannot be renewed beyond that. Sign in again before, and nothing stops.`;
}

/** The day; where it is near, the minute as well. */
export function momentOf(moment: Date, now: Date): string {
  const [day = '', time = ''] = moment.toISOString().split('T');
  const isNear = Math.abs(moment.getTime() - now.getTime()) < 2 * DAY_MS;
  return isNear ? `on ${day} at ${time.slice(0, 5)} UTC` : `on ${day}`;
}

export type SaveDecision = 'save' | 'refuse' | 'save_if_asked';

/** Whether a credential with this verdict is stored when it is entered. */
export function saveDecision(kind: VerdictKind): SaveDecision {
  switch (kind) {
    case 'ok':
    case 'missing_permission':
    case 'out_of_credits':
    case 'unverifiable':
      return 'save';
    case 'rejected':
    case 'expired':
    case 'wrong_account':
      return 'refuse';
    case 'rate_limited':
    case 'unreachable':
    case 'provider_error':
      return 'save_if_asked';
  }
}
