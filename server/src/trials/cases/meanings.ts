import type { VerdictKind } from '@keyrail/contract/verdicts';
import type { ActionOutcome } from '../../actions/outcome.ts';
import type { AnswerRule } from '../../catalog/definition/answer-rule.ts';
import type { Example } from '../../catalog/definition/example-definition.ts';

/** What the facts say of an answer. */
export type Meaning = Example['means'];

/** What a rule of the file says of an answer. A clock that is off is no fault of the key, nor of the question. */
export function meaningOfRule({ then: means }: AnswerRule): Meaning {
  return means === 'clock_off' ? 'provider_error' : means;
}

/** The verdict of a check, whatever the engine says: written down here a second time on purpose. */
export const VERDICTS: Record<Meaning, VerdictKind> = {
  success: 'ok',
  rejected: 'rejected',
  expired: 'expired',
  revoked: 'expired',
  wrong_account: 'wrong_account',
  missing_permission: 'missing_permission',
  out_of_credits: 'out_of_credits',
  rate_limited: 'rate_limited',
  provider_error: 'provider_error',
  nonsense: 'provider_error',
  // To a check these say nothing of the key.
  no_result: 'provider_error',
  pending: 'provider_error',
  invalid_request: 'provider_error',
};

/** With these verdicts nothing that was entered is stored. */
export const NEVER_SAVED: ReadonlySet<VerdictKind> = new Set(['rejected', 'expired', 'wrong_account']);

type Cell = ActionOutcome['kind'];

/** What becomes of a cell, written down a second time, too. */
export function cellsFor(
  means: Meaning,
  asked: { step: 'submit' | 'poll'; status: number; isRepeatable: boolean; isSubmit: boolean },
): readonly Cell[] {
  const isPoll = asked.step === 'poll';
  switch (means) {
    case 'success':
      return asked.isSubmit ? ['pending', 'done'] : ['done'];
    case 'no_result':
      return ['no_result'];
    case 'pending':
      return ['pending'];
    case 'rejected':
    case 'expired':
    case 'revoked':
    case 'wrong_account':
      return ['connection_broken'];
    case 'out_of_credits':
      return ['out_of_credits'];
    case 'rate_limited':
      // A job goes on at the provider while its questions are throttled.
      return isPoll ? ['pending'] : ['later'];
    case 'missing_permission':
    case 'invalid_request':
      return ['error'];
    case 'provider_error':
      if (isPoll) return asked.status < 500 ? ['error'] : ['pending', 'error'];
      return mayHaveHappened(asked.status) && !asked.isRepeatable ? ['unknown'] : ['error', 'later'];
    case 'nonsense':
      return isPoll ? ['pending'] : ['error'];
  }
}

/** What stands in front of a service gave up: the service may have done it. */
function mayHaveHappened(status: number): boolean {
  return [408, 425, 502, 503, 504].includes(status);
}

/** What a token address comes to. */
export function tokensFor(means: Meaning, isEntered: boolean): readonly string[] {
  switch (means) {
    case 'success':
      return ['minted'];
    case 'rejected':
      // Of what a person entered it is the key; of a sign-in it may be the setup.
      return isEntered ? ['ended'] : ['ended', 'setup_rejected'];
    case 'expired':
    case 'revoked':
    case 'wrong_account':
      return ['ended'];
    case 'missing_permission':
    case 'invalid_request':
      return ['setup_rejected', 'ended', 'not_now'];
    default:
      return ['not_now'];
  }
}

/** What a status means where nothing is said about it. */
export function meaningOfStatus(status: number, of: 'check' | 'action', isPage: boolean): Meaning {
  if (status === 401) return 'rejected';
  if (status === 402) return 'out_of_credits';
  if (status === 403) return isPage ? 'nonsense' : 'missing_permission';
  if (status === 404) return of === 'check' ? 'wrong_account' : 'invalid_request';
  if (status === 429) return 'rate_limited';
  if (status === 408 || status === 425 || status >= 500) return 'provider_error';
  if (status >= 400) return 'invalid_request';
  return 'nonsense';
}
