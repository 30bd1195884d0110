import { rfcFailure } from '../oauth/answers.ts';
import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, uuidOf } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.calendly.com';
const AUTH = 'https://auth.calendly.com';

// https://developer.calendly.com/docs/authentication; each refresh token works once
const oauth: OAuthSpec = {
  name: 'Calendly',
  authorize: [{ origin: AUTH, path: '/oauth/authorize' }],
  token: [{ origin: AUTH, path: '/oauth/token' }],
  revoke: [{ origin: AUTH, path: '/oauth/revoke' }],
  clientAuth: 'basic',
  pkce: 'taken',
  refresh: 'rotating',
  accessSeconds: 7200,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds, nowMs }) => ({
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    created_at: Math.floor(nowMs / 1000),
    refresh_token: refreshToken,
    access_token: accessToken,
    scope: grant.scopes.join(' '),
    owner: userOf(grant.account),
    organization: organizationOf(grant.account),
  }),
  failed: (failure) => rfcFailure(failure, { invalid_grant: GRANT, invalid_client: CLIENT }),
  revoked: () => ({ status: 200, body: {} }),
};

const GRANT =
  'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.';
const CLIENT =
  'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.';

export const calendly: StandIn = {
  slug: 'calendly',
  origin: API,
  otherOrigins: [AUTH],
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'all', windows: [{ calls: 500, perMs: 60_000 }] }),
  rejected: (_key, because) =>
    error(
      401,
      'Unauthenticated',
      `The access token ${because === 'expired' ? 'expired' : because === 'revoked' ? 'was revoked' : 'is invalid'}`,
    ),
  throttled: (seconds) => ({
    ...error(429, 'Too Many Requests', 'You have been rate limited.'),
    headers: {
      'x-ratelimit-limit': '500',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(seconds),
    },
  }),
  outOfCredits: () => error(403, 'Permission Denied', 'Please upgrade your Calendly account.'),
  missingPermission: () =>
    error(403, 'Permission Denied', 'You do not have permission to access this resource.'),
  errorInside: () => ({ status: 200, body: { title: 'Internal Server Error' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  const owner = ownerOf('calendly', request);
  if (path === '/users/me')
    return resource({
      uri: userOf(owner),
      name: nameOf(owner),
      slug: owner.split('@')[0],
      email: owner,
      scheduling_url: `https://calendly.com/${owner.split('@')[0]}`,
      timezone: 'Europe/Berlin',
      current_organization: organizationOf(owner),
    });
  if (path === '/event_types')
    return list([
      { uri: EVENT_TYPE, name: '30 Minute Meeting', scheduling_url: 'https://calendly.com/sandbox/30min' },
    ]);
  if (path === '/event_type_available_times') {
    if (!query.has('start_time'))
      return error(400, 'Invalid Argument', 'The supplied parameters are invalid.');
    const start = '2026-12-01T09:00:00.000000Z';
    return list([
      { status: 'available', start_time: start, scheduling_url: `https://calendly.com/d/${start}` },
    ]);
  }
  if (`${method} ${path}` === 'POST /scheduling_links') {
    const booking = `https://calendly.com/d/${uuidOf(`${request.times} ${JSON.stringify(body)}`).slice(0, 8)}`;
    return { ...resource({ booking_url: booking, ...pair(body, 'owner', 'owner_type') }), status: 201 };
  }
  const email = query.get('invitee_email') ?? query.get('email') ?? '';
  if (path === '/scheduled_events') {
    const isThere = email === '' || personOfEmail(email).found;
    return list(isThere ? [meeting(uuidOf(`meeting ${email}`))] : []);
  }
  const [, id = '', rest] = /^\/scheduled_events\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (id === '' || id === 'unknown')
    return error(404, 'Resource Not Found', 'The server could not find the requested resource.');
  if (rest === 'invitees') {
    const shown = email === '' ? 'lena.moreau@acme.example' : email;
    const person = personOfEmail(shown);
    const name = `${person.firstName} ${person.lastName}`.trim();
    return list([
      { uri: `${API}/scheduled_events/${id}/invitees/I1`, email: shown, name, questions_and_answers: [] },
    ]);
  }
  if (rest === 'cancellation')
    return {
      ...resource({ canceled_by: nameOf(owner), canceler_type: 'host', ...pair(body, 'reason') }),
      status: 201,
    };
  return resource(meeting(id));
}

const EVENT_TYPE = `${API}/event_types/SANDBOXEVENTTYPE`;

function meeting(id: string): object {
  return {
    uri: `${API}/scheduled_events/${id}`,
    name: '30 Minute Meeting',
    status: 'active',
    start_time: '2026-12-01T09:00:00.000000Z',
    end_time: '2026-12-01T09:30:00.000000Z',
    event_type: EVENT_TYPE,
  };
}

function pair(body: unknown, ...names: string[]): object {
  return Object.fromEntries(names.map((name) => [name, memberOf(body, name) ?? null]));
}

function userOf(account: string): string {
  return `${API}/users/${uuidOf(`user ${account}`)}`;
}

function organizationOf(account: string): string {
  return `${API}/organizations/${uuidOf(`organization ${account.split('@')[1] ?? account}`)}`;
}

function nameOf(account: string): string {
  const word = (account.split('@')[0] ?? account).split(/[.-]/)[0] ?? '';
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function resource(value: object): Reply {
  return { status: 200, body: { resource: value } };
}

function list(collection: object[]): Reply {
  return { status: 200, body: { collection, pagination: { count: collection.length, next_page: null } } };
}

function error(status: number, title: string, message: string): Reply {
  return { status, body: { title, message } };
}
