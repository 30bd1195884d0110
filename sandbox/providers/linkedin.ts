import { rfcFailure } from '../oauth/answers.ts';
import type { OAuthSpec } from '../oauth/spec.ts';
import { pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.linkedin.com';
const SITE = 'https://www.linkedin.com';
const YEAR_SECONDS = 31_536_000;

// https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
const oauth: OAuthSpec = {
  name: 'LinkedIn',
  authorize: [{ origin: SITE, path: '/oauth/v2/authorization' }],
  token: [{ origin: SITE, path: '/oauth/v2/accessToken' }],
  revoke: [],
  clientAuth: 'post',
  pkce: 'ignored',
  refresh: 'static',
  accessSeconds: 5_184_000,
  denied: 'user_cancelled_authorize',
  /** Approved partners' apps alone have one; here: whoever signs in from a partner's address. */
  givesRefreshToken: ({ account }) => account.endsWith('@partner.example'),
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds, nowMs }) => ({
    access_token: accessToken,
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    // Counts from the consent, whatever is refreshed.
    refresh_token_expires_in: grant.account.endsWith('@partner.example')
      ? YEAR_SECONDS - Math.floor((nowMs - (grant.sinceMs ?? nowMs)) / 1000)
      : null,
    scope: grant.scopes.join(','),
  }),
  failed: (failure) =>
    failure === 'invalid_code'
      ? rfcFailure('invalid_request', { invalid_request: CODE })
      : rfcFailure(failure, { invalid_grant: GRANT, invalid_client: 'Client authentication failed' }),
  revoked: () => ({ status: 200, body: {} }),
};

const CODE =
  'Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists';
const GRANT = 'The provided authorization grant or refresh token is invalid, expired or revoked.';

export const linkedin: StandIn = {
  slug: 'linkedin',
  origin: API,
  otherOrigins: [SITE],
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'all', windows: [] }),
  rejected: (_key, because) =>
    because === 'revoked'
      ? error(401, 65_601, 'The token used in the request has been revoked by the user')
      : because === 'expired'
        ? error(401, 65_602, 'The token used in the request has expired')
        : error(401, 65_600, 'Invalid access token'),
  throttled: () => error(429, 101, 'Resource level throttle APPLICATION_AND_MEMBER DAY limit is reached'),
  outOfCredits: () => error(429, 101, 'Resource level throttle APPLICATION DAY limit is reached'),
  missingPermission: () => error(403, 100, 'Not enough permissions to access: GET /userinfo'),
  errorInside: () => ({ status: 200, body: { status: 500, message: 'Internal Server Error' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, body, headers } = request;
  const owner = ownerOf('linkedin', request);
  if (path === '/v2/userinfo') {
    const word = owner.split('@')[0] ?? owner;
    const name = word.charAt(0).toUpperCase() + word.slice(1);
    return {
      status: 200,
      body: { sub: idOf(owner), email_verified: true, name, email: owner, picture: `${SITE}/picture.png` },
    };
  }
  if (headers['x-restli-protocol-version'] !== '2.0.0')
    return error(400, 0, 'The protocol version is missing');
  if (`${method} ${path}` === 'POST /v2/ugcPosts') {
    const content = memberOf(memberOf(body, 'specificContent'), 'com.linkedin.ugc.ShareContent');
    const text = textOf(memberOf(content, 'shareCommentary'), 'text');
    if (!textOf(body, 'author').startsWith('urn:li:person:') || text === '')
      return error(422, 0, 'ERROR :: /author :: is not valid');
    const id = `urn:li:share:${pick(`${request.times} ${JSON.stringify(body)}`, 999_999_999)}`;
    return { status: 201, body: { id }, headers: { 'x-restli-id': id } };
  }
  const [, post = '', kind] = /^\/v2\/socialActions\/([^/]+)\/(comments|likes)$/.exec(path) ?? [];
  const actor = textOf(body, 'actor');
  const object = decodeURIComponent(post);
  if (method !== 'POST' || kind === undefined) return error(404, 0, 'No virtual resource found');
  if (kind === 'likes') return { status: 201, body: { actor, object } };
  return {
    status: 201,
    body: {
      id: String(pick(JSON.stringify(body), 999_999)),
      actor,
      object,
      created: { time: 1_793_000_000_000 },
    },
  };
}

function idOf(account: string): string {
  return `p${pick(account, 999_999_999)}`;
}

function error(status: number, serviceErrorCode: number, message: string): Reply {
  return { status, body: { serviceErrorCode, message, status } };
}
