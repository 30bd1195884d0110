import { methodIdOf } from '../../catalog/methods.ts';
import { resolveBaseUrl } from '../../catalog/requests/base-url.ts';
import { probeOf } from '../../connections/probe.ts';
import { enteredCredential } from '../../connections/try-entered.ts';
import { AppError } from '../../lib/app-error.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import type { CredentialSource } from '../../outbound/credential-source.ts';
import { documentedSuccess } from '../cases/cases.ts';
import type { Answer } from '../cases/made-answer.ts';
import { madeTokenAnswer, type TokenMethod, tokenRefusals, tokensIn } from '../cases/token-answers.ts';
import type { MadeUp } from '../entered.ts';
import { capital, wordsOf } from '../problem-words.ts';
import { carriesOf, isSignedByUs } from '../stand-in/carries.ts';
import type { Expected } from '../stand-in/stand-in.ts';
import { scopeAsked, tokenMisfit } from '../stand-in/token-misfits.ts';
import { type Access, type Findings, type Trial, type Values, WORKSPACE } from '../trial.ts';

/** Access by what somebody entered; where it is used through tokens, the stand-in gives one. Null: the findings say why there is none. */
export async function enteredAccess(trial: Trial, madeUp: MadeUp, found: Findings): Promise<Access | null> {
  const { method, bench, path } = trial;
  const endpoint = 'tokenUrl' in method ? tokenEndpointOf(trial, method, madeUp, found) : null;
  if (endpoint === undefined) return null;
  const unkept = { workspaceId: WORKSPACE, definition: trial.definition, credentials: madeUp.entered };
  const { result, problems } = await bench.standIn.play(
    endpoint === null ? [] : [endpoint.expected(endpoint.success)],
    () => enteredCredential(bench.entering, unkept).catch(refusalOf),
  );
  for (const problem of problems) found.add(path, `What was entered: ${problem}.`);
  if (typeof result === 'string')
    found.add(path, `With what the file asks for nobody gets access: ${result}`);
  if (typeof result === 'string' || problems.length > 0) return null;
  if (endpoint !== null) await playTokenAnswers(trial, unkept, endpoint, found);
  const token = endpoint === null ? await selfMadeToken(trial, result.source, found) : endpoint.token;
  const values = { ...madeUp.entered, ...madeUp.told, ...(token !== null && { access_token: token }) };
  const secrets = [...madeUp.secrets, ...(token === null ? [] : [token])];
  const fields = { ...result.fields, ...madeUp.told };
  return {
    source: result.source,
    fields,
    values,
    carries: carriesOf(trial.describedMethod, values),
    secrets,
  };
}

interface Endpoint {
  expected(answer: Answer): Expected;
  success: Answer;
  token: string;
}

/** undefined: what is needed could not be made up, and that was said. */
function tokenEndpointOf(
  trial: Trial,
  method: TokenMethod,
  { entered, secrets, told }: MadeUp,
  found: Findings,
): Endpoint | undefined {
  const url = filledAddress(trial.described, method.tokenUrl, entered);
  if (url === null)
    return void found.add(
      [...trial.path, 'token_url'],
      'The address for tokens cannot be made of what is entered.',
    );
  const example = documentedSuccess(trial.described, 'token', methodIdOf(method));
  const success = example?.answer ?? madeTokenAnswer(trial, method, told);
  const { access } = tokensIn(method, success);
  if (access === null) {
    const title = example?.title ?? 'the answer made from token_path and token_members';
    return void found.add(
      example?.path ?? trial.path,
      `${capital(title)} has no access token where the file reads it (token_path, token_members).`,
    );
  }
  const isEntered = method.type === 'oauth2_client_credentials';
  const misfit = tokenMisfit({
    method,
    url,
    httpMethod: 'POST',
    secrets,
    parameters: isEntered
      ? { grant_type: 'client_credentials', ...scopeAsked(method, entered) }
      : grantOf(method),
    client: isEntered ? { id: entered.client_id ?? '', secret: entered.client_secret ?? '' } : null,
  });
  return {
    expected: (answer) => ({ what: 'the request for a token', misfit, answer }),
    success,
    token: access,
  };
}

function grantOf(method: TokenMethod): Record<string, string> {
  if (method.type !== 'service_account') return {};
  if (method.kind === 'client_assertion') return { grant_type: 'client_credentials' };
  if (method.kind === 'jwt_exchange') return {};
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' };
}

/** What else a token endpoint says. */
async function playTokenAnswers(
  trial: Trial,
  unkept: Parameters<typeof enteredCredential>[1],
  endpoint: Endpoint,
  found: Findings,
): Promise<void> {
  const { method, bench } = trial;
  if (!('tokenUrl' in method)) return;
  for (const one of tokenRefusals(trial, method, 'token', true)) {
    const { result } = await bench.standIn.play([endpoint.expected(one.answer)], () =>
      enteredCredential(bench.entering, unkept).then(
        () => 'minted',
        (error: unknown) => verdictIn(error),
      ),
    );
    found.played += 1;
    const verdicts = one.wanted.flatMap((kind) => ENTERED[kind] ?? []);
    if (!verdicts.includes(result))
      found.add(
        one.path,
        `${capital(one.title)} of the token address must mean ${one.means}; the engine says ${result}. Correct token_errors or token_words, or what the example says it means.`,
      );
  }
}

const ENTERED: Record<string, string[]> = {
  minted: ['minted'],
  ended: ['rejected', 'expired'],
  not_now: ['provider_error', 'rate_limited'],
};

function verdictIn(error: unknown): string {
  if (error instanceof AppError && error.code === 'credential_rejected') return String(error.reason);
  throw error;
}

/** A JWT that is signed here, if that is what it is used through. */
async function selfMadeToken(
  { method, path }: Trial,
  source: CredentialSource,
  found: Findings,
): Promise<string | null> {
  if (method.type !== 'service_account' || method.kind !== 'self_signed') return null;
  const current = await source.current();
  const [token] = current.kind === 'credential' ? current.credential.secrets : [];
  const jwt = token?.reveal() ?? '';
  if (!(await isSignedByUs(jwt, method.assertion.algorithm)))
    found.add([...path, 'assertion'], 'What is sent is no JWT that is signed with the key that was entered.');
  return jwt;
}

function refusalOf(error: unknown): string {
  if (error instanceof AppError) return wordsOf(error);
  throw error;
}

/** Whether the method can be reached at all: the address of its requests, with what was made up. */
export function addressProblem({ definition, method }: Trial, fields: Values): string | null {
  const probe = probeOf(definition, method);
  const baseUrl = probe?.baseUrl ?? method.baseUrl ?? definition.baseUrl;
  const base = resolveBaseUrl({ baseUrl, connectionFields: definition.connectionFields }, fields);
  return base.kind === 'ready' ? null : base.message;
}
