import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.hubapi.com';
const PAGES = 'https://app.hubspot.com';

// https://developers.hubspot.com/docs/api-reference/auth-oauth-v3/guide
const oauth: OAuthSpec = {
  name: 'HubSpot',
  authorize: [{ origin: PAGES, path: '/oauth/authorize' }],
  token: [{ origin: API, path: '/oauth/2026-03/token' }],
  revoke: [{ origin: API, path: '/oauth/2026-03/token/revoke' }],
  clientAuth: 'post',
  pkce: 'ignored',
  refresh: 'static',
  accessSeconds: 1800,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    token_type: 'bearer',
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresInSeconds,
    scopes: grant.scopes,
    hub_id: portalOf(grant.account),
    user_id: pick(grant.account, 99_999),
  }),
  failed: (failure, isRefresh) => {
    const status = FAILURES[failure === 'invalid_grant' && isRefresh ? 'refresh' : failure] ?? 'BAD_REQUEST';
    const error =
      failure === 'bad_secret' ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure;
    return {
      status: 400,
      body: {
        status,
        message: MESSAGES[status] ?? 'bad request',
        error,
        error_description: MESSAGES[status] ?? 'bad request',
      },
    };
  },
  revoked: () => ({ status: 200, body: null }),
};

const FAILURES: Record<string, string> = {
  refresh: 'BAD_REFRESH_TOKEN',
  invalid_code: 'BAD_AUTH_CODE',
  bad_secret: 'BAD_CLIENT_SECRET',
  invalid_client: 'BAD_CLIENT_ID',
};
const MESSAGES: Record<string, string> = {
  BAD_REFRESH_TOKEN: 'missing or unknown refresh token',
  BAD_AUTH_CODE: 'missing or unknown auth code',
  BAD_CLIENT_SECRET: 'missing or invalid client secret',
  BAD_CLIENT_ID: 'missing or invalid client id',
};

export const hubspot: StandIn = {
  slug: 'hubspot',
  origin: API,
  otherOrigins: [PAGES],
  oauth,
  keyOf: bearerOf,
  limitsOf: (path) =>
    path.endsWith('/search')
      ? { group: 'search', windows: [{ calls: 4, perMs: 1000 }] }
      : { group: 'all', windows: [{ calls: 100, perMs: 10_000 }] },
  rejected: (_, because) =>
    because === 'expired'
      ? error(401, 'EXPIRED_AUTHENTICATION', 'The OAuth token used to make this call has expired.')
      : error(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found or not valid.'),
  throttled: () => error(429, 'RATE_LIMITS', 'You have reached your ten_secondly_rolling limit.'),
  outOfCredits: () => error(429, 'RATE_LIMITS', 'You have reached your daily limit.'),
  missingPermission: () => ({
    status: 403,
    body: {
      status: 'error',
      message: "This app hasn't been granted all required scopes to make this call.",
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: ['crm.objects.contacts.read'] },
        },
      ],
      category: 'MISSING_SCOPES',
    },
  }),
  errorInside: () => ({ status: 200, body: { status: 'error', message: 'internal error' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, body } = request;
  const route = `${method} ${path}`;
  if (route === 'GET /account-info/v3/details')
    return {
      status: 200,
      body: { portalId: portalOf(ownerOf('hubspot', request)), timeZone: 'Europe/Berlin' },
    };
  if (route === 'POST /crm/v3/objects/contacts/search') return search(body);
  if (route === 'GET /crm/v3/owners') return owners(request.query.get('email') ?? '');
  const [, kind, id] = /^\/crm\/v3\/objects\/(contacts|companies|deals)(?:\/(\w+))?$/.exec(path) ?? [];
  const properties = memberOf(body, 'properties');
  if (kind !== undefined && method === 'POST' && id === undefined)
    return record(201, String(pick(JSON.stringify(properties), 99_999_999)), properties);
  if (kind !== undefined && method === 'PATCH' && id !== undefined) return record(200, id, properties);
  return error(404, 'OBJECT_NOT_FOUND', 'resource not found');
}

function search(body: unknown): Reply {
  const groups = memberOf(body, 'filterGroups');
  const first = Array.isArray(groups) ? memberOf(groups[0], 'filters') : [];
  const filtered = Array.isArray(first) ? textOf(first[0], 'value') : '';
  const email = filtered === '' ? textOf(body, 'query') : filtered;
  const person = personOfEmail(email);
  const { firstName, lastName, phone } = person;
  const properties = {
    email,
    firstname: firstName,
    lastname: lastName,
    phone,
    company: email.split('@')[1] ?? '',
  };
  const results = person.found ? [{ id: String(pick(email, 99_999_999)), properties }] : [];
  return { status: 200, body: { total: results.length, results } };
}

function owners(email: string): Reply {
  const isThere = email.endsWith('@example.com');
  return { status: 200, body: { results: isThere ? [{ id: String(pick(email, 99_999)), email }] : [] } };
}

function record(status: number, id: string, properties: unknown): Reply {
  const at = '2026-11-01T09:00:00.000Z';
  return { status, body: { id, properties, createdAt: at, updatedAt: at, archived: false } };
}

function portalOf(account: string): number {
  return 10_000_000 + pick(account, 9_999_999);
}

function error(status: number, category: string, message: string): Reply {
  return { status, body: { status: 'error', message, category } };
}
