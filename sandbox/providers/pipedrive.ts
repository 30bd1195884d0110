import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.pipedrive.com';
const AUTH = 'https://oauth.pipedrive.com';
/** The one company of the sandbox, as every token answer names it. */
const COMPANY = 'https://acme.pipedrive.com';

// https://pipedrive.readme.io/docs/marketplace-oauth-authorization; scopes are the app's
const oauth: OAuthSpec = {
  name: 'Pipedrive',
  authorize: [{ origin: AUTH, path: '/oauth/authorize' }],
  token: [{ origin: AUTH, path: '/oauth/token' }],
  revoke: [{ origin: AUTH, path: '/oauth/revoke' }],
  clientAuth: 'basic',
  pkce: 'ignored',
  refresh: 'static',
  accessSeconds: 3599,
  tokens: ({ accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    token_type: 'Bearer',
    refresh_token: refreshToken,
    scope: 'base,contacts:full,deals:full,search:read',
    expires_in: expiresInSeconds,
    api_domain: COMPANY,
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    const error = isClient ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure;
    return { status: isClient ? 401 : 400, body: { success: false, error, error_description: WORDS[error] } };
  },
  revoked: () => ({ status: 200, body: { success: true } }),
};

const WORDS: Record<string, string> = {
  invalid_client: 'Invalid client: client is invalid',
  invalid_grant: 'Invalid grant: refresh token is invalid',
};

export const pipedrive: StandIn = {
  slug: 'pipedrive',
  origin: API,
  otherOrigins: [AUTH, COMPANY],
  oauth,
  keyOf: (headers) => headers['x-api-token'] ?? bearerOf(headers),
  limitsOf: (path) =>
    path.endsWith('/search')
      ? { group: 'search', windows: [{ calls: 10, perMs: 2000 }] }
      : { group: 'all', windows: [{ calls: 20, perMs: 2000 }] },
  rejected: () => error(401, 'unauthorized access'),
  throttled: (seconds) => ({
    ...error(429, 'request over limit'),
    headers: {
      'x-ratelimit-limit': '20',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(seconds),
    },
  }),
  outOfCredits: () => error(429, 'daily request limit exceeded'),
  missingPermission: () => error(403, 'Scope and URL mismatch'),
  errorInside: () => ({ status: 200, body: { success: false, error: 'Something went wrong' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  if (path === '/api/v1/users/me') {
    const owner = ownerOf('pipedrive', request);
    const [name, domain = ''] = owner.split('@');
    const company = domain.split('.')[0] ?? domain;
    return ok({
      id: pick(owner, 9_999_999),
      name,
      email: owner,
      company_id: pick(domain, 9_999_999),
      company_name: company.charAt(0).toUpperCase() + company.slice(1),
      company_domain: 'acme',
    });
  }
  if (path === '/api/v2/persons/search') return search(query.get('term') ?? '');
  if (path === '/api/v2/organizations/search') {
    const name = query.get('term') ?? '';
    const item = { id: pick(name, 99_999), name, address: 'Berlin, Germany' };
    return ok({ items: name === 'Nobody' ? [] : [{ result_score: 1, item }] });
  }
  const [, kind, id] = /^\/api\/v[12]\/(persons|organizations|deals|notes)(?:\/(\d+))?$/.exec(path) ?? [];
  if (kind === undefined || (method !== 'POST' && method !== 'PATCH')) return error(404, 'Unknown method .');
  if (kind === 'deals' && textOf(body, 'title') === '') return error(400, 'Title is required');
  const made = id === undefined ? pick(JSON.stringify(body), 99_999) : Number(id);
  const given = typeof body === 'object' && body !== null ? body : {};
  const name = textOf(body, 'name') || 'Anna Berg';
  const record = { status: 'open', add_time: '2026-11-01T09:00:00Z', ...given, name, id: made };
  return { status: method === 'POST' ? 201 : 200, body: { success: true, data: record } };
}

function search(term: string): Reply {
  const person = personOfEmail(term);
  const name = `${person.firstName} ${person.lastName}`.trim();
  const item = {
    id: pick(term, 99_999),
    name,
    emails: [term],
    phones: [person.phone],
    organization: { id: 1, name: memberOf(person, 'company') ?? 'Acme' },
  };
  return ok({ items: person.found ? [{ result_score: 1, item }] : [] });
}

function ok(data: object): Reply {
  return { status: 200, body: { success: true, data } };
}

function error(status: number, words: string): Reply {
  return {
    status,
    body: {
      success: false,
      error: words,
      errorCode: status,
      error_info: 'Please check developers.pipedrive.com',
    },
  };
}
