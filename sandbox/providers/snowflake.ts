import { createHash } from 'node:crypto';
import type { OAuthSpec } from '../oauth/spec.ts';
import { uuidOf } from '../people.ts';
import { bearerOf, memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import { isInTime, isSignedBy, readJwt, textClaim } from '../service-accounts/jwt.ts';
import type { RegisteredKey } from '../service-accounts/key-desk.ts';
import { grantFor, type Identified, moodOf, type TokenDesk } from '../service-accounts/token-desk.ts';
import type { StandIn } from '../stand-in.ts';

export const SNOWFLAKE = {
  account: 'sandbox-acme',
  users: ['KEYRAIL', 'KEYRAIL_LIMITED', 'KEYRAIL_THROTTLED'],
};
const ORIGIN = `https://${SNOWFLAKE.account}.snowflakecomputing.com`;
const ACCOUNT = SNOWFLAKE.account.toUpperCase();
const ROLES = ['ANALYST', 'PUBLIC'];

// https://docs.snowflake.com/en/user-guide/oauth-custom
const oauth: OAuthSpec = {
  name: 'Snowflake',
  authorize: [{ origin: ORIGIN, path: '/oauth/authorize' }],
  token: [{ origin: ORIGIN, path: '/oauth/token-request' }],
  revoke: [],
  clientAuth: 'basic',
  pkce: 'taken',
  refresh: 'static',
  accessSeconds: 600,
  givesRefreshToken: ({ scopes }) => scopes.includes('refresh_token'),
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    scope: grant.scopes.join(' '),
    username: grant.account,
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    const isGrant = failure === 'invalid_grant' || failure === 'invalid_code';
    const error = isClient ? 'invalid_client' : isGrant ? 'invalid_grant' : failure;
    const message = isClient ? 'This is an invalid client.' : 'Invalid authorization grant.';
    return { status: isClient ? 401 : 400, body: { data: null, message, code: null, success: false, error } };
  },
  revoked: () => ({ status: 404, body: null }),
};

/** https://docs.snowflake.com/en/developer-guide/sql-api/reference */
export const snowflake: StandIn = {
  slug: 'snowflake',
  origin: ORIGIN,
  oauth,
  identify,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'statements', windows: [] }),
  rejected: () => error(401, '390303', 'Invalid OAuth access token. [0000]'),
  throttled: () => ({
    status: 429,
    body: { message: 'Too many requests.' },
    headers: { 'retry-after': '1' },
  }),
  outOfCredits: () =>
    error(
      422,
      '090073',
      "Warehouse 'COMPUTE_WH' cannot be resumed because resource monitor 'MONTH' has exceeded its quota.",
    ),
  missingPermission: () =>
    error(422, '003001', "SQL access control error:\nInsufficient privileges to operate on table 'ORDERS'"),
  errorInside: () => ({ status: 200, body: { code: '000603', message: 'Internal error' } }),
  answer,
};

/** https://docs.snowflake.com/en/developer-guide/sql-api/authenticating#using-key-pair-authentication */
function identify({ headers, key }: SandboxRequest, desk: TokenDesk): Identified | null {
  const jwt = readJwt(key ?? '');
  if (jwt === null) return null;
  const subject = textClaim(jwt, 'sub');
  const user = subject.startsWith(`${ACCOUNT}.`) ? subject.slice(ACCOUNT.length + 1) : '';
  const known = SNOWFLAKE.users.includes(user) ? desk.keys.keysOf('snowflake', user) : [];
  // A user has two public keys at most; the issuer says by its fingerprint which of them it was.
  const named = known.find((one) => textClaim(jwt, 'iss') === `${subject}.${fingerprint(one)}`);
  const isGood =
    headers['x-snowflake-authorization-token-type'] === 'KEYPAIR_JWT' &&
    named !== undefined &&
    isSignedBy(jwt, named.publicKey, 'RS256') &&
    isInTime(jwt, { nowMs: desk.nowMs(), longestSeconds: 3600, leewaySeconds: 60 });
  return isGood
    ? { kind: 'known', grant: grantFor(user, moodOf(user)) }
    : { kind: 'refused', reply: error(401, '390144', 'JWT token is invalid. [0000]') };
}

function fingerprint({ publicKey }: RegisteredKey): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(der).digest('base64')}`;
}

const running = new Map<string, string>();

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  const [, handle] = /^\/api\/v2\/statements\/([^/]+)$/.exec(path) ?? [];
  if (handle !== undefined) {
    const statement = running.get(handle);
    if (statement === undefined) return error(404, '404', 'The specified statement handle does not exist.');
    // The first look comes too early.
    return request.times === 1 ? inProgress(handle) : result(handle, statement, request);
  }
  if (method !== 'POST' || path !== '/api/v2/statements') return error(404, '404', 'Not found');
  const role = textOf(body, 'role');
  if (role !== '' && !ROLES.includes(role.toUpperCase()))
    return error(
      422,
      '390186',
      `Role '${role}' specified in the connect string does not exist or not authorized. Contact your local system administrator.`,
    );
  const statement = textOf(body, 'statement');
  if (!/^\s*(select|with|show|insert|update|delete|merge|create)\b/i.test(statement))
    return error(
      422,
      '001003',
      `SQL compilation error:\nsyntax error line 1 at position 0 unexpected '${statement.split(/\s/)[0]}'.`,
    );
  if (/\bmissing\b/i.test(statement + JSON.stringify(memberOf(body, 'bindings') ?? '')))
    return error(422, '002003', "SQL compilation error:\nObject 'MISSING' does not exist or not authorized.");
  const asked = uuidOf(`${statement} ${JSON.stringify(memberOf(body, 'bindings') ?? null)}`);
  running.set(asked, statement);
  return query.get('async') === 'true' ? inProgress(asked) : result(asked, statement, request);
}

function inProgress(statementHandle: string): Reply {
  const message =
    'Asynchronous execution in progress. Use provided query id to perform query monitoring and management.';
  const statementStatusUrl = `/api/v2/statements/${statementHandle}`;
  return { status: 202, body: { code: '333334', message, statementHandle, statementStatusUrl } };
}

function result(statementHandle: string, statement: string, { grant, key }: SandboxRequest): Reply {
  const user = grant?.account ?? (key ?? '').toUpperCase();
  const isWho = /current_user\(\)/i.test(statement);
  const data = isWho
    ? [[user, ACCOUNT, 'ANALYST']]
    : /nothing|limit 0/i.test(statement)
      ? []
      : [
          ['42', 'order 1'],
          ['43', 'order 2'],
        ];
  const rowType = (isWho ? ['USER', 'ACCOUNT', 'ROLE'] : ['ID', 'TITLE']).map((name) => ({
    name,
    type: 'text',
  }));
  return {
    status: 200,
    body: {
      code: '090001',
      message: 'Statement executed successfully.',
      statementHandle,
      resultSetMetaData: { numRows: data.length, format: 'jsonv2', rowType },
      data,
    },
  };
}

function error(status: number, code: string, message: string): Reply {
  return { status, body: { code, message } };
}
