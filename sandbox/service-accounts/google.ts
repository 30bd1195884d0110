import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import { isInTime, isSignedBy, readJwt, textClaim } from './jwt.ts';
import { firstPrivateKey } from './key-desk.ts';
import { giveToken, grantFor, moodOf, type TokenDesk } from './token-desk.ts';

export const GOOGLE_TOKENS = 'https://oauth2.googleapis.com';
const TOKEN_URL = `${GOOGLE_TOKENS}/token`;
const DOMAIN = 'keyrail-sandbox.iam.gserviceaccount.example';

/** The names an account can have; any other was deleted, with its project or alone. */
const GOOGLE_ACCOUNTS = ['robot', 'limited', 'throttled'].map((name) => `${name}@${DOMAIN}`);
const ROBOT = `robot@${DOMAIN}`;
/** The one Google Workspace whose administrator lets service accounts act for people. */
const GOOGLE_WORKSPACE = 'acme.example';

/** The JSON key a person downloads from the Google Cloud console. */
export function googleKeyFile(
  email: string = ROBOT,
  key = firstPrivateKey('google', email),
): Record<string, string> {
  return {
    type: 'service_account',
    project_id: 'keyrail-sandbox',
    private_key_id: key.id,
    private_key: key.privateKey,
    client_email: email,
    client_id: '100000000000000000001',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: TOKEN_URL,
    universe_domain: 'googleapis.com',
  };
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#jwt-error-codes */
export function atGoogleDesk(request: SandboxRequest, desk: TokenDesk, slug: string): Reply | null {
  if (request.origin !== GOOGLE_TOKENS || request.path !== '/token') return null;
  if (textOf(request.body, 'grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return null;
  const jwt = readJwt(String(memberOf(request.body, 'assertion') ?? ''));
  if (jwt === null) return failed('invalid_grant', 'Invalid JWT: Failed to parse.');
  const [issuer, subject, scope] = ['iss', 'sub', 'scope'].map((name) => textClaim(jwt, name));
  if (issuer === undefined || !GOOGLE_ACCOUNTS.includes(issuer))
    return failed('invalid_grant', 'Invalid grant: account not found');
  const named = desk.keys
    .keysOf('google', issuer)
    .filter(({ id }) => jwt.header.kid === undefined || id === jwt.header.kid);
  if (!named.some(({ publicKey }) => isSignedBy(jwt, publicKey, 'RS256')))
    return failed('invalid_grant', 'Invalid JWT Signature.');
  if (!isInTime(jwt, { nowMs: desk.nowMs(), longestSeconds: 3600, leewaySeconds: 300 }))
    return failed(
      'invalid_grant',
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    );
  if (textClaim(jwt, 'aud') !== TOKEN_URL)
    return failed('invalid_grant', 'Invalid JWT: Failed audience check.');
  const scopes = (scope ?? '').split(' ').filter((one) => one !== '');
  if (scopes.length === 0)
    return failed('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  const refused = delegationProblem(subject ?? '', issuer);
  if (refused !== null) return refused;
  const { token, seconds } = giveToken(
    desk,
    slug,
    grantFor(subject || issuer, { scopes, ...moodOf(issuer) }),
    3600,
  );
  return { status: 200, body: { access_token: token, expires_in: seconds, token_type: 'Bearer' } };
}

/** Only an administrator of the person's own domain can let an account act for them. */
function delegationProblem(subject: string, issuer: string): Reply | null {
  if (subject === '' || subject === issuer) return null;
  if (!subject.endsWith(`@${GOOGLE_WORKSPACE}`))
    return {
      status: 401,
      body: {
        error: 'unauthorized_client',
        error_description:
          'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
      },
    };
  return subject.startsWith('nobody@') ? failed('invalid_grant', 'Invalid email or User ID') : null;
}

function failed(error: string, error_description: string): Reply {
  return { status: 400, body: { error, error_description } };
}
