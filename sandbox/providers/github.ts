import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import { atGitHubDesk } from '../service-accounts/github-app.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.github.com';
const SITE = 'https://github.com';

// A GitHub App whose user tokens expire: 8 hours, and a refresh token that is replaced at each use. Failures come with 200.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens
const oauth: OAuthSpec = {
  name: 'GitHub',
  authorize: [{ origin: SITE, path: '/login/oauth/authorize' }],
  token: [{ origin: SITE, path: '/login/oauth/access_token' }],
  revoke: [{ origin: API, path: '/applications/sandbox-client-id/token' }],
  clientAuth: 'post',
  pkce: 'taken',
  refresh: 'rotating',
  accessSeconds: 28_800,
  tokens: ({ accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    refresh_token_expires_in: 15_811_200,
    scope: '',
    token_type: 'bearer',
  }),
  failed: (failure, isRefresh) => {
    const [error, words] =
      isRefresh && failure === 'invalid_grant' ? BAD_REFRESH : (FAILURES[failure] ?? BAD_CODE);
    const error_uri =
      'https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/';
    return { status: 200, body: { error, error_description: words, error_uri } };
  },
  // JSON only for those who ask for it.
  encoded: (reply, { headers }) =>
    headers.accept?.includes('json') || reply.body === null || typeof reply.body !== 'object'
      ? reply
      : {
          ...reply,
          body: new URLSearchParams(
            Object.entries(reply.body).map(([name, value]): [string, string] => [name, String(value)]),
          ).toString(),
          headers: { ...reply.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        },
  revoked: () => ({ status: 204, body: null }),
};

const BAD_CODE = ['bad_verification_code', 'The code passed is incorrect or expired.'] as const;
const BAD_REFRESH = ['bad_refresh_token', 'The refresh token passed is incorrect or expired.'] as const;
const BAD_CLIENT = [
  'incorrect_client_credentials',
  'The client_id and/or client_secret passed are incorrect.',
] as const;
const FAILURES: Record<string, readonly [string, string]> = {
  invalid_client: BAD_CLIENT,
  bad_secret: BAD_CLIENT,
};

export const github: StandIn = {
  slug: 'github',
  origin: API,
  otherOrigins: [SITE],
  atDesk: atGitHubDesk,
  oauth,
  keyOf: bearerOf,
  limitsOf: (path) =>
    path.startsWith('/search/')
      ? { group: 'search', windows: [{ calls: 30, perMs: 60_000 }] }
      : { group: 'core', windows: [{ calls: 5000, perMs: 3_600_000 }] },
  rejected: () => error(401, 'Bad credentials'),
  throttled: () => ({
    ...error(403, 'API rate limit exceeded for user ID 1.'),
    headers: { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
  }),
  outOfCredits: () => error(403, 'API rate limit exceeded for user ID 1.'),
  missingPermission: () => ({
    ...error(403, 'Resource not accessible by personal access token'),
    headers: { 'x-accepted-github-permissions': 'issues=write' },
  }),
  errorInside: () => ({ status: 200, body: { message: 'Something went wrong' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  const isInstallation = request.grant?.scopes.includes('installation') ?? false;
  if (isInstallation && /^\/user(\/|$)/.test(path))
    return error(403, 'Resource not accessible by integration');
  if (path === '/installation/repositories') {
    if (!isInstallation)
      return error(
        403,
        'You must authenticate with an installation access token in order to list repositories for an installation.',
      );
    const repositories = ['website', 'api'].map((name) => repository(request.grant?.account ?? 'acme', name));
    return { status: 200, body: { total_count: repositories.length, repositories } };
  }
  if (path === '/user') {
    const owner = ownerOf('github', request);
    const login = owner.split('@')[0];
    return { status: 200, body: { login, id: pick(owner, 99_999_999), plan: { name: 'pro' } } };
  }
  if (path === '/user/repos')
    return { status: 200, body: ['website', 'api'].map((name) => repository('acme', name)) };
  if (path === '/search/issues') {
    const items = /nothing/.test(query.get('q') ?? '')
      ? []
      : [issue('acme', 'website', 7, 'Crash on start', 'open')];
    return { status: 200, body: { total_count: items.length, incomplete_results: false, items } };
  }
  const [, username] = /^\/users\/([^/]+)$/.exec(path) ?? [];
  if (username !== undefined) return user(decodeURIComponent(username));
  const [, owner = '', name = '', rest = ''] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (name === '' || name === 'missing') return error(404, 'Not Found');
  const [, number, part] = /^\/issues(?:\/(\d+))?(\/comments)?$/.exec(rest) ?? [];
  if (rest === '') return { status: 200, body: repository(owner, name) };
  if (method === 'POST' && rest === '/issues') {
    const title = textOf(body, 'title');
    if (title === '') return error(422, 'Validation Failed');
    return { status: 201, body: issue(owner, name, 100 + pick(title, 900), title, 'open') };
  }
  if (method === 'POST' && part === '/comments') {
    const id = pick(textOf(body, 'body'), 99_999_999);
    const html_url = `${SITE}/${owner}/${name}/issues/${number}#issuecomment-${id}`;
    return { status: 201, body: { id, html_url, body: textOf(body, 'body') } };
  }
  if (method === 'PATCH' && number !== undefined)
    return {
      status: 200,
      body: issue(
        owner,
        name,
        Number(number),
        textOf(body, 'title') || 'Crash',
        textOf(body, 'state') || 'open',
      ),
    };
  return error(404, 'Not Found');
}

function issue(owner: string, name: string, number: number, title: string, state: string): object {
  const html_url = `${SITE}/${owner}/${name}/issues/${number}`;
  return { id: pick(html_url, 99_999_999), number, title, state, html_url };
}

function repository(owner: string, name: string): object {
  const full_name = `${owner}/${name}`;
  return {
    id: pick(full_name, 99_999_999),
    full_name,
    owner: { login: owner },
    description: `The ${name} of ${owner}`,
    language: 'TypeScript',
    stargazers_count: pick(full_name, 500),
    open_issues_count: pick(`issues ${full_name}`, 50),
    private: false,
    pushed_at: '2026-11-01T09:00:00Z',
    html_url: `${SITE}/${full_name}`,
  };
}

function user(login: string): Reply {
  const person = personOfEmail(`${login}@acme.example`);
  if (!person.found) return error(404, 'Not Found');
  const name = `${person.firstName} ${person.lastName}`.trim();
  const html_url = `${SITE}/${login}`;
  return {
    status: 200,
    body: {
      login,
      name,
      email: null,
      company: 'Acme',
      location: person.location,
      blog: '',
      html_url,
      followers: 12,
    },
  };
}

function error(status: number, message: string): Reply {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  };
}
