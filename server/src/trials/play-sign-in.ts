import { createHash } from 'node:crypto';
import type { OAuth2Method } from '../catalog/auth-definition.ts';
import { fixedFields } from '../catalog/base-url.ts';
import { toldBy } from '../connections/sign-in/authorize.ts';
import { chooseAccount } from '../connections/sign-in/choose-account.ts';
import { mintedCredential } from '../connections/token-method.ts';
import { Secret } from '../lib/secret.ts';
import { filledAddress } from '../oauth/addresses.ts';
import type { Authorization } from '../oauth/authorization.ts';
import { authorizationUrl } from '../oauth/authorization-url.ts';
import { readAnswer } from '../oauth/callback.ts';
import { callbackMismatch } from '../oauth/callback-match.ts';
import { exchangeUnder } from '../oauth/exchange.ts';
import { renewUnder } from '../oauth/renew.ts';
import { revoke } from '../oauth/revoke.ts';
import type { TokenOutcome } from '../oauth/token-endpoint.ts';
import { literalCredential } from '../outbound/credential-source.ts';
import { noUpstreams } from '../outbound/upstreams.ts';
import type { Minted } from '../tokens/mint.ts';
import { carriesOf } from './carries.ts';
import { documented } from './cases.ts';
import { withValue } from './documents.ts';
import type { MadeUp } from './entered.ts';
import { type Answer, jsonAnswer } from './made-answer.ts';
import { tokensFor } from './meanings.ts';
import { capital } from './play-check.ts';
import type { Expected } from './stand-in.ts';
import {
  EVERYWHERE,
  MADE_SECONDS,
  madeRefusals,
  madeTokenAnswer,
  outcomesFor,
  tokensIn,
} from './token-answers.ts';
import { type TokenRequest, tokenMisfit } from './token-misfits.ts';
import { type Access, type Findings, type Trial, type Values, WORKSPACE } from './trial.ts';

interface SignInTrial extends Trial {
  method: OAuth2Method;
  madeUp: MadeUp;
  found: Findings;
}

const CLIENT_ID = 'example-client-0001';
const CLIENT_SECRET = 'fake-client-secret-0001';
const CODE = 'fake-code-0001';
const STATE = 'fake-state-0001';
const VERIFIER = 'fake-verifier-of-at-least-forty-three-characters';
const CALLBACK = 'https://keyrail.example/oauth/callback/trial';

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
    { ...before, ...minted.fields, ...toldBy(trial.definition, query), ...clientField(trial) },
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

function clientField(_trial: Trial): Values {
  return {};
}

/** The address a person opens, and what comes back with them. */
function openedAndBack(
  { definition, described, method, madeUp, found, path }: SignInTrial,
  fields: Values,
): URLSearchParams | null {
  const parts = {
    definition,
    method,
    upstreams: noUpstreams,
    clientId: CLIENT_ID,
    redirectUri: CALLBACK,
    state: STATE,
    verifier: method.pkce ? VERIFIER : null,
    fields,
    optionalScopes: [],
  };
  let address: string;
  try {
    address = authorizationUrl(parts);
  } catch (error) {
    found.add(
      [...path, 'authorize_url'],
      `The address to sign in at cannot be made: ${error instanceof Error ? error.message : error}`,
    );
    return null;
  }
  const wrong = addressMisfit(address, method, fields);
  if (wrong !== null) found.add([...path, 'authorize_url'], `The address to sign in at: ${wrong}.`);
  const query = new URLSearchParams({ code: CODE, state: STATE });
  for (const [name, template] of Object.entries(method.callbackMatch))
    query.set(name, filledAddress(described, template, fields) ?? '');
  if (method.issuer !== undefined) query.set('iss', method.issuer);
  for (const { name, filledFrom } of described.connectionFields) {
    const value = madeUp.told[name];
    if (filledFrom?.source === 'callback_query' && value !== undefined) query.set(filledFrom.path, value);
  }
  const mismatch = callbackMismatch(definition, method, fields, query);
  const answer = mismatch ?? readAnswer(definition, method, query, (text) => text);
  if (answer.kind === 'code') return query;
  found.add(path, `What comes back from the sign-in is not taken: ${answer.message}`);
  return null;
}

function addressMisfit(address: string, method: OAuth2Method, fields: Values): string | null {
  const url = new URL(address);
  const query = new URLSearchParams(
    /^#!?\/[^?]*\?/.test(url.hash) ? url.hash.slice(url.hash.indexOf('?') + 1) : url.search,
  );
  const asked = method.scopes
    .filter(({ optional }) => !optional)
    .map(({ name }) => name.replace(/\{(\w+)\}/g, (_, field: string) => fields[field] ?? ''));
  const wanted: Record<string, string> = {
    ...method.authorizeParams,
    response_type: 'code',
    [method.clientIdParam]: CLIENT_ID,
    redirect_uri: CALLBACK,
    state: STATE,
    ...(method.pkce && {
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(VERIFIER).digest(method.pkceDigest),
    }),
    ...(asked.length > 0 && { scope: asked.join(method.scopeSeparator) }),
  };
  const wrong = Object.entries(wanted).find(([name, value]) => query.get(name) !== value);
  if (wrong !== undefined) return `the parameter ${wrong[0]} is not as described`;
  return address.includes(CLIENT_SECRET) ? 'a secret stands in it' : null;
}

