import type { Account } from '@keyrail/contract/verdicts';
import { answerValue } from '../catalog/answers/answer-value.ts';
import { readAccount } from '../catalog/answers/extract.ts';
import { judge } from '../catalog/answers/judge.ts';
import type { Outcome } from '../catalog/answers/outcome.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { AccountPaths, Probe } from '../catalog/definition/probe-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { AppError } from '../lib/app-error.ts';
import { bodyText } from '../outbound/answer-body.ts';
import type { Answer, CallOutcome } from '../outbound/outcome.ts';
import { tlsWords } from './tls-words.ts';
import { type Finding, finding } from './verdict.ts';

/** What an answer to a probe means, before anything is made of it. */
export function meaningOf(definition: Definition, asked: Probe, answer: Answer, now: Date): Outcome {
  const { status, headers } = answer;
  return judge(definition, { kind: 'probe', probe: asked }, { status, headers, text: bodyText(answer) }, now);
}

/** The answer to a probe as a finding; what it says in words is free of the secret it was asked with. */
export function findingIn(definition: Definition, asked: Probe, answer: Answer, now: Date): Finding {
  const outcome = meaningOf(definition, asked, answer, now);
  if (outcome.kind === 'success') {
    return finding('ok', { status: answer.status, ...accountIn(definition, asked.account, answer) });
  }
  const known = {
    status: answer.status,
    said: outcome.said === null ? null : answer.redact(outcome.said),
    advice: outcome.advice,
  };
  switch (outcome.kind) {
    case 'rejected':
    case 'expired':
    case 'wrong_account':
      return finding(outcome.kind, known);
    case 'out_of_credits':
      return finding('out_of_credits', { ...known, ...accountIn(definition, asked.account, answer) });
    case 'revoked':
      return finding('expired', { ...known, isWithdrawn: true });
    case 'missing_permission':
      return finding('missing_permission', { ...known, permission: redacted(answer, outcome.permission) });
    case 'rate_limited':
      return finding('rate_limited', { ...known, retryAfterSeconds: outcome.retryAfterSeconds });
    case 'provider_error':
      return finding('provider_error', {
        ...known,
        retryAfterSeconds: outcome.retryAfterSeconds,
        because: `it answered ${answer.status}`,
        isClockOff: outcome.isClockOff ?? false,
      });
    case 'no_result':
    case 'pending':
    case 'invalid_request':
      return finding('provider_error', { ...known, because: `it answered ${answer.status}` });
    case 'nonsense':
      return finding('provider_error', { ...known, because: NONSENSE[outcome.because] });
  }
}

const NONSENSE = {
  html: 'it answered with a web page',
  not_json: 'its answer could not be read',
  empty: 'its answer was empty',
  unexpected: 'its answer was not what was asked for',
  redirect: 'it sent us to another address, where a key is not sent',
};

/** Why a provider was not reached, as half a sentence. */
export const UNREACHABLE = {
  dns: 'its address was not found',
  tcp: 'it does not take connections',
  tls: 'it has no valid certificate',
  client_certificate: 'it does not take the certificate it was shown, or wants one',
  timeout: 'it did not answer in time',
  reset: 'it broke the connection off',
};

const HUNG_UP = 'it broke the connection off, as servers do that do not take the certificate they are shown';

/** Outcomes of a call that brought no answer to judge. */
export function findingWithoutAnswer(
  outcome: Exclude<CallOutcome, { kind: 'egress_denied' | 'no_credential' }>,
  { type }: Pick<AuthMethod, 'type'>,
): Finding {
  switch (outcome.kind) {
    // The one thing that cancels it is the time limit.
    case 'cancelled':
      return finding('unreachable', { because: UNREACHABLE.timeout });
    case 'unreachable':
      if (type === 'certificate' && outcome.cause === 'client_certificate') return finding('rejected');
      // Some servers only hang up on a certificate they do not take; so does one that is broken.
      if (type === 'certificate' && outcome.cause === 'reset')
        return finding('unreachable', { because: HUNG_UP });
      if (outcome.cause === 'tls') {
        const { because, nextStep } = tlsWords(outcome.detail);
        return finding('unreachable', { because, advice: nextStep });
      }
      return finding('unreachable', { because: UNREACHABLE[outcome.cause] });
    case 'rate_limited':
      return finding('rate_limited', { retryAfterSeconds: outcome.retryAfterSeconds });
    case 'too_large':
      return finding('provider_error', { because: 'its answer was too large' });
    case 'invalid_request':
      throw new AppError('invalid_input', { detail: outcome.problem });
    case 'answer':
    case 'redirect':
    case 'invalid_response':
    case 'unknown':
      return finding('provider_error', { because: 'its answer could not be read' });
  }
}

/** Whose credential it is, as far as this answer says. */
export function accountIn(
  definition: Definition,
  paths: AccountPaths,
  answer: Answer,
): Pick<Finding, 'account' | 'accountId'> {
  const { label, id, plan, creditsLeft } = readAccount(
    paths,
    answerValue(definition, bodyText(answer)) ?? null,
  );
  const named = redacted(answer, label);
  const account: Account = {
    name: named === null ? null : (paths.labelWords?.replace('{label}', () => named) ?? named),
    plan: redacted(answer, plan),
    credits_left: creditsLeft === null ? null : creditsInWords(creditsLeft, paths.creditsUnit ?? 'credits'),
  };
  const isKnown = Object.values(account).some((value) => value !== null);
  return { account: isKnown ? account : null, accountId: redacted(answer, id) };
}

/** "412 searches", "1 credit". */
function creditsInWords(left: number, unit: string): string {
  const isOne = left === 1 && unit === 'credits';
  return `${left.toLocaleString('en')} ${isOne ? 'credit' : unit}`;
}

function redacted(answer: Answer, text: string | null): string | null {
  return text === null ? null : answer.redact(text);
}
