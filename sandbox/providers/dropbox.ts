import { rfcFailure } from '../oauth/answers.ts';
import type { OAuthSpec } from '../oauth/spec.ts';
import { pick } from '../people.ts';
import { bearerOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.dropboxapi.com';
const SITE = 'https://www.dropbox.com';

// https://www.dropbox.com/developers/documentation/http/documentation#authorization
const oauth: OAuthSpec = {
  name: 'Dropbox',
  authorize: [{ origin: SITE, path: '/oauth2/authorize' }],
  token: [{ origin: API, path: '/oauth2/token' }],
  revoke: [{ origin: API, path: '/2/auth/token/revoke' }],
  clientAuth: 'post',
  pkce: 'taken',
  refresh: 'static',
  accessSeconds: 14_400,
  givesRefreshToken: ({ asked }) => asked.get('token_access_type') === 'offline',
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds, isRefresh }) => ({
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    ...(isRefresh
      ? {}
      : {
          scope: grant.scopes.join(' '),
          uid: String(pick(grant.account, 99_999_999)),
          account_id: idOf(grant.account),
        }),
  }),
  failed: (failure) =>
    failure === 'invalid_client' || failure === 'bad_secret'
      ? { status: 400, body: { error: 'invalid_client: Invalid client_id or client_secret' } }
      : rfcFailure(failure, {
          invalid_grant: 'refresh token is invalid or revoked',
          invalid_code: "code doesn't exist or has expired",
        }),
  revoked: () => ({ status: 200, body: null }),
};

export const dropbox: StandIn = {
  slug: 'dropbox',
  origin: API,
  otherOrigins: [SITE],
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'all', windows: [] }),
  rejected: (_key, because) => {
    const tag = because === 'expired' ? 'expired_access_token' : 'invalid_access_token';
    return { status: 401, body: { error_summary: `${tag}/..`, error: { '.tag': tag } } };
  },
  throttled: (seconds) => ({
    status: 429,
    body: {
      error_summary: 'too_many_requests/..',
      error: { reason: { '.tag': 'too_many_requests' }, retry_after: seconds },
    },
    headers: { 'retry-after': String(seconds) },
  }),
  outOfCredits: () => conflict('path/insufficient_space'),
  missingPermission: () => ({
    status: 401,
    body: {
      error_summary: 'missing_scope/.',
      error: { '.tag': 'missing_scope', required_scope: 'files.content.read' },
    },
  }),
  errorInside: () => ({ status: 200, body: { error_summary: 'other/...' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, body, headers } = request;
  if (method !== 'POST')
    return { status: 400, body: 'Error in call to API function: only POST is supported' };
  if (path === '/2/users/get_current_account') {
    if (body !== undefined || headers['content-type'] !== undefined)
      return {
        status: 400,
        body: 'Error in call to API function "users/get_current_account": expected null',
      };
    const email = ownerOf('dropbox', request);
    return {
      status: 200,
      body: {
        account_id: idOf(email),
        name: { display_name: email.split('@')[0] },
        email,
        email_verified: true,
        disabled: false,
        account_type: { '.tag': 'basic' },
      },
    };
  }
  const at = textOf(body, 'path') || textOf(body, 'to_path');
  if (/missing/.test(at)) return conflict('path/not_found/.');
  switch (path) {
    case '/2/files/search_v2':
      return found(textOf(body, 'query'));
    case '/2/files/get_metadata':
      return { status: 200, body: entry(at) };
    case '/2/files/list_folder':
      return {
        status: 200,
        body: { entries: [entry(`${at}/offer.pdf`)], cursor: 'sandbox', has_more: false },
      };
    case '/2/files/get_temporary_link':
      return {
        status: 200,
        body: { metadata: entry(at), link: `https://dl.dropbox.example/${pick(at, 99_999)}` },
      };
    case '/2/sharing/create_shared_link_with_settings':
      return request.times > 1
        ? conflict('shared_link_already_exists/..')
        : { status: 200, body: { ...entry(at), url: `https://www.dropbox.com/scl/${pick(at, 99_999)}` } };
    case '/2/files/create_folder_v2':
    case '/2/files/delete_v2':
      return { status: 200, body: { metadata: entry(at) } };
    case '/2/files/move_v2':
      return { status: 200, body: { metadata: entry(textOf(body, 'to_path')) } };
    default:
      return { status: 404, body: 'Unknown API function' };
  }
}

function found(text: string): Reply {
  const isThere = !/nobody/i.test(text);
  const metadata = { '.tag': 'metadata', metadata: entry(`/Offers/${text}.pdf`) };
  return { status: 200, body: { matches: isThere ? [{ metadata }] : [], has_more: false } };
}

function entry(path: string): object {
  const name = path.split('/').at(-1) ?? path;
  return {
    '.tag': 'file',
    id: `id:sandbox${pick(path, 999_999_999)}`,
    name,
    path_lower: path.toLowerCase(),
    path_display: path,
    size: 1 + pick(path, 99_999),
    server_modified: '2026-11-01T09:00:00Z',
  };
}

function idOf(account: string): string {
  return `dbid:sandbox${pick(account, 999_999_999)}`;
}

function conflict(summary: string): Reply {
  const [tag = ''] = summary.split('/');
  return { status: 409, body: { error_summary: summary, error: { '.tag': tag } } };
}
