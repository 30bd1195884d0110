import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.zoom.us';
const API_EU = 'https://api-eu.zoom.us';
const SITE = 'https://zoom.us';

// https://developers.zoom.us/docs/integrations/oauth/; failures have their words under "reason"
const oauth: OAuthSpec = {
  name: 'Zoom',
  authorize: [{ origin: SITE, path: '/oauth/authorize' }],
  token: [{ origin: SITE, path: '/oauth/token' }],
  revoke: [{ origin: SITE, path: '/oauth/revoke' }],
  clientAuth: 'basic',
  pkce: 'taken',
  refresh: 'rotating',
  programGrant: 'account_credentials',
  accessSeconds: 3600,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    token_type: 'bearer',
    refresh_token: refreshToken,
    expires_in: expiresInSeconds,
    scope: 'user:read:user meeting:read:meeting meeting:write:meeting',
    api_url: /^eu[.@]|\.eu\./.test(grant.account) ? API_EU : API,
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    if (isClient) return refused('invalid_client', 'Invalid client_id or client_secret');
    if (failure === 'invalid_grant') return refused('invalid_grant', 'Invalid Token!');
    return failure === 'invalid_code'
      ? refused('invalid_grant', 'Invalid authorization code')
      : refused(failure, 'Bad Request');
  },
  revoked: () => ({ status: 200, body: { status: 'success' } }),
};

export const zoom: StandIn = {
  slug: 'zoom',
  origin: API,
  otherOrigins: [API_EU, SITE],
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'all', windows: [{ calls: 30, perMs: 1000 }] }),
  rejected: (_key, because) =>
    error(401, 124, because === 'expired' ? 'Access token is expired.' : 'Invalid access token.'),
  throttled: () =>
    error(429, 429, 'You have reached the maximum per-second rate limit for this API. Try again later.'),
  outOfCredits: () => error(429, 429, 'You have exceeded the daily rate limit for this API.'),
  missingPermission: () =>
    error(400, 4711, 'Invalid access token, does not contain scopes:[user:read:user].'),
  errorInside: () => ({ status: 200, body: { code: 500, message: 'Internal error' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, body } = request;
  const owner = ownerOf('zoom', request);
  if (path === '/v2/users/me')
    return {
      status: 200,
      body: {
        id: idOf(owner),
        email: owner,
        display_name: owner.split('@')[0],
        type: 2,
        account_id: idOf(`account ${owner.split('@')[1]}`),
      },
    };
  if (path === '/v2/users/me/meetings')
    return method === 'POST'
      ? planned(request)
      : { status: 200, body: { meetings: [meeting('81000000001')] } };
  const [, id = '', rest = ''] = /^\/v2\/(?:past_)?meetings\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (id === '' || id === '404') return error(404, 3001, `Meeting does not exist: ${id}.`);
  switch (rest) {
    case 'registrants': {
      const email = textOf(body, 'email');
      if (email === '') return error(400, 300, 'Invalid email address.');
      const join = `https://zoom.us/w/${id}?tk=${pick(email, 99_999)}`;
      return {
        status: 201,
        body: { id: Number(id), registrant_id: idOf(email), topic: 'Demo', join_url: join },
      };
    }
    case 'recordings':
      return {
        status: 200,
        body: {
          id: Number(id),
          share_url: `https://zoom.us/rec/share/${id}`,
          total_size: 3_330_000,
          recording_files: [{ file_type: 'MP4', play_url: `https://zoom.us/rec/play/${id}` }],
        },
      };
    case 'participants': {
      const { firstName, lastName, email } = personOfEmail('lena.moreau@acme.example');
      const participants = [{ id: idOf(email), name: `${firstName} ${lastName}`, user_email: email }];
      return { status: 200, body: { page_size: 300, total_records: 1, participants } };
    }
    default:
      return { status: 200, body: meeting(id) };
  }
}

function planned({ body, times }: SandboxRequest): Reply {
  const topic = textOf(body, 'topic');
  if (textOf(body, 'start_time') === '') return error(400, 300, 'Invalid field: start_time.');
  const id = `8${String(pick(`${times} ${JSON.stringify(body)}`, 999_999_999)).padStart(10, '0')}`;
  const start = memberOf(body, 'start_time');
  return {
    status: 201,
    body: { ...meeting(id), topic, start_time: start, duration: memberOf(body, 'duration') },
  };
}

function meeting(id: string) {
  return {
    id: Number(id),
    topic: 'Demo',
    type: 2,
    start_time: '2026-12-01T09:00:00Z',
    duration: 30,
    join_url: `https://zoom.us/j/${id}`,
  };
}

function idOf(text: string): string {
  return `Sandbox${pick(text, 999_999_999)}`;
}

function refused(code: string, reason: string): Reply {
  return { status: 400, body: { reason, error: code } };
}

function error(status: number, code: number, message: string): Reply {
  return { status, body: { code, message } };
}
