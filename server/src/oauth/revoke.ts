import type { Clock } from '../lib/clock.ts';
import { bodyText } from '../outbound/answer-body.ts';
import type { Outbound } from '../outbound/call.ts';
import type { Answer, CallOutcome } from '../outbound/outcome.ts';
import type { Revocation } from './revocation.ts';
import { revocationRequest } from './revoke-request.ts';
import { parseTokenBody } from './token-body.ts';
import { codesIn, wordsIn } from './token-error.ts';

interface Deps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
}

export type RevocationOutcome =
  | { kind: 'revoked' }
  /** The token that was sent is not accepted (any more): it has ended, or was withdrawn by somebody else. */
  | { kind: 'not_good' }
  /** The provider withdraws nothing of this kind. */
  | { kind: 'not_offered'; words: string | null }
  /** `problem`: in our words, as "Trial …"; `words`: the provider's own, without secrets. */
  | { kind: 'later'; problem: string; words: string | null; retryAfterSeconds: number | null };

/** Less than a withdrawal is leased for. */
const LONGEST_MS = 15_000;

/**
 * Tells the provider once that access has ended (RFC 7009, or in the provider's own way). It answers 200 also to a token it does
 * not know; asking twice does no harm.
 */
export async function revoke(deps: Deps, of: Revocation): Promise<RevocationOutcome> {
  const built = revocationRequest(of);
  if (built === null) return later('has no address for it that could be made from what was entered.');
  const outcome = await deps.outbound.call({
    ...built,
    allowedOrigins: [new URL(built.request.url).origin],
    workspaceId: of.workspaceId,
    connectionId: null,
    consumer: 'token',
    repeatable: true,
    maxAttempts: 1,
    // Every answer is judged here, and waiting is the job's business.
    read: () => ({ kind: 'final' }),
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  return judged(deps, of, outcome);
}

function judged(deps: Deps, of: Revocation, outcome: CallOutcome): RevocationOutcome {
  switch (outcome.kind) {
    case 'answer':
      return fromAnswer(deps, of, outcome.answer);
    case 'rate_limited':
    case 'unknown':
      return outcome.answer === null ? later(UNREACHED) : fromAnswer(deps, of, outcome.answer);
    case 'redirect':
      return later('answered with a redirect, which is not followed.');
    case 'egress_denied':
      return later('has an address that this server does not call.');
    case 'invalid_response':
    case 'too_large':
      return later('gave an answer that could not be read.');
    case 'unreachable':
    case 'cancelled':
      return later(UNREACHED);
    case 'invalid_request':
    case 'no_credential':
      return later('could not be asked: the request could not be made.');
  }
}

const UNREACHED = 'could not be reached.';

/** By what the body says, whatever the status: several answer 200 to a failure. */
function fromAnswer({ clock }: Deps, { method }: Revocation, answer: Answer): RevocationOutcome {
  const body = parseTokenBody(bodyText(answer));
  const codes = body === null ? [] : codesIn(method.tokenErrorPaths, body);
  const isFine = answer.status < 300 && codes.length === 0 && body?.ok !== false;
  if (isFine) return { kind: 'revoked' };
  const words = wordsIn(answer, body, codes);
  // RFC 7009 §2.2.1: there is no withdrawing such a token.
  if (codes.includes('unsupported_token_type')) return { kind: 'not_offered', words };
  const isRefused = method.revokeRequest === 'bearer' && answer.status === 401;
  const isGone = isRefused || method.revokeGoneStatuses.includes(answer.status);
  if (isGone || codes.some((code) => isEnd(method.tokenErrors, code))) return { kind: 'not_good' };
  const said = answer.status < 300 ? 'did not do it.' : `answered with ${answer.status}.`;
  return { ...later(said), words, retryAfterSeconds: waitOf(answer, clock.now()) };
}

const ENDS = new Set(['invalid_token', 'invalid_grant']);

function isEnd(meanings: Readonly<Record<string, string>>, code: string): boolean {
  const meaning = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  if (meaning === undefined) return ENDS.has(code);
  return meaning === 'expired' || meaning === 'revoked' || meaning === 'rejected';
}

const DAY_SECONDS = 24 * 3600;

/** `Retry-After` (RFC 7009 §2.2.1), seconds or a date; at most a day. */
function waitOf({ headers }: Answer, now: Date): number | null {
  const value = headers['retry-after']?.trim() ?? '';
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((date - now.getTime()) / 1_000);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 1), DAY_SECONDS);
}

function later(problem: string): Extract<RevocationOutcome, { kind: 'later' }> {
  return { kind: 'later', problem, words: null, retryAfterSeconds: null };
}
