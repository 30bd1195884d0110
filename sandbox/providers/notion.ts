import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick, uuidOf } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const ORIGIN = 'https://api.notion.com';

// https://developers.notion.com/reference/authentication; the token request is JSON with Basic
const oauth: OAuthSpec = {
  name: 'Notion',
  authorize: [{ origin: ORIGIN, path: '/v1/oauth/authorize' }],
  token: [{ origin: ORIGIN, path: '/v1/oauth/token' }],
  revoke: [{ origin: ORIGIN, path: '/v1/oauth/revoke' }],
  clientAuth: 'basic',
  body: 'json',
  pkce: 'ignored',
  refresh: 'rotating',
  accessSeconds: null,
  tokens: ({ grant, accessToken, refreshToken }) => ({
    access_token: accessToken,
    token_type: 'bearer',
    refresh_token: refreshToken,
    bot_id: uuidOf(`bot ${grant.account}`),
    workspace_id: uuidOf(workspaceOf(grant.account)),
    workspace_name: workspaceOf(grant.account),
    workspace_icon: null,
    owner: { type: 'user', user: { object: 'user', id: uuidOf(grant.account) } },
    duplicated_template_id: null,
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    const code = isClient ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure;
    return { status: isClient ? 401 : 400, body: { error: code } };
  },
  revoked: () => ({ status: 200, body: {} }),
};

export const notion: StandIn = {
  slug: 'notion',
  origin: ORIGIN,
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'all', windows: [{ calls: 3, perMs: 1000 }] }),
  rejected: () => error(401, 'unauthorized', 'API token is invalid.'),
  throttled: (seconds) => ({
    ...error(429, 'rate_limited', 'You have been rate limited. Please try again in a few minutes.'),
    headers: { 'retry-after': String(seconds) },
  }),
  outOfCredits: () => error(429, 'rate_limited', 'You have been rate limited.'),
  missingPermission: () => error(403, 'restricted_resource', 'Insufficient permissions for this endpoint.'),
  errorInside: () => ({ status: 200, body: { object: 'error', status: 500, code: 'internal_server_error' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, body, headers } = request;
  if (headers['notion-version'] === undefined)
    return error(400, 'missing_version', 'Notion-Version header should be defined.');
  if (`${method} ${path}` === 'GET /v1/users/me') {
    const owner = ownerOf('notion', request);
    const bot = { owner: { type: 'workspace', workspace: true }, workspace_name: workspaceOf(owner) };
    return {
      status: 200,
      body: { object: 'user', id: uuidOf(`bot ${owner}`), type: 'bot', name: 'Keyrail', bot },
    };
  }
  if (`${method} ${path}` === 'POST /v1/search') return found(String(memberOf(body, 'query') ?? ''));
  if (`${method} ${path}` === 'POST /v1/pages') return page(uuidOf(JSON.stringify(body)), body);
  const [, kind, id = ''] = /^\/v1\/(databases|pages|blocks)\/([^/]+)/.exec(path) ?? [];
  if (kind === undefined || id === 'not-shared')
    return error(
      404,
      'object_not_found',
      `Could not find ${id}. Make sure it is shared with your integration.`,
    );
  if (kind === 'databases') return found(JSON.stringify(memberOf(body, 'filter') ?? ''));
  if (kind === 'pages') return page(id, body);
  return {
    status: 200,
    body: { object: 'list', results: [{ object: 'block', id: uuidOf(JSON.stringify(body)) }] },
  };
}

function found(text: string): Reply {
  const [email] = /[\w.+-]+@[\w.-]+/.exec(text) ?? [];
  const isThere = email === undefined ? pick(text, 10) > 1 : personOfEmail(email).found;
  const results = isThere
    ? [{ object: 'page', id: uuidOf(text), properties: { Email: { email: email ?? null } } }]
    : [];
  return { status: 200, body: { object: 'list', results, has_more: false, next_cursor: null } };
}

function page(id: string, body: unknown): Reply {
  const properties = memberOf(body, 'properties') ?? {};
  return { status: 200, body: { object: 'page', id, url: `https://www.notion.so/${id}`, properties } };
}

function workspaceOf(account: string): string {
  return `${account.split('@')[0] ?? account}'s Notion`;
}

function error(status: number, code: string, message: string): Reply {
  return { status, body: { object: 'error', status, code, message } };
}
