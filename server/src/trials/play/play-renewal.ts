import { methodIdOf } from '../../catalog/methods.ts';
import { Secret } from '../../lib/secret.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import { renewUnder } from '../../oauth/renew.ts';
import { revoke } from '../../oauth/revoke.ts';
import type { Minted } from '../../tokens/mint.ts';
import { documentedSuccess } from '../cases/cases.ts';
import type { Answer } from '../cases/made-answer.ts';
import { madeTokenAnswer } from '../cases/token-answers.ts';
import type { Expected } from '../stand-in/stand-in.ts';
import { type Values, WORKSPACE } from '../trial.ts';
import { mintedAs, playRefusals } from './play-token-answers.ts';
import { CALLBACK, CLIENT_SECRET, clientOf, type SignInTrial, tokenRequest } from './sign-in-trial.ts';

/** The next tokens for the refresh token, as documented; then what else the endpoint may say. */
export async function renewed(
  trial: SignInTrial,
  fields: Values,
  refreshToken: string | null,
): Promise<void> {
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
  const of = { workspaceId: WORKSPACE, integration: definition, method, fields };
  const ask = async (answer: Answer) => {
    found.played += 1;
    return bench.standIn.play([{ ...expected, answer }], () =>
      renewUnder(bench, of, clientOf(method), CALLBACK, new Secret(refreshToken)),
    );
  };
  const success = documentedSuccess(described, 'refresh', methodIdOf(method));
  const answer = success?.answer ?? madeTokenAnswer(trial, method, madeUp.told);
  const { result, problems } = await ask(answer);
  for (const problem of problems) found.add(path, `The next token: ${problem}.`);
  if (problems.length > 0) return;
  mintedAs(trial, success ?? { title: 'the refresh answer made from the file', path }, answer, result);
  await playRefusals(trial, 'refresh', (one) => ask(one).then((played) => played.result));
}

/** The provider is told that its access is given up. */
export async function withdrawn(
  { bench, definition, described, method, found, path }: SignInTrial,
  fields: Values,
  minted: Minted,
): Promise<void> {
  if (method.revokeUrl === undefined) return;
  const { accessToken, refreshToken } = minted;
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
    client: clientOf(method),
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
