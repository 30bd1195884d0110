import { authenticator } from '../../auth-methods/apply.ts';
import { answerValue } from '../../catalog/answers/answer-value.ts';
import { fillText } from '../../catalog/requests/template.ts';
import { Secret } from '../../lib/secret.ts';
import { type Choice, choicesIn, type Offered } from '../../oauth/account-choice.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import type { Failed } from '../../oauth/authorization.ts';
import { bodyText } from '../../outbound/answer-body.ts';
import type { Outbound } from '../../outbound/call.ts';
import { literalCredential } from '../../outbound/credential-source.ts';
import type { Connection } from '../connection.ts';
import type { ConnectionSettings } from '../settings.ts';
import { trustedBy } from '../trusted.ts';
import type { SignedIn } from './authorize.ts';
import { accountsUnknown, addressDenied, noAccount, otherAccountThan } from './authorize-words.ts';

interface Deps {
  outbound: Outbound;
  settings: Pick<ConnectionSettings, 'checkTimeoutMs'>;
}

type Fields = Readonly<Record<string, string>>;

export type Chosen =
  /** `chosen` null: this sign-in reaches one account by its nature. */
  | { kind: 'chosen'; fields: Fields; chosen: Choice | null }
  | { kind: 'choosing'; choice: { label: string; choices: readonly Choice[] } }
  | Failed;

/**
 * Which of the accounts that a sign-in reaches its connection is for. One is taken without asking; so is, where a connection is
 * signed in again, the one it had. Asked anew each time, so that a choice made meanwhile is still one.
 */
export async function chooseAccount(
  deps: Deps,
  signedIn: SignedIn,
  fields: Fields,
  existing: Connection | null,
): Promise<Chosen> {
  const { definition, method, authorization } = signedIn;
  const { accountChoice } = method;
  if (accountChoice === undefined) return { kind: 'chosen', fields, chosen: null };
  const { label, field } = accountChoice;
  const listed = await accountsOf(deps, signedIn, accountChoice, fields);
  if ('kind' in listed) return listed;
  const { choices } = listed;
  const chosen = ({ fields: said, ...choice }: Offered): Chosen => ({
    kind: 'chosen',
    fields: { ...fields, ...said, [field]: choice.value },
    chosen: choice,
  });
  const byHand =
    signedIn.chosen === null ? null : choices.find(({ value }) => value === signedIn.chosen?.value);
  if (byHand === undefined) return noAccount(definition.name, label);
  if (byHand !== null) return chosen(byHand);
  const before = existing?.fields[field];
  if (before !== undefined && !authorization.wanted.acceptOtherAccount) {
    const same = choices.find(({ value }) => value === before);
    return same === undefined ? otherAccountThan(definition.name, label, existing, choices) : chosen(same);
  }
  const [first, ...others] = choices;
  if (first === undefined) return noAccount(definition.name, label);
  if (others.length === 0) return chosen(first);
  const offered = choices.map(({ fields: _, ...choice }): Choice => choice);
  return { kind: 'choosing', choice: { label, choices: offered } };
}

type AccountChoice = NonNullable<SignedIn['method']['accountChoice']>;

async function accountsOf(
  { outbound, settings }: Deps,
  { definition, method, minted, authorization: { workspaceId } }: SignedIn,
  accountChoice: AccountChoice,
  fields: Fields,
): Promise<{ choices: Offered[] } | Failed> {
  const { name, connectionFields, defaultHeaders } = definition;
  const url = filledAddress(definition, accountChoice.url, fields);
  if (url === null) return accountsUnknown(name, accountChoice.label, null);
  const token = new Secret({ access_token: minted.accessToken.reveal() });
  const outcome = await outbound.call({
    request: {
      method: 'GET',
      url,
      headers: { ...filled(defaultHeaders, fields), accept: 'application/json' },
    },
    allowedOrigins: [new URL(url).origin],
    credential: literalCredential({ version: 1, ...authenticator(method, token, '') }),
    trusted: trustedBy(definition, method, fields),
    workspaceId,
    connectionId: null,
    consumer: 'probe',
    repeatable: true,
    maxAttempts: 2,
    signal: AbortSignal.timeout(settings.checkTimeoutMs),
  });
  if (outcome.kind === 'egress_denied') return addressDenied(name);
  if (outcome.kind !== 'answer') return accountsUnknown(name, accountChoice.label, null);
  const { answer } = outcome;
  const json = answer.status < 300 ? answerValue(definition, bodyText(answer)) : undefined;
  const choices = json === undefined ? null : choicesIn(accountChoice, connectionFields, json);
  return choices === null ? accountsUnknown(name, accountChoice.label, answer.status) : { choices };
}

/** A header that says which account it is has nothing to say yet. */
function filled(headers: Readonly<Record<string, string>>, fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, template]) => {
      const value = fillText(template, fields);
      return value === null ? [] : [[name.toLowerCase(), value] as const];
    }),
  );
}
