import type { OAuthSpec } from '../oauth/spec.ts';
import { pick, uuidOf } from '../people.ts';
import { bearerOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import { giveToken, grantFor, moodOf, type TokenDesk } from '../service-accounts/token-desk.ts';
import type { StandIn } from '../stand-in.ts';

/** Service principals by their application ids. */
export const DATABRICKS = {
  host: 'sandbox-0001.cloud.databricks.com',
  principals: {
    '00000000-0000-4000-8000-0000000da7a1': 'keyrail',
    '00000000-0000-4000-8000-0000000da7a2': 'limited',
    '00000000-0000-4000-8000-0000000da7a3': 'throttled',
  } as Readonly<Record<string, string>>,
};

const ORIGIN = `https://${DATABRICKS.host}`;

// https://docs.databricks.com/aws/en/integrations/enable-disable-oauth
const oauth: OAuthSpec = {
  name: 'Databricks',
  authorize: [{ origin: ORIGIN, path: '/oidc/v1/authorize' }],
  token: [{ origin: ORIGIN, path: '/oidc/v1/token' }],
  revoke: [],
  clientAuth: 'basic',
  pkce: 'required',
  refresh: 'rotating',
  accessSeconds: 3600,
  givesRefreshToken: ({ scopes }) => scopes.includes('offline_access'),
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    scope: grant.scopes.join(' '),
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    if (isClient) return refused(401, 'invalid_client', 'Client authentication failed');
    const isGrant = failure === 'invalid_grant' || failure === 'invalid_code';
    return refused(
      400,
      isGrant ? 'invalid_grant' : failure,
      isGrant ? 'Refresh token is invalid' : 'Bad request',
    );
  },
  revoked: () => ({ status: 404, body: null }),
};

/** https://docs.databricks.com/api/workspace/introduction */
export const databricks: StandIn = {
  slug: 'databricks',
  origin: ORIGIN,
  oauth,
  atDesk,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'calls', windows: [] }),
  rejected: (_key, because) =>
    because === 'expired'
      ? {
          status: 401,
          body: { error_code: 401, message: 'Credential was expired: the access token has expired.' },
        }
      : { status: 403, body: { error_code: '403', message: 'Invalid access token.' } },
  throttled: () => ({
    ...error(
      429,
      'REQUEST_LIMIT_EXCEEDED',
      'Your request was rejected since your organization has exceeded the rate limit.',
    ),
    headers: { 'retry-after': '1' },
  }),
  outOfCredits: () => error(429, 'REQUEST_LIMIT_EXCEEDED', 'Rate limit exceeded.'),
  missingPermission: () =>
    error(403, 'PERMISSION_DENIED', 'You do not have permission to use the SQL Warehouse.'),
  errorInside: () => ({ status: 200, body: { message: 'Something went wrong' } }),
  answer,
};

/** https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m */
function atDesk(request: SandboxRequest, desk: TokenDesk): Reply | null {
  const isMine = textOf(request.body, 'grant_type') === 'client_credentials';
  if (request.path !== '/oidc/v1/token' || !isMine) return null;
  const encoded = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64')
    .toString('utf8')
    .split(':')
    .map(decodeURIComponent);
  const name = Object.hasOwn(DATABRICKS.principals, id) ? DATABRICKS.principals[id] : undefined;
  if (name === undefined || desk.keys.secretOf('databricks', id, secret, desk.nowMs()) !== 'good')
    return refused(401, 'invalid_client', 'Client authentication failed');
  if (textOf(request.body, 'scope') !== 'all-apis') return refused(400, 'invalid_scope', 'Invalid scope');
  const grant = grantFor(id, { scopes: ['all-apis'], ...moodOf(name) });
  const { token, seconds } = giveToken(desk, 'databricks', grant, 3600);
  return {
    status: 200,
    body: { access_token: token, token_type: 'Bearer', expires_in: seconds, scope: 'all-apis' },
  };
}

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  if (path === '/api/2.0/preview/scim/v2/Me') {
    const owner = ownerOf('databricks', request);
    return { status: 200, body: { id: String(pick(owner, 999_999_999)), userName: owner, active: true } };
  }
  if (path === '/api/2.0/sql/warehouses')
    return {
      status: 200,
      body: { warehouses: [{ id: '1a2b3c4d5e6f7890', name: 'Starter', state: 'RUNNING' }] },
    };
  if (method === 'POST' && path === '/api/2.0/sql/statements') {
    if (textOf(body, 'warehouse_id') !== '1a2b3c4d5e6f7890')
      return error(
        404,
        'RESOURCE_DOES_NOT_EXIST',
        `SQL warehouse ${textOf(body, 'warehouse_id')} does not exist`,
      );
    const statement = textOf(body, 'statement');
    const state = /^\s*(select|with|show)\b/i.test(statement) ? 'good' : 'failed';
    return {
      status: 200,
      body: { statement_id: `${state}-${uuidOf(statement)}`, status: { state: 'PENDING' } },
    };
  }
  const [, id = ''] = /^\/api\/2\.0\/sql\/statements\/([^/]+)$/.exec(path) ?? [];
  if (id !== '') return statement(id, request.times);
  if (method === 'POST' && path === '/api/2.1/jobs/run-now')
    return textOf(body, 'job_id') === '404'
      ? error(400, 'INVALID_PARAMETER_VALUE', 'Job 404 does not exist.')
      : { status: 200, body: { run_id: 1000 + pick(JSON.stringify(body), 9000), number_in_job: 1 } };
  if (path === '/api/2.1/jobs/runs/get') {
    const run_page_url = `https://${DATABRICKS.host}/#job/1/run/${query.get('run_id')}`;
    const state = { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS', state_message: '' };
    return { status: 200, body: { run_id: Number(query.get('run_id')), state, run_page_url } };
  }
  return error(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${path}'`);
}

function statement(statement_id: string, times: number): Reply {
  if (statement_id.startsWith('failed')) {
    const failure = {
      error_code: 'BAD_REQUEST',
      message: '[PARSE_SYNTAX_ERROR] Syntax error at or near end of input.',
    };
    return { status: 200, body: { statement_id, status: { state: 'FAILED', error: failure } } };
  }
  if (times === 1) return { status: 200, body: { statement_id, status: { state: 'RUNNING' } } };
  const columns = [{ name: 'n', type_name: 'LONG' }];
  return {
    status: 200,
    body: {
      statement_id,
      status: { state: 'SUCCEEDED' },
      manifest: { format: 'JSON_ARRAY', schema: { columns }, total_row_count: 1 },
      result: { row_count: 1, data_array: [['42']] },
    },
  };
}

function refused(status: number, error: string, error_description: string): Reply {
  return { status, body: { error, error_description } };
}

function error(status: number, error_code: string, message: string): Reply {
  return { status, body: { error_code, message } };
}
