import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick, uuidOf } from '../people.ts';
import { memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.linear.app';
const SITE = 'https://linear.app';

// https://linear.app/developers/oauth-2-0-authentication: 24 hours, and a new refresh token each time
const oauth: OAuthSpec = {
  name: 'Linear',
  authorize: [{ origin: SITE, path: '/oauth/authorize' }],
  token: [{ origin: API, path: '/oauth/token' }],
  revoke: [{ origin: API, path: '/oauth/revoke' }],
  clientAuth: 'post',
  pkce: 'taken',
  scopeSeparator: ',',
  refresh: 'rotating',
  accessSeconds: 86_399,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    scope: grant.scopes.join(' '),
    refresh_token: refreshToken,
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    const error = isClient ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure;
    return {
      status: isClient ? 401 : 400,
      body: {
        error,
        error_description: isClient ? 'Invalid client' : 'Token has been expired or revoked.',
      },
    };
  },
  revoked: () => ({ status: 200, body: { success: true } }),
};

export const linear: StandIn = {
  slug: 'linear',
  origin: API,
  otherOrigins: [SITE],
  oauth,
  // A personal key stands there as it is, a token behind "Bearer".
  keyOf: (headers) => headers.authorization?.replace(/^Bearer /, '') ?? null,
  limitsOf: () => ({ group: 'all', windows: [{ calls: 1500, perMs: 3_600_000 }] }),
  rejected: () => error(401, 'AUTHENTICATION_ERROR', 'Authentication required, not authenticated'),
  throttled: (seconds) => ({
    ...error(400, 'RATELIMITED', 'Rate limit exceeded. Only 1500 requests are allowed per 1 hour.'),
    headers: { 'x-ratelimit-requests-remaining': '0', 'retry-after': String(seconds) },
  }),
  outOfCredits: () => error(400, 'RATELIMITED', 'Rate limit exceeded.'),
  missingPermission: () => error(200, 'FORBIDDEN', 'Invalid scope: `write` required'),
  errorInside: () => error(200, 'INTERNAL_SERVER_ERROR', 'Internal server error'),
  answer,
};

function answer(request: SandboxRequest): Reply {
  if (request.path !== '/graphql') return { status: 404, body: { error: 'Not found' } };
  const query = textOf(request.body, 'query');
  const variables = memberOf(request.body, 'variables');
  const input = memberOf(variables, 'input');
  const filter = memberOf(variables, 'filter');
  if (query.includes('viewer')) return viewer(ownerOf('linear', request));
  if (query.includes('issueCreate'))
    return data({ issueCreate: { success: true, issue: issue(textOf(input, 'title')) } });
  if (query.includes('issueUpdate'))
    return data({ issueUpdate: { success: true, issue: issue(textOf(variables, 'id')) } });
  if (query.includes('commentCreate')) {
    const id = uuidOf(textOf(input, 'body'));
    const url = `${SITE}/acme/issue/${textOf(input, 'issueId')}#comment-${id.slice(0, 8)}`;
    return data({ commentCreate: { success: true, comment: { id, url } } });
  }
  if (query.includes('issue(id')) {
    const id = textOf(variables, 'id');
    return id === 'ENG-404'
      ? error(200, 'INVALID_INPUT', 'Entity not found: Issue - Could not find referenced Issue.')
      : data({ issue: issue(id) });
  }
  if (query.includes('issues(filter')) {
    const words = textOf(memberOf(filter, 'title'), 'containsIgnoreCase');
    return data({ issues: { nodes: words === 'nothing' ? [] : [issue(words)] } });
  }
  if (query.includes('users(filter')) {
    const email = textOf(memberOf(filter, 'email'), 'eq');
    const person = personOfEmail(email);
    const name = `${person.firstName} ${person.lastName}`.trim();
    return data({ users: { nodes: person.found ? [{ id: uuidOf(email), name, email, active: true }] : [] } });
  }
  if (query.includes('teams(first'))
    return data({
      teams: {
        nodes: ['Engineering', 'Design'].map((name) => ({
          id: uuidOf(name),
          key: name.slice(0, 3).toUpperCase(),
          name,
        })),
      },
    });
  return error(400, 'GRAPHQL_VALIDATION_FAILED', 'Cannot query field');
}

/** A person has an id of their own in each workspace; people of one address's domain are in one. */
function viewer(email: string): Reply {
  const domain = email.split('@')[1] ?? email;
  const word = domain.split('.')[0] ?? domain;
  const organization = { id: uuidOf(domain), name: word.charAt(0).toUpperCase() + word.slice(1) };
  return data({ viewer: { id: uuidOf(email), name: email.split('@')[0], email }, organization });
}

function issue(text: string): object {
  const isNumber = /^[A-Z]+-\d+$/.test(text);
  const identifier = isNumber ? text : `ENG-${100 + pick(text, 900)}`;
  return {
    id: uuidOf(identifier),
    identifier,
    title: isNumber ? 'Crash on start' : text,
    description: 'It ends at once.',
    url: `${SITE}/acme/issue/${identifier}`,
    priority: 2,
    state: { name: 'Todo' },
    assignee: { name: 'Anna Berg', email: 'anna@acme.example' },
    updatedAt: '2026-11-01T09:00:00.000Z',
  };
}

function data(body: object): Reply {
  return { status: 200, body: { data: body } };
}

function error(status: number, code: string, message: string): Reply {
  return {
    status,
    body: {
      errors: [{ message, extensions: { type: code.toLowerCase(), code, userError: true } }],
      data: null,
    },
  };
}
