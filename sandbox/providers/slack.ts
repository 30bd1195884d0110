import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const ORIGIN = 'https://slack.com';

// https://docs.slack.dev/authentication/using-token-rotation; failures come with 200, here too
const oauth: OAuthSpec = {
  name: 'Slack',
  authorize: [{ origin: ORIGIN, path: '/oauth/v2/authorize' }],
  token: [{ origin: ORIGIN, path: '/api/oauth.v2.access' }],
  revoke: [{ origin: ORIGIN, path: '/api/auth.revoke' }],
  clientAuth: 'post',
  pkce: 'ignored',
  scopeSeparator: ',',
  refresh: 'rotating',
  accessSeconds: 43_200,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    ok: true,
    app_id: 'A0SANDBOX',
    token_type: 'bot',
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresInSeconds,
    scope: grant.scopes.join(','),
    bot_user_id: 'U0SANDBOX',
    team: teamOf(grant.account),
    authed_user: { id: `U${pick(grant.account, 99_999_999)}` },
    enterprise: null,
    is_enterprise_install: false,
  }),
  failed: (failure, isRefresh) =>
    error(
      failure === 'bad_secret'
        ? 'bad_client_secret'
        : failure === 'invalid_client'
          ? 'invalid_client_id'
          : isRefresh && failure === 'invalid_grant'
            ? 'invalid_refresh_token'
            : 'invalid_code',
    ),
  revoked: () => ({ status: 200, body: { ok: true, revoked: true } }),
};

export const slack: StandIn = {
  slug: 'slack',
  origin: ORIGIN,
  oauth,
  keyOf: bearerOf,
  limitsOf: (path) =>
    path === '/api/chat.postMessage'
      ? { group: path, windows: [{ calls: 60, perMs: 60_000 }] }
      : { group: path, windows: [{ calls: 50, perMs: 60_000 }] },
  rejected: (key, because) =>
    error(
      key === null
        ? 'not_authed'
        : because === 'expired'
          ? 'token_expired'
          : because === 'revoked'
            ? 'token_revoked'
            : 'invalid_auth',
    ),
  throttled: (seconds) => ({
    status: 429,
    body: { ok: false, error: 'ratelimited' },
    headers: { 'retry-after': String(seconds) },
  }),
  outOfCredits: () => error('ratelimited'),
  missingPermission: () => ({
    status: 200,
    body: { ok: false, error: 'missing_scope', needed: 'chat:write', provided: 'users:read' },
  }),
  errorInside: () => error('fatal_error'),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { body, query } = request;
  switch (request.path) {
    case '/api/auth.test': {
      const { id, name } = teamOf(ownerOf('slack', request));
      const url = `https://${name.toLowerCase()}.slack.com/`;
      return ok({ url, team: name, user: 'keyrail', team_id: id, user_id: 'U0SANDBOX', bot_id: 'B0SANDBOX' });
    }
    case '/api/chat.postMessage': {
      const channel = textOf(body, 'channel');
      const text = textOf(body, 'text');
      if (channel === '' || channel === 'C0UNKNOWN') return error('channel_not_found');
      if (text === '') return error('no_text');
      return ok({
        channel,
        ts: `17${pick(`${channel} ${text}`, 99_999_999)}.000100`,
        message: { type: 'message', text },
      });
    }
    case '/api/users.lookupByEmail':
      return findUser(query.get('email') ?? '');
    case '/api/conversations.open':
      return ok({ channel: { id: `D${pick(textOf(body, 'users'), 99_999_999)}` } });
    case '/api/conversations.history': {
      const messages = [
        { type: 'message', user: 'U0SANDBOX', text: 'Good morning', ts: '1762000000.000100' },
      ];
      return ok({ messages, has_more: false });
    }
    case '/api/conversations.list': {
      const channels = ['general', 'sales', 'random'].map((name) => ({
        id: `C${pick(name, 99_999_999)}`,
        name,
      }));
      return ok({ channels, response_metadata: { next_cursor: '' } });
    }
    default:
      return error('unknown_method');
  }
}

function findUser(email: string): Reply {
  const person = personOfEmail(email);
  if (!person.found) return error('users_not_found');
  const realName = `${person.firstName} ${person.lastName}`.trim();
  const name = email.split('@')[0] ?? '';
  return ok({ user: { id: `U${pick(email, 99_999_999)}`, name, profile: { real_name: realName, email } } });
}

/** People of one address's domain are in one team. */
function teamOf(account: string): { id: string; name: string } {
  const domain = account.split('@')[1] ?? account;
  const word = domain.split('.')[0] ?? 'team';
  return { id: `T${pick(domain, 99_999_999)}`, name: word.charAt(0).toUpperCase() + word.slice(1) };
}

function ok(body: object): Reply {
  return { status: 200, body: { ok: true, ...body } };
}

function error(name: string): Reply {
  return { status: 200, body: { ok: false, error: name } };
}
