import type { OAuthSpec, Place } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.intercom.io';
const API_EU = 'https://api.eu.intercom.io';
const APP = 'https://app.intercom.com';
const APP_EU = 'https://app.eu.intercom.com';

const at = (path: string, ...origins: string[]): Place[] => origins.map((origin) => ({ origin, path }));

// https://developers.intercom.com/building-apps/docs/setting-up-oauth; tokens have no end and nothing renews them
const oauth: OAuthSpec = {
  name: 'Intercom',
  authorize: at('/oauth', APP, APP_EU),
  token: at('/auth/eagle/token', API, API_EU),
  revoke: at('/auth/uninstall', API, API_EU),
  clientAuth: 'post',
  pkce: 'ignored',
  refresh: 'static',
  accessSeconds: null,
  givesRefreshToken: () => false,
  tokens: ({ accessToken }) => ({ token_type: 'Bearer', access_token: accessToken, token: accessToken }),
  failed: (failure) =>
    failure === 'invalid_code' || failure === 'invalid_grant'
      ? error(401, 'unauthorized', 'Unauthorized Code')
      : error(401, 'unauthorized', 'Unauthorized Client'),
  revoked: () => ({ status: 200, body: {} }),
};

export const intercom: StandIn = {
  slug: 'intercom',
  origin: API,
  otherOrigins: [API_EU, APP, APP_EU],
  oauth,
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'all', windows: [{ calls: 1666, perMs: 10_000 }] }),
  rejected: () => error(401, 'unauthorized', 'Access Token Invalid'),
  throttled: (seconds) => ({
    ...error(429, 'rate_limit_exceeded', 'Exceeded rate limit'),
    headers: { 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + seconds) },
  }),
  outOfCredits: () => error(403, 'api_plan_restricted', 'Active subscription needed.'),
  missingPermission: () => error(403, 'forbidden', 'The token does not have the needed permission.'),
  errorInside: () => ({ status: 200, body: { type: 'error.list', errors: [{ code: 'server_error' }] } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, body } = request;
  const owner = ownerOf('intercom', request);
  if (path === '/me') {
    const word = (owner.split('@')[1] ?? owner).split('.')[0] ?? 'team';
    const app = { type: 'app', id_code: `sbx${pick(word, 99_999)}`, name: word, region: regionOf(request) };
    return { status: 200, body: { type: 'admin', id: idOf(owner), email: owner, name: 'Keyrail', app } };
  }
  if (path === '/admins') {
    const admins = [{ type: 'admin', id: idOf(owner), name: 'Keyrail', email: owner }];
    return { status: 200, body: { type: 'admin.list', admins } };
  }
  if (path === '/contacts/search') return found(textOf(memberOf(body, 'query'), 'value'));
  if (`${method} ${path}` === 'POST /contacts') {
    if (request.times > 1) return error(409, 'conflict', 'A contact matching those details already exists');
    return { status: 200, body: contact(textOf(body, 'email'), textOf(body, 'name'), textOf(body, 'role')) };
  }
  if (`${method} ${path}` === 'POST /conversations') {
    const id = idOf(`${request.times} ${JSON.stringify(body)}`);
    return {
      status: 200,
      body: { type: 'user_message', id, conversation_id: `2${id}`, body: textOf(body, 'body') },
    };
  }
  const [, kind, id = '', inner] = /^\/(contacts|conversations)\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (kind === undefined || id === 'unknown') return error(404, 'not_found', 'Resource Not Found');
  if (kind === 'conversations') return { status: 200, body: { type: 'conversation', id, state: 'open' } };
  if (inner === 'notes')
    return {
      status: 200,
      body: { type: 'note', id: idOf(`${request.times} ${id}`), body: textOf(body, 'body') },
    };
  if (inner === 'tags')
    return { status: 200, body: { type: 'tag', id: textOf(body, 'id'), name: 'Prospect' } };
  return { status: 200, body: { ...contact(textOf(body, 'email'), textOf(body, 'name'), 'user'), id } };
}

function found(email: string): Reply {
  const person = personOfEmail(email);
  const name = `${person.firstName} ${person.lastName}`.trim();
  const data = person.found ? [contact(email, name, 'user')] : [];
  return { status: 200, body: { type: 'list', data, total_count: data.length } };
}

function contact(email: string, name: string, role: string): object {
  return { type: 'contact', id: idOf(email), role, email, name, phone: null, external_id: null };
}

function regionOf({ origin }: SandboxRequest): string {
  return origin === API_EU ? 'EU' : 'US';
}

function idOf(text: string): string {
  return String(pick(text, 999_999_999));
}

function error(status: number, code: string, message: string): Reply {
  return { status, body: { type: 'error.list', request_id: 'sandbox', errors: [{ code, message }] } };
}
