import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { chooseAccount } from '../../connections/sign-in/choose-account.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import type { Authorization } from '../../oauth/authorization.ts';
import type { Minted } from '../../tokens/mint.ts';
import { withValue } from '../cases/documents.ts';
import { type Answer, jsonAnswer } from '../cases/made-answer.ts';
import { carriesOf } from '../stand-in/carries.ts';
import type { Expected } from '../stand-in/stand-in.ts';
import { type Values, WORKSPACE } from '../trial.ts';
import type { SignInTrial } from './sign-in-trial.ts';

/** Where one sign-in reaches several accounts, the list of them has one here. */
export async function chosen(trial: SignInTrial, fields: Values, minted: Minted): Promise<Values | null> {
  const { method, definition, described, bench, madeUp, found, path } = trial;
  const { accountChoice: choice } = method;
  if (choice === undefined) return fields;
  const url = filledAddress(described, choice.url, fields);
  const carries = carriesOf(trial.describedMethod, { ...fields, access_token: minted.accessToken.reveal() });
  const at = new URL(url ?? 'https://nowhere.invalid');
  const expected: Expected = {
    what: 'the list of accounts',
    misfit: (arrived) =>
      arrived.method !== 'GET' || arrived.url.host !== at.host || arrived.url.pathname !== at.pathname
        ? `GET ${choice.url} was described`
        : carries.misfit(arrived),
    answer: accountListOf(described, choice, madeUp.told),
  };
  const authorization = {
    workspaceId: WORKSPACE,
    wanted: { fields: {}, acceptOtherAccount: false },
  } as unknown as Authorization;
  const signedIn = { authorization, definition, method, minted, account: null, told: {}, chosen: null };
  const deps = { outbound: bench.outbound, settings: { checkTimeoutMs: 20_000 } };
  const { result, problems } = await bench.standIn.play([expected], () =>
    chooseAccount(deps, signedIn, fields, null),
  );
  for (const problem of problems)
    found.add([...path, 'account_choice'], `The choice of an account: ${problem}.`);
  if (result.kind === 'chosen') return result.fields;
  if (problems.length === 0)
    found.add(
      [...path, 'account_choice'],
      `The list of accounts is not read: ${result.kind === 'failed' ? result.message : 'nobody can be chosen'}.`,
    );
  return null;
}

/** The list of accounts as the file reads it, with one account in it. */
export function accountListOf(
  { connectionFields }: Definition,
  choice: NonNullable<OAuth2Method['accountChoice']>,
  told: Values,
): Answer {
  let item: unknown = withValue(
    withValue({}, choice.value, told[choice.field]),
    choice.name,
    'Example account',
  );
  for (const [at, value] of Object.entries(choice.where)) item = withValue(item, at, value) ?? item;
  for (const { name, filledFrom } of connectionFields)
    if (filledFrom?.source === 'account_choice' && name !== choice.field)
      item = withValue(item, filledFrom.path, told[name]) ?? item;
  return jsonAnswer(200, choice.items === undefined ? [item] : withValue({}, choice.items, [item]));
}
