import type { OAuthSpec } from '../oauth/spec.ts';
import { personOfEmail, pick } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest } from '../request.ts';
import type { StandIn } from '../stand-in.ts';

const API = 'https://api.airtable.com';
const SITE = 'https://airtable.com';
const SCOPES = ['data.records:read', 'data.records:write', 'schema.bases:read', 'user.email:read'];

// https://airtable.com/developers/web/api/oauth-reference
const oauth: OAuthSpec = {
  name: 'Airtable',
  authorize: [{ origin: SITE, path: '/oauth2/v1/authorize' }],
  token: [{ origin: SITE, path: '/oauth2/v1/token' }],
  revoke: [],
  clientAuth: 'basic',
  pkce: 'required',
  refresh: 'rotating',
  reuseEndsGrant: true,
  accessSeconds: 3600,
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer',
    scope: grant.scopes.join(' '),
    expires_in: expiresInSeconds,
    refresh_expires_in: 5_184_000,
  }),
  failed: (failure) => {
    const isClient = failure === 'invalid_client' || failure === 'bad_secret';
    const code = isClient ? 'invalid_client' : failure === 'invalid_code' ? 'invalid_grant' : failure;
    return {
      status: isClient ? 401 : 400,
      body: { error: code, error_description: `The request was refused: ${code}` },
    };
  },
  revoked: () => ({ status: 200, body: {} }),
};

export const airtable: StandIn = {
  slug: 'airtable',
  origin: API,
  otherOrigins: [SITE],
  oauth,
  keyOf: bearerOf,
  limitsOf: (path) => ({
    group: /^\/v0\/(app\w+)/.exec(path)?.[1] ?? 'meta',
    windows: [{ calls: 5, perMs: 1000 }],
  }),
  rejected: () => error(401, 'AUTHENTICATION_REQUIRED', 'Authentication required'),
  throttled: () => ({
    status: 429,
    body: {
      errors: [{ error: 'RATE_LIMIT_REACHED', message: 'Rate limit exceeded. Please try again later' }],
    },
  }),
  outOfCredits: () =>
    error(429, 'PUBLIC_API_BILLING_LIMIT_EXCEEDED', 'The API limit of this workspace is used up'),
  missingPermission: () =>
    error(
      403,
      'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND',
      'Invalid permissions, or the requested model was not found.',
    ),
  errorInside: () => ({ status: 200, body: { error: 'SERVER_ERROR' } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  if (path === '/v0/meta/whoami') {
    const email = ownerOf('airtable', request);
    const scopes = request.grant?.scopes ?? SCOPES;
    const named = scopes.includes('user.email:read') ? { email } : {};
    return {
      status: 200,
      body: { id: `usr${String(pick(email, 999_999_999)).padStart(14, '0')}`, scopes, ...named },
    };
  }
  if (path === '/v0/meta/bases')
    return {
      status: 200,
      body: { bases: [{ id: 'appSandbox0000001', name: 'Leads', permissionLevel: 'create' }] },
    };
  if (/^\/v0\/meta\/bases\/app\w+\/tables$/.test(path)) {
    const fields = [{ id: 'fldSandbox0000001', name: 'Email', type: 'email' }];
    return { status: 200, body: { tables: [{ id: 'tblSandbox0000001', name: 'People', fields }] } };
  }
  if (!/^\/v0\/app\w+\/[^/]+$/.test(path))
    return error(404, 'NOT_FOUND', 'Could not find what you are looking for');
  if (method === 'GET') return find(query.get('filterByFormula') ?? '');
  const given = memberOf(body, 'records');
  const records = (Array.isArray(given) ? given : []).map((record: unknown) => {
    const fields = memberOf(record, 'fields') ?? {};
    return {
      id: memberOf(record, 'id') ?? idOf(JSON.stringify(fields)),
      createdTime: '2026-11-01T09:00:00.000Z',
      fields,
    };
  });
  if (records.length === 0 || records.length > 10)
    return error(422, 'INVALID_RECORDS', 'Send 1 to 10 records');
  const isUpsert = memberOf(body, 'performUpsert') !== undefined;
  const done = isUpsert ? { createdRecords: [], updatedRecords: records.map((record) => record.id) } : {};
  return { status: 200, body: { records, ...done } };
}

function find(formula: string): Reply {
  const [email = ''] = /[\w.+-]+@[\w.-]+/.exec(formula) ?? [];
  const person = personOfEmail(email);
  const fields = { Email: email, Name: `${person.firstName} ${person.lastName}`.trim() };
  const isThere = email !== '' && person.found;
  const records = isThere ? [{ id: idOf(email), createdTime: '2026-11-01T09:00:00.000Z', fields }] : [];
  return { status: 200, body: { records } };
}

function idOf(text: string): string {
  return `rec${String(pick(text, 999_999_999)).padStart(14, '0')}`;
}

function error(status: number, type: string, message: string): Reply {
  return { status, body: { error: { type, message } } };
}