function tokenRequest(
  { described, method: ours, describedMethod }: SignInTrial,
  fields: Values,
  address: string,
  parameters: Values,
  more: Partial<TokenRequest> = {},
): Expected | null {
  const method = describedMethod.type === 'oauth2' ? describedMethod : ours;
  const url = filledAddress(described, address, fields);
  if (url === null) return null;
  const client = { id: CLIENT_ID, secret: CLIENT_SECRET };
  const secrets = [CLIENT_SECRET, CODE, VERIFIER, ...(more.secrets ?? [])];
  const misfit = tokenMisfit({ method, url, httpMethod: 'POST', parameters, client, ...more, secrets });
  return { what: 'the request for a token', misfit, answer: jsonAnswer(200, {}) };
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
  const client = {
    id: CLIENT_ID,
    secret: method.tokenAuthMethod === 'none' ? null : new Secret(CLIENT_SECRET),
  };
  const target = { workspaceId: WORKSPACE, integration: definition, method, client, url };
  const pkce = { redirectUri: CALLBACK, codeVerifier: method.pkce ? new Secret(VERIFIER) : null };
  const ask = async (answer: Answer) => {
    found.played += 1;
    return bench.standIn.play([{ ...expected, answer }], () =>
      exchangeUnder(bench, target, new Secret(query.get('code') ?? ''), pkce),
    );
  };
  const examples = documented(described, 'token', method.id ?? method.type);
  const success = examples.find(({ means }) => means === 'success');
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
  const { refresh } = tokensIn(method, answer);
  const isPromised = method.refresh === 'static' || method.refresh === 'rotating';
  if (
    success !== undefined &&
    isPromised &&
    refresh === null &&
    examples
      .filter(({ means }) => means === 'success')
      .every((one) => tokensIn(method, one.answer).refresh === null)
  )
    found.add(
      success.path,
      `${capital(success.title)} has no refresh token, while the file says refresh: ${method.refresh}. Complete the example, or correct token_members.`,
    );
  for (const { name, filledFrom, required } of described.connectionFields) {
    if (
      filledFrom?.source === 'token_response' &&
      required &&
      minted.fields[name] === undefined &&
      madeUp.told[name] !== undefined
    )
      found.add(
        success?.path ?? path,
        `The token answer does not give the field ${name} (filled_from.path: ${filledFrom.path}).`,
      );
  }
  return { minted, refresh };
}

interface TokenExample {
  title: string;
  path: readonly (string | number)[];
  example?: { expiresInSeconds?: number | null | undefined };
}

function mintedAs(
  { method, found }: SignInTrial,
  { title, path, example }: TokenExample,
  answer: Answer,
  outcome: TokenOutcome,
): Minted | null {
  const { access, refresh } = tokensIn(method, answer);
  if (outcome.kind !== 'minted') {
    found.add(
      path,
      `${capital(title)} must bring a token; the engine says ${outcome.kind}${outcome.words ? ` (“${outcome.words}”)` : ''}. Correct the example, token_path or token_members.`,
    );
    return null;
  }
  const { minted } = outcome;
  const kept = minted.refreshToken?.reveal() ?? null;
  if (minted.accessToken.reveal() !== access)
    found.add(path, `${capital(title)}: the engine reads another access token than stands there.`);
  if (kept !== (method.refresh === 'exchange' ? access : refresh))
    found.add(path, `${capital(title)}: the engine reads another refresh token than stands there.`);
  const documentedSeconds = example === undefined ? MADE_SECONDS : example.expiresInSeconds;
  if (documentedSeconds !== undefined && minted.expiresInSeconds !== documentedSeconds)
    found.add(
      path,
      `${capital(title)} says that the token lives ${documentedSeconds ?? 'an unknown number of'} seconds; the engine reads ${minted.expiresInSeconds}.`,
    );
  return minted;
}

async function playRefusals(
  { described, method, found, path }: SignInTrial,
  of: 'token' | 'refresh',
  ask: (answer: Answer) => Promise<TokenOutcome>,
): Promise<void> {
  const examples = documented(described, of, method.id ?? method.type).filter(
    ({ means }) => means !== 'success',
  );
  const played = [
    ...examples.map((one) => ({ ...one, wanted: tokensFor(one.means, false) })),
    ...madeRefusals(method).map((one) => ({
      ...one,
      path: [...path, ...one.path],
      wanted: outcomesFor(one.means, false),
    })),
    ...EVERYWHERE.map((one) => ({ ...one, path, wanted: ['not_now'] })),
  ];
  for (const one of played) {
    const outcome = await ask(one.answer);
    if (!one.wanted.includes(outcome.kind))
      found.add(
        one.path,
        `${capital(one.title)} of the token address (${of}) must mean ${one.means}; the engine says ${outcome.kind}. Correct token_errors or token_words, or what the example says it means.`,
      );
  }
}

