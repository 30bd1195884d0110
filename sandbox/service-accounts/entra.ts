import { createHash } from 'node:crypto';
import { uuidOf } from '../people.ts';
import { type Reply, type SandboxRequest, textOf } from '../request.ts';
import { isInTime, isSignedBy, readJwt, textClaim } from './jwt.ts';
import { giveToken, grantFor, moodOf, type TokenDesk } from './token-desk.ts';

export const ENTRA_LOGIN = 'https://login.microsoftonline.com';

/** The one directory of the sandbox, and the apps in it by their client ids. */
export const ENTRA = {
  tenant: '00000000-0000-4000-8000-00000000acde',
  apps: {
    '00000000-0000-4000-8000-0000000a99a1': 'keyrail',
    '00000000-0000-4000-8000-0000000a99a2': 'limited',
    '00000000-0000-4000-8000-0000000a99a3': 'throttled',
    '00000000-0000-4000-8000-0000000a99a4': 'disabled',
  } as Readonly<Record<string, string>>,
};
const SCOPE = 'https://management.azure.com/.default';

/**
 * Tokens for Azure Resource Manager, by client secret or certificate.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function atEntraDesk(request: SandboxRequest, desk: TokenDesk): Reply | null {
  const [, tenant] = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(request.path) ?? [];
  const isMine = request.origin === ENTRA_LOGIN && textOf(request.body, 'scope') === SCOPE;
  if (!isMine || tenant === undefined || textOf(request.body, 'grant_type') !== 'client_credentials')
    return null;
  if (tenant !== ENTRA.tenant)
    return failed(
      400,
      'invalid_request',
      90_002,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`,
    );
  const id = textOf(request.body, 'client_id');
  const name = Object.hasOwn(ENTRA.apps, id) ? ENTRA.apps[id] : undefined;
  if (name === undefined)
    return failed(
      400,
      'unauthorized_client',
      700_016,
      `Application with identifier '${id}' was not found in the directory 'Acme'.`,
    );
  if (name === 'disabled')
    return failed(401, 'unauthorized_client', 7_000_112, `Application '${id}'(Keyrail) is disabled.`);
  const refused =
    textOf(request.body, 'client_assertion') === ''
      ? bySecret(request, desk, id)
      : byCertificate(request, desk, id);
  if (refused !== null) return refused;
  const { token, seconds } = giveToken(desk, 'microsoft-azure', grantFor(id, moodOf(name)), 3599);
  return {
    status: 200,
    body: { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token },
  };
}

function bySecret(request: SandboxRequest, desk: TokenDesk, id: string): Reply | null {
  switch (desk.keys.secretOf('microsoft-azure', id, textOf(request.body, 'client_secret'), desk.nowMs())) {
    case 'good':
      return null;
    case 'ended':
      return failed(
        401,
        'invalid_client',
        7_000_222,
        `The provided client secret keys for app '${id}' are expired.`,
      );
    case 'unknown':
      return failed(
        401,
        'invalid_client',
        7_000_215,
        'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.',
      );
  }
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials */
function byCertificate(request: SandboxRequest, desk: TokenDesk, id: string): Reply | null {
  const jwt = readJwt(textOf(request.body, 'client_assertion'));
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  if (jwt === null || textOf(request.body, 'client_assertion_type') !== type)
    return failed(401, 'invalid_client', 50_027, 'JWT token is invalid or malformed.');
  const print = jwt.header['x5t#S256'];
  const found = desk.keys
    .keysOf('microsoft-azure', id)
    .find(({ certificate }) => certificate !== null && printOf(certificate.raw) === print);
  const isSigned =
    found !== undefined &&
    (isSignedBy(jwt, found.publicKey, 'PS256') || isSignedBy(jwt, found.publicKey, 'RS256'));
  const validTo = found?.certificate?.validToDate.getTime() ?? 0;
  if (!isSigned || validTo < desk.nowMs())
    return failed(
      401,
      'invalid_client',
      700_027,
      `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '${print}']`,
    );
  const isRight =
    textClaim(jwt, 'iss') === id &&
    textClaim(jwt, 'sub') === id &&
    textClaim(jwt, 'aud') === `${ENTRA_LOGIN}/${ENTRA.tenant}/oauth2/v2.0/token`;
  if (!isRight) return failed(401, 'invalid_client', 50_027, 'JWT token is invalid or malformed.');
  const nbf = Number(jwt.claims.nbf ?? jwt.claims.iat) * 1000;
  if (
    nbf > desk.nowMs() + 300_000 ||
    !isInTime(jwt, { nowMs: desk.nowMs(), longestSeconds: 86_400, leewaySeconds: 300 })
  )
    return failed(401, 'invalid_client', 700_024, 'Client assertion is not within its valid time range.');
  return null;
}

function printOf(der: Buffer): string {
  return createHash('sha256').update(der).digest('base64url');
}

/** As Microsoft's token endpoint refuses, whoever asks. */
export function failed(status: number, error: string, code: number, words: string): Reply {
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${code}: ${words} Trace ID: 0000 Correlation ID: 0000`,
      error_codes: [code],
      timestamp: '2026-11-01 09:00:00Z',
      trace_id: uuidOf('trace'),
      correlation_id: uuidOf('correlation'),
    },
  };
}
