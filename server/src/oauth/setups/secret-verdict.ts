import type { Verdict } from '@keyrail/contract/verdicts';
import { AppError } from '../../lib/app-error.ts';
import type { Tried } from './try-secret.ts';

/** What came of asking a provider about a new client secret, in words. `name`: the integration's. */
export function secretVerdict(tried: Tried, name: string, at: Date): Verdict {
  const { kind, message, nextStep } = toldOf(tried, name);
  return {
    kind,
    message,
    next_step: nextStep,
    next_step_url: null,
    provider_message: 'words' in tried ? tried.words : null,
    provider_status: null,
    request: null,
    permission: null,
    account: null,
    retry_after_seconds: 'retryAfterSeconds' in tried ? tried.retryAfterSeconds : null,
    checked_at: at.toISOString(),
  };
}

/** A refused one is never saved; what could not be found out is, where the person says so: they can go back. */
export function refuseUnlessSaved(verdict: Verdict, saveUnverified: boolean): void {
  if (verdict.kind === 'ok') return;
  if (verdict.kind !== 'rejected' && saveUnverified) return;
  const detail = [verdict.message, 'The one in use stays as it is.', verdict.next_step]
    .filter((part) => part !== null)
    .join(' ');
  throw new AppError('credential_rejected', { reason: verdict.kind, detail, extra: { verdict } });
}

const SAVE_ANYWAY = 'or save it anyway: the one before can be gone back to';

function toldOf(
  tried: Tried,
  name: string,
): { kind: Verdict['kind']; message: string; nextStep: string | null } {
  switch (tried.kind) {
    case 'accepted':
      return { kind: 'ok', message: `${name} accepts this client secret.`, nextStep: null };
    case 'rejected':
      return {
        kind: 'rejected',
        message: `${name} did not accept this client secret.`,
        nextStep: `Copy it again from the app registered at ${name}.`,
      };
    case 'untold':
      return tried.because === 'no_address'
        ? {
            kind: 'unverifiable',
            message: `Nobody has signed in yet, so it is not known where ${name} is to be asked about this client secret.`,
            nextStep: 'Compare it, and save it unverified: the first sign-in will tell.',
          }
        : {
            kind: 'unverifiable',
            message: `${name} does not tell whether a client secret is right before it is used.`,
            nextStep: `Compare it with the app registered at ${name}, ${SAVE_ANYWAY}.`,
          };
    case 'not_now':
      return {
        kind: tried.because,
        message: `${NOT_ASKED[tried.because](name)}`,
        nextStep: `Try again in a few minutes, ${SAVE_ANYWAY}.`,
      };
  }
}

const NOT_ASKED: Record<Extract<Tried, { kind: 'not_now' }>['because'], (name: string) => string> = {
  unreachable: (name) => `${name} could not be reached to check this client secret.`,
  rate_limited: (name) => `${name} is asked too often just now to check this client secret.`,
  provider_error: (name) => `${name} gave no answer that tells whether this client secret is right.`,
};
