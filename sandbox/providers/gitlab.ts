import type { OAuthSpec, Place } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const SITE = 'https://gitlab.com';
/** A GitLab of somebody's own. */
const OWN = 'https://gitlab.acme.example';

const everywhere = (path: string): Place[] => [SITE, OWN].map((origin) => ({ origin, path }));

// https://docs.gitlab.com/api/oauth2/
const oauth: OAuthSpec = {
  name: 'GitLab',
  authorize: everywhere('/oauth/authorize'),
  token: everywhere('/oauth/token'),
  revoke: everywhere('/oauth/revoke'),
  clientAuth: 'post',
  pkce: 'taken',
  refresh: 'rotating',
  refreshWantsRedirectUri: true,
  accessSeconds: 7200,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds, nowMs }) => ({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    scope: grant.scopes.join(' '),
    created_at: Math.floor(nowMs / 1000),
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    const error = isClient ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure;
    return { status: isClient ? 401 : 400, body: { error, error_description: isClient ? CLIENT : GRANT } };
  },
  revoked: () => ({ status: 200, body: {} }),
};

const GRANT =
  'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.';
const CLIENT =
  'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.';

export const gitlab: StandIn = {
  slug: 'gitlab',
  origin: SITE,
  otherOrigins: [OWN],
  oauth,
  keyOf: (headers) => headers['private-token'] ?? bearerOf(headers),
  limitsOf: () => ({ group: 'user', windows: [{ calls: 2000, perMs: 60_000 }] }),
  rejected: (_key, because) =>
    because === 'expired' || because === 'revoked'
      ? {
          status: 401,
          body: {
            error: 'invalid_token',
            error_description:
              because === 'expired'
                ? 'Token is expired. You can either do re-authorization or token refresh.'
                : 'Token was revoked. You have to re-authorize from the user.',
          },
        }
      : { status: 401, body: { message: '401 Unauthorized' } },
  throttled: (seconds) => ({
    status: 429,
    body: 'Retry later\n',
    headers: { 'retry-after': String(seconds), 'content-type': 'text/plain' },
  }),
  outOfCredits: () => ({ status: 403, body: { message: '403 Forbidden' } }),
  missingPermission: () => ({
    status: 403,
    body: {
      error: 'insufficient_scope',
      error_description: 'The request requires higher privileges than provided by the access token.',
      scope: 'api read_api',
    },
  }),
  errorInside: () => ({ status: 200, body: { message: 'Internal error' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, query, body, origin } = request;
  const path = request.path.replace(/^\/api\/v4/, '');
  if (path === '/user') {
    const owner = ownerOf('gitlab', request);
    return { status: 200, body: { id: pick(owner, 9_999_999), username: owner.split('@')[0], email: owner } };
  }
  if (path === '/users') return users(query.get('username') ?? '', origin);
  if (path === '/projects')
    return { status: 200, body: ['acme/website', 'acme/api'].map((one) => project(one, origin)) };
  const [, name = '', rest = ''] = /^\/projects\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  const full = decodeURIComponent(name);
  if (full === '' || full === 'acme/missing')
    return { status: 404, body: { message: '404 Project Not Found' } };
  if (rest === '') return { status: 200, body: project(full, origin) };
  const [, number, part] = /^\/issues(?:\/(\d+))?(\/notes)?$/.exec(rest) ?? [];
  if (method === 'GET' && rest === '/issues') {
    const isNone = (query.get('search') ?? '') === 'nothing';
    return { status: 200, body: isNone ? [] : [entry(full, 'issues', 7, 'Crash on start', origin)] };
  }
  if (method === 'POST' && part === '/notes')
    return {
      status: 201,
      body: { id: pick(textOf(body, 'body'), 99_999_999), created_at: '2026-11-01T09:00:00.000Z' },
    };
  if (method === 'POST' || (method === 'PUT' && number !== undefined)) {
    const kind = rest === '/merge_requests' ? 'merge_requests' : 'issues';
    const title = textOf(body, 'title') || 'Crash';
    const iid = number === undefined ? 100 + pick(title, 900) : Number(number);
    return { status: method === 'POST' ? 201 : 200, body: entry(full, kind, iid, title, origin) };
  }
  return { status: 404, body: { error: '404 Not Found' } };
}

function entry(project: string, kind: string, iid: number, title: string, origin: string): object {
  const web_url = `${origin}/${project}/-/${kind}/${iid}`;
  return { id: pick(web_url, 99_999_999), iid, title, state: 'opened', web_url };
}

function project(path: string, origin: string): object {
  return {
    id: pick(path, 9_999_999),
    name_with_namespace: path.split('/').join(' / '),
    path_with_namespace: path,
    description: `The project ${path}`,
    visibility: 'private',
    star_count: pick(path, 90),
    last_activity_at: '2026-11-01T09:00:00.000Z',
    web_url: `${origin}/${path}`,
  };
}

function users(username: string, origin: string): Reply {
  const person = personOfEmail(`${username}@acme.example`);
  const name = `${person.firstName} ${person.lastName}`.trim();
  const found = { id: pick(username, 9_999_999), username, name, web_url: `${origin}/${username}` };
  return { status: 200, body: person.found ? [found] : [] };
}
