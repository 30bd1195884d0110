import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick, uuidOf } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.atlassian.com';
const AUTH = 'https://auth.atlassian.com';
/** Reached by e-mail and API token; people who sign in reach it through the API's address and its cloud id. */
const SITE = 'https://acme.atlassian.net';
const SITES = ['acme', 'acme-sandbox'].map((name) => ({
  id: uuidOf(`site ${name}`),
  url: `https://${name}.atlassian.net`,
  name,
}));

// https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens; a used refresh token works for ten minutes more
const oauth: OAuthSpec = {
  name: 'Jira',
  authorize: [{ origin: AUTH, path: '/authorize' }],
  token: [{ origin: AUTH, path: '/oauth/token' }],
  revoke: [],
  clientAuth: 'post',
  body: 'json',
  pkce: 'ignored',
  refresh: 'rotating',
  graceSeconds: 600,
  accessSeconds: 3600,
  givesRefreshToken: ({ scopes }) => scopes.includes('offline_access'),
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresInSeconds,
    token_type: 'Bearer',
    scope: grant.scopes.join(' '),
  }),
  failed: (failure) => {
    if (failure === 'invalid_grant') return refused(403, 'unauthorized_client', 'refresh_token is invalid');
    if (failure === 'invalid_code') return refused(403, 'invalid_grant', 'Invalid authorization code');
    return failure === 'bad_secret' || failure === 'invalid_client'
      ? refused(401, 'access_denied', 'Unauthorized')
      : refused(400, failure, 'Bad request');
  },
  revoked: () => ({ status: 200, body: {} }),
};

export const jira: StandIn = {
  slug: 'jira',
  origin: API,
  otherOrigins: [AUTH, SITE],
  oauth,
  keyOf: (headers) => bearerOf(headers) ?? tokenOf(headers.authorization ?? ''),
  limitsOf: () => ({ group: 'all', windows: [{ calls: 100, perMs: 1000 }] }),
  rejected: () => ({ status: 401, body: { code: 401, message: 'Unauthorized' } }),
  throttled: (seconds) => ({
    status: 429,
    body: { errorMessages: ['Rate limit exceeded.'], errors: {} },
    headers: { 'retry-after': String(seconds), 'ratelimit-reason': 'jira-burst-based' },
  }),
  outOfCredits: () => error(403, 'The licence of this site has ended.'),
  missingPermission: () => ({
    status: 401,
    body: { code: 401, message: 'Unauthorized; scope does not match' },
  }),
  errorInside: () => error(200, 'Internal server error'),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, origin, path, grant } = request;
  if (path === '/oauth/token/accessible-resources')
    return {
      status: 200,
      body: SITES.map((site) => ({ ...site, scopes: grant?.scopes ?? [], avatarUrl: null })),
    };
  const [, cloudId, inner = ''] = /^\/ex\/jira\/([^/]+)(\/.*)$/.exec(path) ?? [];
  const rest = origin === API ? inner : path;
  if (origin === API && !SITES.some((site) => site.id === cloudId))
    return { status: 404, body: { code: 404, message: 'Not Found' } };
  const needed = method === 'GET' ? 'read:jira-work' : 'write:jira-work';
  if (grant !== null && !rest.endsWith('/myself') && !grant.scopes.includes(needed))
    return jira.missingPermission();
  const [, name = ''] = /^\/rest\/api\/[23]\/(.+)$/.exec(rest) ?? [];
  return answerFor(request, name);
}

function answerFor(request: SandboxRequest, name: string): Reply {
  const { method, query, body, origin } = request;
  switch (name) {
    case 'myself':
      return { status: 200, body: personAs(ownerOf('jira', request)) };
    case 'search/jql':
      return {
        status: 200,
        body: { issues: /nobody/i.test(query.get('jql') ?? '') ? [] : [issue('OPS-12')], isLast: true },
      };
    case 'user/search': {
      const text = query.get('query') ?? '';
      return { status: 200, body: !text.includes('@') || personOfEmail(text).found ? [personAs(text)] : [] };
    }
    case 'project/search':
      return { status: 200, body: { values: [{ id: '10000', key: 'OPS', name: 'Operations' }], total: 1 } };
    case 'issue': {
      const fields = memberOf(body, 'fields');
      if (textOf(fields, 'summary') === '') return error(400, 'You must specify a summary of the issue.');
      const id = String(10_000 + pick(`${request.times} ${JSON.stringify(body)}`, 89_999));
      const key = `${textOf(memberOf(fields, 'project'), 'key')}-${id}`;
      return { status: 201, body: { id, key, self: `${origin}/rest/api/2/issue/${id}` } };
    }
  }
  const [, key = '', inner] = /^issue\/([^/]+)(?:\/(\w+))?$/.exec(name) ?? [];
  if (key === '' || key === 'OPS-404')
    return error(404, 'Issue does not exist or you do not have permission to see it.');
  if (inner === 'comment')
    return {
      status: 201,
      body: { id: String(pick(`${request.times} ${key}`, 99_999)), created: '2026-11-21T09:00:00.000+0000' },
    };
  if (method === 'PUT')
    return query.get('returnIssue') === 'true'
      ? { status: 200, body: issue(key) }
      : { status: 204, body: null };
  return { status: 200, body: issue(key) };
}

function issue(key: string): object {
  const fields = {
    summary: 'Printer is on fire',
    status: { name: 'To Do' },
    assignee: null,
    updated: '2026-11-20T09:00:00.000+0000',
  };
  return { id: String(pick(key, 99_999)), key, fields };
}

function personAs(email: string): object {
  const { firstName, lastName } = personOfEmail(email);
  const displayName = `${firstName} ${lastName}`.trim() || email;
  return { accountId: `557058:${uuidOf(email)}`, emailAddress: email, displayName, active: true };
}

/** The API token of `Basic email:token`. */
function tokenOf(authorization: string): string | null {
  const [, encoded] = /^Basic (.+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}

function refused(status: number, code: string, description: string): Reply {
  return { status, body: { error: code, error_description: description } };
}

function error(status: number, message: string): Reply {
  return { status, body: { errorMessages: [message], errors: {} } };
}
