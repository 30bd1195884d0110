import type { Grant, OAuthSpec, Place } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

/** Two data centres; who signs in with an address that ends in .eu lives in the second one. */
const CENTRES = [
  { location: 'us', accounts: 'https://accounts.zoho.com', api: 'https://www.zohoapis.com' },
  { location: 'eu', accounts: 'https://accounts.zoho.eu', api: 'https://www.zohoapis.eu' },
] as const;

const everywhere = (path: string): Place[] => CENTRES.map(({ accounts }) => ({ origin: accounts, path }));
const centreOf = ({ account }: Pick<Grant, 'account'>) => CENTRES[account.endsWith('.eu') ? 1 : 0];

// https://www.zoho.com/crm/developer/docs/api/v7/multi-dc.html; failures come with 200, only too many requests with 400
const oauth: OAuthSpec = {
  name: 'Zoho',
  authorize: everywhere('/oauth/v2/auth'),
  token: everywhere('/oauth/v2/token'),
  revoke: everywhere('/oauth/v2/token/revoke'),
  clientAuth: 'post',
  pkce: 'ignored',
  scopeSeparator: ',',
  refresh: 'static',
  accessSeconds: 3600,
  givesRefreshToken: ({ asked }) => asked.get('access_type') === 'offline',
  callback: (grant) => ({ location: centreOf(grant).location, 'accounts-server': centreOf(grant).accounts }),
  isAt: (grant, origin) => centreOf(grant).accounts === origin,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    refresh_token: refreshToken,
    scope: grant.scopes.join(' '),
    api_domain: centreOf(grant).api,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
  }),
  failed: (failure) => ({ status: 200, body: { error: FAILURES[failure] ?? 'general_error' } }),
  revoked: () => ({ status: 200, body: { status: 'success' } }),
};

const FAILURES: Record<string, string> = {
  invalid_client: 'invalid_client',
  bad_secret: 'invalid_client_secret',
  invalid_code: 'invalid_code',
  invalid_grant: 'invalid_code',
};

export const zohoCrm: StandIn = {
  slug: 'zoho-crm',
  origin: CENTRES[0].api,
  otherOrigins: [CENTRES[0].accounts, CENTRES[1].accounts, CENTRES[1].api],
  oauth,
  keyOf: ({ authorization = '' }) => /^Zoho-oauthtoken (.+)$/.exec(authorization)?.[1] ?? null,
  limitsOf: () => ({ group: 'organisation', windows: [{ calls: 50_000, perMs: 86_400_000 }] }),
  rejected: () => error(401, 'INVALID_TOKEN', 'invalid oauth token'),
  throttled: () => error(429, 'TOO_MANY_REQUESTS', 'too many requests fired in the given time'),
  outOfCredits: () => error(429, 'TOO_MANY_REQUESTS', 'the API credits of the day are used up'),
  missingPermission: () => error(401, 'OAUTH_SCOPE_MISMATCH', 'invalid oauth scope to access this URL'),
  errorInside: () => ({
    status: 200,
    body: { status: 'error', code: 'INTERNAL_ERROR', message: 'Internal' },
  }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, query, body } = request;
  const path = request.path.replace(/^\/crm\/v7/, '');
  if (path === '/users') {
    const email = ownerOf('zoho-crm', request);
    const id = `55400000000${pick(email, 999_999)}`;
    return {
      status: 200,
      body: { users: [{ id, email, full_name: email.split('@')[0], status: 'active' }] },
    };
  }
  if (path === '/settings/modules')
    return {
      status: 200,
      body: { modules: ['Leads', 'Contacts', 'Accounts', 'Deals'].map((name) => ({ api_name: name })) },
    };
  if (path === '/coql') return found([contact('lena.moreau@acme.example')]);
  const [, module, last] = /^\/([A-Z]\w+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (module === undefined) return error(404, 'INVALID_URL_PATTERN', 'Please check if the URL is correct');
  if (method === 'GET' && last === 'search') {
    const email = query.get('email') ?? query.get('word') ?? query.get('phone') ?? 'anna.berg@acme.example';
    return found(personOfEmail(email).found ? [contact(email)] : []);
  }
  if (method === 'GET')
    return found(last === '404' ? [] : [{ ...contact('anna.berg@acme.example'), id: last }]);
  return write(body, method === 'PUT' || last === 'upsert' ? 'update' : 'insert', last);
}

/** One record for each that was sent; what is refused is told within a 4xx. */
function write(body: unknown, action: string, id: string | undefined): Reply {
  const records = memberOf(body, 'data');
  const first: unknown = Array.isArray(records) ? records[0] : undefined;
  if (action === 'insert' && textOf(first, 'Last_Name') === '' && textOf(first, 'Name') === '')
    return {
      status: 400,
      body: {
        data: [
          {
            code: 'MANDATORY_NOT_FOUND',
            details: { api_name: 'Last_Name' },
            message: 'required field not found',
            status: 'error',
          },
        ],
      },
    };
  const made =
    id === undefined || id === 'upsert' ? `5540000000${pick(JSON.stringify(first), 9_999_999)}` : id;
  const message = action === 'insert' ? 'record added' : 'record updated';
  const details = { id: made, Modified_Time: '2026-11-01T09:00:00+01:00' };
  return {
    status: action === 'insert' ? 201 : 200,
    body: { data: [{ code: 'SUCCESS', details, message, status: 'success', action }] },
  };
}

function contact(email: string): Record<string, unknown> {
  const { firstName, lastName } = personOfEmail(email);
  const id = `5540000000${pick(email, 9_999_999)}`;
  return { id, Full_Name: `${firstName} ${lastName}`.trim(), Last_Name: lastName, Email: email };
}

/** Nothing found is an answer without a body. */
function found(data: readonly object[]): Reply {
  if (data.length === 0) return { status: 204, body: null };
  return { status: 200, body: { data, info: { count: data.length, more_records: false } } };
}

function error(status: number, code: string, message: string): Reply {
  return { status, body: { code, details: {}, message, status: 'error' } };
}
