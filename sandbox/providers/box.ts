import { rfcFailure } from '../oauth/answers.ts';
import type { OAuthSpec } from '../oauth/spec.ts';
import { pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.box.com';
const ACCOUNT = 'https://account.box.com';

// https://developer.box.com/guides/authentication/tokens/refresh: each refresh token works once, for 60 days
const oauth: OAuthSpec = {
  name: 'Box',
  authorize: [{ origin: ACCOUNT, path: '/api/oauth2/authorize' }],
  token: [{ origin: API, path: '/oauth2/token' }],
  revoke: [{ origin: API, path: '/oauth2/revoke' }],
  clientAuth: 'post',
  pkce: 'ignored',
  refresh: 'rotating',
  accessSeconds: 3600,
  tokens: ({ accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    expires_in: expiresInSeconds,
    restricted_to: [],
    refresh_token: refreshToken,
    token_type: 'bearer',
  }),
  failed: (failure) =>
    rfcFailure(
      failure,
      {
        invalid_grant: 'Invalid refresh token',
        invalid_code: "Auth code doesn't exist or is invalid for the client",
        invalid_client: 'The client credentials are invalid',
      },
      400,
    ),
  revoked: () => ({ status: 200, body: {} }),
};

export const box: StandIn = {
  slug: 'box',
  origin: API,
  otherOrigins: [ACCOUNT],
  oauth,
  keyOf: bearerOf,
  limitsOf: (path) =>
    path === '/2.0/search'
      ? {
          group: 'search',
          windows: [
            { calls: 6, perMs: 1000 },
            { calls: 60, perMs: 60_000 },
          ],
        }
      : { group: 'all', windows: [{ calls: 1000, perMs: 60_000 }] },
  rejected: (_key, because) => ({
    status: 401,
    body: null,
    headers: {
      'www-authenticate': `Bearer realm="Service", error="invalid_token", error_description="The access token provided ${
        because === 'expired' ? 'has expired' : 'is invalid'
      }."`,
    },
  }),
  throttled: (seconds) => ({
    ...error(429, 'rate_limit_exceeded', 'Request rate limit exceeded, please try again later'),
    headers: { 'retry-after': String(seconds) },
  }),
  outOfCredits: () => error(403, 'storage_limit_exceeded', 'Account storage limit reached'),
  missingPermission: () =>
    error(
      403,
      'insufficient_scope',
      'The request requires higher privileges than provided by the access token.',
    ),
  errorInside: () => ({ status: 200, body: { type: 'error', status: 500 } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  const rest = path.replace(/^\/2\.0/, '');
  const owner = ownerOf('box', request);
  if (rest === '/users/me')
    return { status: 200, body: { type: 'user', id: idOf(owner), name: owner.split('@')[0], login: owner } };
  if (rest === '/search') {
    const text = query.get('query') ?? '';
    const entries = /nobody/i.test(text) ? [] : [file(idOf(text), `${text}.pdf`)];
    return { status: 200, body: { total_count: entries.length, limit: 20, offset: 0, entries } };
  }
  if (`${method} ${rest}` === 'POST /folders') {
    if (request.times > 1) return error(409, 'item_name_in_use', 'Item with the same name already exists');
    const name = textOf(body, 'name');
    return { status: 201, body: { type: 'folder', id: idOf(name), name, parent: memberOf(body, 'parent') } };
  }
  if (`${method} ${rest}` === 'POST /collaborations') {
    const id = idOf(`${request.times} ${JSON.stringify(body)}`);
    return {
      status: 201,
      body: { type: 'collaboration', id, role: textOf(body, 'role'), status: 'pending' },
    };
  }
  if (`${method} ${rest}` === 'POST /comments') {
    const message = textOf(body, 'message');
    return { status: 201, body: { type: 'comment', id: idOf(`${request.times} ${message}`), message } };
  }
  const [, kind, id = '', inner] = /^\/(files|folders)\/([^/]+)(?:\/(\w+))?$/.exec(rest) ?? [];
  if (kind === undefined || id === '404') return error(404, 'not_found', 'Not Found');
  if (kind === 'folders' && inner === 'items')
    return {
      status: 200,
      body: { total_count: 1, entries: [file('101', 'offer.pdf')], offset: 0, limit: 1000 },
    };
  const access = textOf(memberOf(body, 'shared_link'), 'access');
  const link = { url: `https://app.box.com/s/${idOf(id)}`, access, effective_access: access };
  return { status: 200, body: { ...file(id, 'offer.pdf'), shared_link: method === 'PUT' ? link : null } };
}

function file(id: string, name: string): object {
  const size = 1 + pick(id, 99_999);
  const parent = { type: 'folder', id: '0', name: 'All Files' };
  return { type: 'file', id, name, size, modified_at: '2026-11-01T09:00:00-00:00', parent };
}

function idOf(text: string): string {
  return String(pick(text, 999_999_999));
}

function error(status: number, code: string, message: string): Reply {
  return { status, body: { type: 'error', status, code, message, request_id: 'sandbox' } };
}
