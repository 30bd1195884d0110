import type { OAuthSpec, Place } from '../oauth/spec.ts';
import { pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest } from '../request.ts';
import { atSalesforceDesk } from '../service-accounts/salesforce-jwt.ts';
import type { StandIn } from '../stand-in.ts';

/** The one org of the sandbox; it can also be signed in to by its own address. */
const ORG = 'https://acme.my.salesforce.com';
const LOGIN = 'https://login.salesforce.com';
const TEST = 'https://test.salesforce.com';

const everywhere = (path: string): Place[] => [LOGIN, TEST, ORG].map((origin) => ({ origin, path }));

// https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flows.htm; no expires_in: the org's session time-out rules
const oauth: OAuthSpec = {
  name: 'Salesforce',
  authorize: everywhere('/services/oauth2/authorize'),
  token: everywhere('/services/oauth2/token'),
  revoke: everywhere('/services/oauth2/revoke'),
  clientAuth: 'post',
  pkce: 'taken',
  refresh: 'static',
  accessSeconds: null,
  givesRefreshToken: ({ scopes }) => scopes.includes('refresh_token'),
  tokens: ({ grant, accessToken, refreshToken }) => ({
    access_token: accessToken,
    refresh_token: refreshToken,
    signature: 'c2FuZGJveA==',
    scope: grant.scopes.join(' '),
    instance_url: ORG,
    id: `${LOGIN}/id/00D000000000001/005${pick(grant.account, 99_999_999)}`,
    token_type: 'Bearer',
    issued_at: '1793000000000',
  }),
  failed: (failure, isRefresh) => {
    if (failure === 'invalid_client')
      return {
        status: 400,
        body: { error: 'invalid_client_id', error_description: 'client identifier invalid' },
      };
    if (failure === 'bad_secret')
      return {
        status: 400,
        body: { error: 'invalid_client', error_description: 'invalid client credentials' },
      };
    const words = isRefresh ? 'expired access/refresh token' : 'invalid authorization code';
    const isGrant = failure === 'invalid_grant' || failure === 'invalid_code';
    return {
      status: 400,
      body: {
        error: isGrant ? 'invalid_grant' : failure,
        error_description: isGrant ? words : 'bad request',
      },
    };
  },
  revoked: () => ({ status: 200, body: null }),
};

export const salesforce: StandIn = {
  slug: 'salesforce',
  origin: ORG,
  otherOrigins: [LOGIN, TEST],
  atDesk: (request, desk) => atSalesforceDesk(request, desk, ORG),
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'org', windows: [{ calls: 100_000, perMs: 86_400_000 }] }),
  rejected: () => error(401, 'INVALID_SESSION_ID', 'Session expired or invalid'),
  throttled: () => error(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
  outOfCredits: () => error(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
  missingPermission: () =>
    error(403, 'API_DISABLED_FOR_ORG', 'The REST API is not enabled for this Organization.'),
  errorInside: () => error(200, 'UNKNOWN_EXCEPTION', 'An unexpected error occurred.'),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  if (path === '/services/oauth2/userinfo') {
    const owner = ownerOf('salesforce', request);
    const user = `005${pick(owner, 99_999_999)}`;
    return {
      status: 200,
      body: { user_id: user, organization_id: '00D000000000001', preferred_username: owner, email: owner },
    };
  }
  const [, rest] = /^\/services\/data\/v60\.0(\/.*)$/.exec(path) ?? [];
  if (rest === '/limits')
    return { status: 200, body: { DailyApiRequests: { Max: 100_000, Remaining: 99_000 } } };
  if (rest === '/query') return find(query.get('q') ?? '');
  if (rest === '/composite/sobjects') return createMany(memberOf(body, 'records'));
  const [, object = '', inner = ''] = /^\/sobjects\/(\w+)(\/.*)?$/.exec(rest ?? '') ?? [];
  if (object === '') return error(404, 'NOT_FOUND', 'The requested resource does not exist');
  if (method === 'GET' && inner === '/describe')
    return {
      status: 200,
      body: {
        name: object,
        fields: ['Id', 'Name', 'Email'].map((name) => ({ name, label: name, type: 'string' })),
      },
    };
  const id = `00Q${String(pick(`${path} ${JSON.stringify(body)}`, 999_999_999)).padStart(12, '0')}`;
  if (method === 'POST' && object === 'Lead' && memberOf(body, 'LastName') === undefined)
    return error(400, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName]');
  if (method === 'POST') return { status: 201, body: { id, success: true, errors: [] } };
  if (method === 'PATCH' && /^\/[^/]+$/.test(inner)) return { status: 204, body: null };
  if (method === 'PATCH') return { status: 200, body: { id, success: true, errors: [], created: false } };
  return error(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${method}' not allowed.`);
}

function createMany(records: unknown): Reply {
  const given = Array.isArray(records) ? records : [];
  const idOf = (record: unknown) =>
    `00Q${String(pick(JSON.stringify(record), 999_999_999)).padStart(12, '0')}`;
  return { status: 200, body: given.map((record) => ({ id: idOf(record), success: true, errors: [] })) };
}

function find(soql: string): Reply {
  const [, object = ''] = /\bfrom\s+(\w+)/i.exec(soql) ?? [];
  if (object === '') return error(400, 'MALFORMED_QUERY', 'unexpected token');
  const id = `001${String(pick(soql, 999_999_999)).padStart(12, '0')}`;
  const isNone = /nobody/i.test(soql);
  const records = isNone ? [] : [{ attributes: { type: object }, Id: id, Name: 'Acme' }];
  return { status: 200, body: { totalSize: records.length, done: true, records } };
}

function error(status: number, errorCode: string, message: string): Reply {
  return { status, body: [{ message, errorCode }] };
}
