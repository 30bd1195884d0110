import type { Path } from '../../catalog/checks/source-file.ts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { methodIdOf } from '../../catalog/methods.ts';
import { fixedFields } from '../../catalog/requests/base-url.ts';
import { toldBy } from '../../connections/sign-in/authorize.ts';
import { mintedCredential } from '../../connections/token-method.ts';
import { Secret } from '../../lib/secret.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import { exchangeUnder } from '../../oauth/exchange.ts';
import { literalCredential } from '../../outbound/credential-source.ts';
import type { Minted } from '../../tokens/mint.ts';
import { documented, documentedSuccess } from '../cases/cases.ts';
import type { Answer } from '../cases/made-answer.ts';
import { madeTokenAnswer, tokensIn } from '../cases/token-answers.ts';
import type { MadeUp } from '../entered.ts';
import { capital } from '../problem-words.ts';
import { carriesOf } from '../stand-in/carries.ts';
import { type Access, type Findings, type Trial, type Values, WORKSPACE } from '../trial.ts';
import { chosen } from './play-account-choice.ts';
import { renewed, withdrawn } from './play-renewal.ts';
import { mintedAs, playRefusals } from './play-token-answers.ts';
import { openedAndBack } from './sign-in-address.ts';
import {
  CALLBACK,
  CLIENT_ID,
  CLIENT_SECRET,
  CODE,
  clientOf,
  type SignInTrial,
  tokenRequest,
  VERIFIER,
} from './sign-in-trial.ts';

/** Signing in from the first address to the withdrawal; null: the findings say where it ended. */
export async function playSignIn(
  trial: Trial & { method: OAuth2Method },
  madeUp: MadeUp,
  found: Findings,
): Promise<Access | null> {
  const one: SignInTrial = { ...trial, madeUp, found };
  const before = { ...madeUp.entered, ...fixedFields(trial.definition) };
  const query = openedAndBack(one, before);
  if (query === null) return null;
  const signedIn = await exchanged(one, before, query);
  if (signedIn === null) return null;
  const { minted, refresh } = signedIn;
  const fields = await chosen(
    one,
    { ...before, ...minted.fields, ...toldBy(trial.definition, query) },
    minted,
  );
  if (fields === null) return null;
  await renewed(one, fields, refresh ?? minted.refreshToken?.reveal() ?? null);
  await withdrawn(one, fields, minted);
  const { method, definition } = trial;
  const values = new Secret<Values>({ client_id: CLIENT_ID });
  const source = literalCredential(mintedCredential({ definition, method, values, fields }, minted));
  const token = minted.accessToken.reveal();
  const known = { ...fields, access_token: token };
  const secrets = [token, CLIENT_SECRET, ...(refresh === null ? [] : [refresh])];
  return {
    source,
    fields,
    values: known,
    carries: carriesOf(trial.describedMethod, { ...known, client_id: CLIENT_ID }),
    secrets,
  };
}

/** The code for tokens, as documented; then everything else the endpoint may say to a code. */
async function exchanged(
  trial: SignInTrial,
  fields: Values,
  query: URLSearchParams,
): Promise<{ minted: Minted; refresh: string | null } | null> {
  const { bench, described, definition, method, madeUp, found, path } = trial;
  const expected = tokenRequest(trial, fields, method.tokenUrl, {
    grant_type: 'authorization_code',
    code: CODE,
    redirect_uri: CALLBACK,
    ...(method.pkce && { code_verifier: VERIFIER }),
  });
  const url = filledAddress(definition, method.tokenUrl, fields);
  if (expected === null || url === null) {
    found.add(
      [...path, 'token_url'],
      'The address for tokens cannot be made of what is entered before the sign-in.',
    );
    return null;
  }
  const target = { workspaceId: WORKSPACE, integration: definition, method, client: clientOf(method), url };
  const pkce = { redirectUri: CALLBACK, codeVerifier: method.pkce ? new Secret(VERIFIER) : null };
  const ask = async (answer: Answer) => {
    found.played += 1;
    return bench.standIn.play([{ ...expected, answer }], () =>
      exchangeUnder(bench, target, new Secret(query.get('code') ?? ''), pkce),
    );
  };
  const success = documentedSuccess(described, 'token', methodIdOf(method));
  const answer = success?.answer ?? madeTokenAnswer(trial, method, madeUp.told);
  const { result, problems } = await ask(answer);
  for (const problem of problems) found.add(path, `The code for a token: ${problem}.`);
  if (problems.length > 0) return null;
  const minted = mintedAs(
    trial,
    success ?? { title: 'the token answer made from the file', path },
    answer,
    result,
  );
  if (minted === null) return null;
  await playRefusals(trial, 'token', (one) => ask(one).then((played) => played.result));
  promisedRefresh(trial);
  promisedFields(trial, minted, success?.path ?? path);
  return { minted, refresh: tokensIn(method, answer).refresh };
}

/** That some documented answer has a refresh token, where the file says that one comes. */
function promisedRefresh({ described, method, found }: SignInTrial): void {
  if (method.refresh !== 'static' && method.refresh !== 'rotating') return;
  const successes = documented(described, 'token', methodIdOf(method)).filter(
    ({ means }) => means === 'success',
  );
  const [first] = successes;
  if (first === undefined || successes.some((one) => tokensIn(method, one.answer).refresh !== null)) return;
  found.add(
    first.path,
    `${capital(first.title)} has no refresh token, while the file says refresh: ${method.refresh}. Complete the example, or correct token_members.`,
  );
}

/** That the connection fields which come with the token were in its answer. */
function promisedFields({ described, madeUp, found }: SignInTrial, minted: Minted, path: Path): void {
  for (const { name, filledFrom, required } of described.connectionFields) {
    if (filledFrom?.source !== 'token_response' || !required) continue;
    if (minted.fields[name] === undefined && madeUp.told[name] !== undefined)
      found.add(
        path,
        `The token answer does not give the field ${name} (filled_from.path: ${filledFrom.path}).`,
      );
  }
}
