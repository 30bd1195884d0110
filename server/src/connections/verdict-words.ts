import type { Account, VerdictKind } from '@keyrail/contract/verdicts';

/** What the sentences are made from; everything here may be shown. */
export interface Told {
  /** "Hunter.io". */
  integration: string;
  /** What was entered, in a word: "key", "password", "sign-in details". */
  noun: string;
  /** Where the key is found: "Dashboard > API key". */
  location: string | null;
  /** `entering`: somebody waits in front of the form. `saved`: a connection that is there already. */
  moment: 'entering' | 'saved';
  account: Account | null;
  /** With `missing_permission`. */
  permission: string | null;
  /** Labels of the actions that will be refused for want of it: "Send message". */
  actions?: readonly string[];
  /** With `expired`: withdrawn by somebody rather than run out. */
  isWithdrawn: boolean;
  /** With `unreachable` and `provider_error`: the cause as half a sentence ("it did not answer in time"). */
  because: string | null;
  /** With `provider_error`: the time that the request says was not believed. */
  isClockOff?: boolean;
  /** With `rate_limited`. */
  retryAfterSeconds: number | null;
  /** With `wrong_account`: the account the connection had before, and what was reached now. */
  otherAccount: { before: string | null } | null;
  /** With `wrong_account`: labels of the fields that make the address ("Subdomain"). */
  addressFields: readonly string[];
  /** Another service whose documented form the key has. */
  looksLike: string | null;
  /** What the catalog file says about this very answer. */
  advice: string | null;
}

/** The noun where nothing was entered: somebody signed in at the tool, and what helps is to do so again. */
export const SIGN_IN = 'sign-in';

/** The noun of a private key or key file, which is chosen or pasted as a whole. */
export const KEY_FILE = 'key file';

export interface Sentences {
  message: string;
  nextStep: string | null;
}

/** What a verdict says to a person: what happened, and what to do. One sentence each, no word of our code. */
export function sentencesFor(kind: VerdictKind, told: Told): Sentences {
  const words = WORDS[kind](told);
  const step = told.noun === SIGN_IN ? (AGAIN[kind]?.(told) ?? words.nextStep) : words.nextStep;
  return { message: words.message, nextStep: told.advice ?? step };
}

const AGAIN: Partial<Record<VerdictKind, (told: Told) => string>> = {
  rejected: ({ integration }) => `Sign in at ${integration} again.`,
  expired: ({ integration }) => `Sign in at ${integration} again.`,
  missing_permission: ({ integration, permission }) =>
    permission === null
      ? `Allow it at ${integration}, then check again.`
      : `Sign in at ${integration} again and allow it there.`,
};

const WORDS: Record<VerdictKind, (told: Told) => Sentences> = {
  ok: (told) => ({ message: connectedAs(told), nextStep: null }),

  rejected: (told) => ({
    message: `${told.integration} did not accept ${these(told)}${likeAnother(told)}.`,
    nextStep: copyAgain(told),
  }),

  expired: (told) => ({
    message: told.isWithdrawn
      ? `Access was withdrawn at ${told.integration}.`
      : `${capital(these(told))} ${are(told)} no longer valid at ${told.integration}: expired.`,
    nextStep: isPlural(told)
      ? `Get new ${told.noun}${at(told)} and enter them here.`
      : `Make a new ${told.noun}${at(told)} and enter it here.`,
  }),

  wrong_account: (told) => ({
    message: told.otherAccount
      ? `${capital(these(told))} ${belongs(told)} to another account${reached(told)} than this connection${before(told)}.`
      : `${told.integration} does not know an account at this address.`,
    nextStep: told.otherAccount
      ? `Enter ${one(told)} of the same account, or connect this other account as a connection of its own.`
      : checkAddress(told),
  }),

  missing_permission: (told) => ({
    message: told.permission
      ? `Connected; ${notAllowed(told)}: ${these(told)} lack${s(told)} the permission “${told.permission}”.`
      : `Connected; some actions not allowed: ${told.integration} accepted ${these(told)}, but refused the check.`,
    nextStep: told.permission
      ? `Allow it at ${told.integration}, then check again.`
      : `See at ${told.integration} what ${these(told)} may do, then check again.`,
  }),

  out_of_credits: (told) => ({
    message: `Out of credits at ${told.integration}.`,
    nextStep: `Top up at ${told.integration}, then check again.`,
  }),

  rate_limited: (told) => ({
    message: `${told.integration} takes no more requests at the moment, so ${these(told)} could not be checked.`,
    nextStep: later(told, told.retryAfterSeconds === null ? null : `in ${duration(told.retryAfterSeconds)}`),
  }),

  unreachable: (told) => ({
    message: `${told.integration} could not be reached${because(told)}.`,
    nextStep: later(told, null),
  }),

  provider_error: (told) => ({
    message: told.isClockOff
      ? `${told.integration} does not believe the time that this server says, so ${these(told)} could not be checked.`
      : `${told.integration} has a problem at the moment${because(told)}, so ${these(told)} could not be checked.`,
    nextStep: later(told, null),
  }),

  unverifiable: (told) => ({
    message: `${told.integration} offers no way to check ${one(told)}.`,
    nextStep: 'The first use will show whether it works.',
  }),
};

