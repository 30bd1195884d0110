import { rfcFailure } from '../oauth/answers.ts';
import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const ORIGIN = 'https://app.asana.com';

// https://developers.asana.com/docs/oauth; whose token it is stands in the answer, the refresh token only in the first
const oauth: OAuthSpec = {
  name: 'Asana',
  authorize: [{ origin: ORIGIN, path: '/-/oauth_authorize' }],
  token: [{ origin: ORIGIN, path: '/-/oauth_token' }],
  revoke: [{ origin: ORIGIN, path: '/-/oauth_revoke' }],
  clientAuth: 'post',
  pkce: 'taken',
  refresh: 'static',
  accessSeconds: 3600,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: expiresInSeconds,
    data: {
      id: Number(idOf(grant.account)),
      gid: idOf(grant.account),
      name: nameOf(grant.account),
      email: grant.account,
    },
    refresh_token: refreshToken,
  }),
  failed: (failure) =>
    rfcFailure(failure, {
      invalid_grant: 'The `refresh_token` provided was invalid.',
      invalid_code: 'The `code` provided was invalid.',
      invalid_client: 'The `client_secret` provided was invalid.',
    }),
  revoked: () => ({ status: 200, body: {} }),
};

export const asana: StandIn = {
  slug: 'asana',
  origin: ORIGIN,
  oauth,
  keyOf: bearerOf,
  limitsOf: (path) =>
    path.endsWith('/typeahead')
      ? { group: 'search', windows: [{ calls: 60, perMs: 60_000 }] }
      : { group: 'all', windows: [{ calls: 1500, perMs: 60_000 }] },
  rejected: (_key, because) =>
    error(401, because === 'expired' ? 'The bearer token has expired.' : 'Not Authorized'),
  throttled: (seconds) => ({
    ...error(429, 'You have made too many requests recently. Please, be chill.'),
    headers: { 'retry-after': String(seconds) },
  }),
  outOfCredits: () => error(402, 'This is only available to premium workspaces.'),
  missingPermission: () => error(403, 'Forbidden'),
  errorInside: () => ({ status: 200, body: { errors: [{ message: 'Server Error' }] } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  const rest = path.replace(/^\/api\/1\.0/, '');
  const owner = ownerOf('asana', request);
  const given = memberOf(body, 'data');
  if (rest === '/users/me') return data(userOf(owner));
  if (rest.startsWith('/users/')) return userAt(decodeURIComponent(rest.slice('/users/'.length)));
  if (rest === '/workspaces')
    return data([{ gid: '1200000000000001', name: 'Acme', resource_type: 'workspace' }]);
  if (rest === '/projects')
    return query.has('workspace')
      ? data([{ gid: '1200000000000002', name: 'Leads', resource_type: 'project' }])
      : error(400, 'workspace: Missing input');
  if (/^\/workspaces\/\d+\/typeahead$/.test(rest)) {
    const text = query.get('query') ?? '';
    return data(/nobody/i.test(text) ? [] : [task(idOf(text), { name: `Call ${text}` })]);
  }
  if (`${method} ${rest}` === 'POST /tasks') {
    if (textOf(given, 'name') === '') return error(400, 'name: Missing input');
    return { ...data(task(idOf(`${request.times} ${JSON.stringify(given)}`), given)), status: 201 };
  }
  const [, id = '', inner] = /^\/tasks\/(\d+)(?:\/(\w+))?$/.exec(rest) ?? [];
  if (id === '' || id === '404') return error(404, `task: Unknown object: ${id}`);
  if (inner === 'stories') {
    const text = textOf(given, 'text');
    const gid = idOf(`${request.times} ${id} ${text}`);
    return {
      ...data({ gid, resource_type: 'story', created_at: '2026-11-21T09:00:00.000Z', text }),
      status: 201,
    };
  }
  return data(task(id, given));
}

function userAt(name: string): Reply {
  if (!name.includes('@') || !personOfEmail(name).found) return error(404, `user: Unknown object: ${name}`);
  return data(userOf(name));
}

function userOf(email: string): object {
  return { gid: idOf(email), resource_type: 'user', name: nameOf(email), email };
}

function task(gid: string, given: unknown): object {
  return {
    gid,
    resource_type: 'task',
    name: textOf(given, 'name') || 'Call Lena Moreau',
    completed: memberOf(given, 'completed') ?? false,
    due_on: memberOf(given, 'due_on') ?? null,
    assignee: null,
    permalink_url: `https://app.asana.com/0/0/${gid}`,
  };
}

function nameOf(email: string): string {
  const { firstName, lastName } = personOfEmail(email);
  return `${firstName} ${lastName}`.trim();
}

function idOf(text: string): string {
  return `12${String(pick(text, 999_999_999)).padStart(12, '0')}`;
}

function data(value: unknown): Reply {
  return { status: 200, body: { data: value } };
}

function error(status: number, message: string): Reply {
  return { status, body: { errors: [{ message, help: 'See https://developers.asana.com/docs/errors' }] } };
}
