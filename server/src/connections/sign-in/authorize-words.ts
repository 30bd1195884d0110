import type { Failed } from '../../oauth/authorization.ts';
import type { Connection } from '../connection.ts';
import type { Finding } from '../verdict.ts';

/* How a sign-in that was fine at the provider can end here, in words. */

export function otherAccount(name: string, existing: Connection | null, found: Finding): Failed {
  const now = found.account?.name ? ` (${found.account.name})` : '';
  const before = existing?.account?.name ? ` (${existing.account.name})` : '';
  return {
    kind: 'failed',
    reason: 'other_account',
    message: `You signed in with another account${now} than the one this connection is for${before}. Nothing was changed.`,
    nextStep: `Sign in at ${name} with the same account, go on with the other one on purpose, or connect it as a connection of its own.`,
  };
}

export function connectionGone(): Failed {
  return {
    kind: 'failed',
    reason: 'not_allowed',
    message: 'This connection was deleted while you signed in.',
    nextStep: 'Connect it again as a new connection.',
  };
}

export function withoutAddress(name: string): Failed {
  return {
    kind: 'failed',
    reason: 'provider_error',
    message: `${name} did not say where the account's data can be reached, so nothing was saved.`,
    nextStep: 'Sign in again. If it stays so, check the one-time sign-in setup.',
  };
}

export function addressDenied(name: string): Failed {
  return {
    kind: 'failed',
    reason: 'unreachable',
    message: `The address of ${name} is one this server does not call. Nothing was saved.`,
    nextStep: 'The operator can allow an address and port with KEYRAIL_ALLOWED_PRIVATE_HOSTS.',
  };
}

/** `label`: what there is to choose, as the file calls it: "Jira site". */
export function noAccount(name: string, label: string): Failed {
  return {
    kind: 'failed',
    reason: 'rejected',
    message: `You signed in at ${name}, but no ${label} was opened to this sign-in. Nothing was saved.`,
    nextStep: `Sign in again with an account that has a ${label}, and allow it there.`,
  };
}

export function accountsUnknown(name: string, label: string, status: number | null): Failed {
  const how = status === null ? 'could not be reached' : `answered ${status}`;
  return {
    kind: 'failed',
    reason: status === null ? 'unreachable' : 'provider_error',
    message: `You signed in, but ${name} ${how} when it was asked which ${label} this sign-in is for. Nothing was saved.`,
    nextStep: 'Try again in a few minutes.',
  };
}

export function otherAccountThan(
  name: string,
  label: string,
  existing: Connection | null,
  choices: readonly { label: string }[],
): Failed {
  const before = existing?.account?.name ? ` (${existing.account.name})` : '';
  const now =
    choices.length === 0
      ? 'none'
      : choices
          .slice(0, 5)
          .map((one) => one.label)
          .join(', ');
  return {
    kind: 'failed',
    reason: 'other_account',
    message: `This sign-in does not reach the ${label} this connection is for${before}. It reaches: ${now}. Nothing was changed.`,
    nextStep: `Sign in at ${name} with an account that has it, go on with another one on purpose, or connect it as a connection of its own.`,
  };
}