/** "Connected as jane@acme.com · Starter plan · 412 searches left", as far as it is known. */
function connectedAs({ account, integration }: Told): string {
  const plan = account?.plan ? (/plan$/i.test(account.plan) ? account.plan : `${account.plan} plan`) : null;
  const credits = account?.credits_left ? `${account.credits_left} left` : null;
  const name = account?.name ? `Connected as ${account.name}` : `Connected to ${integration}`;
  return [name, plan, credits].filter((part) => part !== null).join(' · ');
}

const MOST_NAMED = 5;

/** "Send message and 3 more actions not allowed". */
function notAllowed({ actions = [] }: Told): string {
  if (actions.length === 0) return 'some actions not allowed';
  const named = actions.slice(0, MOST_NAMED).map((label) => `“${label}”`);
  const more = actions.length - named.length;
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`} will not work`;
}

function copyAgain(told: Told): string {
  if (told.looksLike !== null) return `Enter ${one(told)} of ${told.integration}${from(told)} instead.`;
  if (told.noun === KEY_FILE)
    return `Choose it again${from(told)}: the whole file, and of this very account.`;
  return isPlural(told)
    ? `Check them${from(told)} and enter them again, without spaces.`
    : `Copy it again${from(told)}, without spaces.`;
}

/** What to do about a check that could not be made. */
function later({ moment }: Told, when: string | null): string {
  if (moment === 'saved') return 'Nothing to do: it is checked again by itself.';
  return `Try again ${when ?? 'in a moment'}, or save it anyway and check later.`;
}

function checkAddress({ addressFields, integration }: Told): string {
  if (addressFields.length === 0) return `Check that the account still exists at ${integration}.`;
  return `Check ${addressFields.map((label) => `“${label}”`).join(' and ')}.`;
}

const isPlural = ({ noun }: Told) => noun.endsWith('s');
const these = (told: Told) => `${isPlural(told) ? 'these' : 'this'} ${told.noun}`;
const one = (told: Told) => (isPlural(told) ? told.noun : `a ${told.noun}`);
const are = (told: Told) => (isPlural(told) ? 'are' : 'is');
const belongs = (told: Told) => (isPlural(told) ? 'belong' : 'belongs');
const s = (told: Told) => (isPlural(told) ? '' : 's');
const from = ({ location }: Told) => (location === null ? '' : ` from ${location}`);
const at = ({ location }: Told) => (location === null ? '' : ` under ${location}`);
const because = (told: Told) => (told.because === null ? '' : ` (${told.because})`);
const likeAnother = ({ looksLike }: Told) =>
  looksLike === null ? '' : `: it has the form of another service's key (${looksLike})`;
const reached = ({ account }: Told) => (account?.name ? ` (${account.name})` : '');
const before = ({ otherAccount }: Told) => (otherAccount?.before ? ` (${otherAccount.before})` : '');

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "30 seconds", "2 minutes", "1 hour": rounded up, so that who waits so long has waited enough. */
function duration(seconds: number): string {
  const [amount, unit] =
    seconds < 90
      ? [seconds, 'second']
      : seconds < 5400
        ? [Math.ceil(seconds / 60), 'minute']
        : [Math.ceil(seconds / 3600), 'hour'];
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}