/** Where one sign-in reaches several accounts, the list of them has one here. */
async function chosen(trial: SignInTrial, fields: Values, minted: Minted): Promise<Values | null> {
  const { method, definition, described, bench, madeUp, found, path } = trial;
  const { accountChoice: choice } = method;
  if (choice === undefined) return fields;
  let item: unknown = withValue(
    withValue({}, choice.value, madeUp.told[choice.field]),
    choice.name,
    'Example account',
  );
  for (const [at, value] of Object.entries(choice.where)) item = withValue(item, at, value) ?? item;
  for (const { name, filledFrom } of described.connectionFields)
    if (filledFrom?.source === 'account_choice' && name !== choice.field)
      item = withValue(item, filledFrom.path, madeUp.told[name]) ?? item;
  const list = choice.items === undefined ? [item] : withValue({}, choice.items, [item]);
  const url = filledAddress(described, choice.url, fields);
  const carries = carriesOf(trial.describedMethod, { ...fields, access_token: minted.accessToken.reveal() });
  const at = new URL(url ?? 'https://nowhere.invalid');
  const expected: Expected = {
    what: 'the list of accounts',
    misfit: (arrived) =>
      arrived.method !== 'GET' || arrived.url.host !== at.host || arrived.url.pathname !== at.pathname
        ? `GET ${choice.url} was described`
        : carries.misfit(arrived),
    answer: jsonAnswer(200, list),
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

async function renewed(trial: SignInTrial, fields: Values, refreshToken: string | null): Promise<void> {
  const { bench, definition, described, method, madeUp, found, path } = trial;
  if (method.refresh === 'none' || refreshToken === null) return;
  const expected = tokenRequest(
    trial,
    fields,
    method.refreshUrl ?? method.tokenUrl,
    { grant_type: method.refreshGrant ?? 'refresh_token', [method.refreshTokenParam]: refreshToken },
    { httpMethod: method.refreshMethod, secrets: [refreshToken] },
  );
  if (expected === null)
    return found.add([...path, 'refresh_url'], 'The address for the next token cannot be made.');
  const client = {
    id: CLIENT_ID,
    secret: method.tokenAuthMethod === 'none' ? null : new Secret(CLIENT_SECRET),
  };
  const of = { workspaceId: WORKSPACE, integration: definition, method, fields };
  const ask = async (answer: Answer) => {
    found.played += 1;
    return bench.standIn.play([{ ...expected, answer }], () =>
      renewUnder(bench, of, client, CALLBACK, new Secret(refreshToken)),
    );
  };
  const success = documented(described, 'refresh', method.id ?? method.type).find(
    ({ means }) => means === 'success',
  );
  const answer = success?.answer ?? madeTokenAnswer(trial, method, madeUp.told);
  const { result, problems } = await ask(answer);
  for (const problem of problems) found.add(path, `The next token: ${problem}.`);
  if (problems.length > 0) return;
  mintedAs(trial, success ?? { title: 'the refresh answer made from the file', path }, answer, result);
  await playRefusals(trial, 'refresh', (one) => ask(one).then((played) => played.result));
}

async function withdrawn(
  { bench, definition, described, method, found, path }: SignInTrial,
  fields: Values,
  minted: Minted,
): Promise<void> {
  if (method.revokeUrl === undefined) return;
  const { accessToken, refreshToken } = minted;
  const client = {
    id: CLIENT_ID,
    secret: method.tokenAuthMethod === 'none' ? null : new Secret(CLIENT_SECRET),
  };
  const host = URL.parse(
    filledAddress(described, method.revokeUrl.replace(/\{(client_id|token)\}/g, 'x'), fields) ?? '',
  )?.host;
  const isInAddress = method.revokeUrl.includes('{token}');
  const secrets = [accessToken.reveal(), ...(refreshToken ? [refreshToken.reveal()] : []), CLIENT_SECRET];
  const expected: Expected = {
    what: 'the withdrawal',
    misfit: (arrived) => {
      if (arrived.method !== method.revokeMethod || arrived.url.host !== host)
        return `${method.revokeMethod} ${method.revokeUrl} was described`;
      const address = decodeURIComponent(arrived.url.href);
      return !isInAddress && secrets.some((secret) => address.includes(secret))
        ? 'a secret stands in its address'
        : null;
    },
    answer: { status: 200, headers: {}, text: '' },
  };
  const of = {
    workspaceId: WORKSPACE,
    integration: definition,
    method,
    fields,
    client,
    accountId: 'account-0001',
    accessToken,
    refreshToken,
  };
  const { result, problems } = await bench.standIn.play([expected], () => revoke(bench, of));
  found.played += 1;
  for (const problem of problems) found.add([...path, 'revoke_url'], `The withdrawal: ${problem}.`);
  if (problems.length === 0 && result.kind !== 'revoked')
    found.add([...path, 'revoke_url'], `The withdrawal: the engine says ${result.kind}.`);
}
