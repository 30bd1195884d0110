import type { OAuthSpec } from '../oauth/spec.ts';
import { oneOf, pick, uuidOf } from '../people.ts';
import { bearerOf, memberOf, ownerOf, type Reply, type SandboxRequest } from '../request.ts';
import { atGoogleDesk, GOOGLE_TOKENS as TOKENS } from '../service-accounts/google.ts';
import type { StandIn } from '../stand-in.ts';
import { answerBigQuery, BIGQUERY } from './bigquery.ts';
import { answerGoogleCloud, GOOGLE_CLOUD } from './google-cloud.ts';
import { answerDrive, DRIVE } from './google-drive.ts';

const API = 'https://sheets.googleapis.com';
const PAGES = 'https://accounts.google.com';
const PERSON = 'https://openidconnect.googleapis.com';

// https://developers.google.com/identity/protocols/oauth2/web-server
const oauth: OAuthSpec = {
  name: 'Google',
  authorize: [{ origin: PAGES, path: '/o/oauth2/v2/auth' }],
  token: [{ origin: TOKENS, path: '/token' }],
  revoke: [{ origin: TOKENS, path: '/revoke' }],
  clientAuth: 'post',
  pkce: 'taken',
  refresh: 'static',
  accessSeconds: 3600,
  givesRefreshToken: ({ asked }) =>
    asked.get('access_type') === 'offline' && asked.get('prompt') === 'consent',
  tokens: ({ grant, accessToken, refreshToken, expiresInSeconds }) => ({
    access_token: accessToken,
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    scope: grant.scopes.join(' '),
    token_type: 'Bearer',
  }),
  failed: (failure, isRefresh) => {
    if (failure === 'invalid_client' || failure === 'bad_secret')
      return { status: 401, body: { error: 'invalid_client', error_description: 'Unauthorized' } };
    const isGrant = failure === 'invalid_grant' || failure === 'invalid_code';
    const words = isRefresh ? 'Token has been expired or revoked.' : 'Malformed auth code.';
    return {
      status: 400,
      body: {
        error: isGrant ? 'invalid_grant' : failure,
        error_description: isGrant ? words : 'Bad Request',
      },
    };
  },
  revoked: () => ({ status: 200, body: {} }),
};

export const googleSheets: StandIn = {
  slug: 'google-sheets',
  origin: API,
  otherOrigins: [PAGES, TOKENS, PERSON, BIGQUERY, DRIVE, ...GOOGLE_CLOUD],
  oauth,
  atDesk: (request, desk) => atGoogleDesk(request, desk, 'google-sheets'),
  keyOf: bearerOf,
  limitsOf: (path) =>
    path.startsWith('/v4/')
      ? { group: 'calls', windows: [{ calls: 120, perMs: 60_000 }] }
      : { group: 'person', windows: [] },
  rejected: () =>
    error(
      401,
      'UNAUTHENTICATED',
      'Request had invalid authentication credentials. Expected OAuth 2 access token.',
    ),
  throttled: () => error(429, 'RESOURCE_EXHAUSTED', "Quota exceeded for quota metric 'Read requests'."),
  outOfCredits: () => error(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded.'),
  missingPermission: () => error(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.'),
  errorInside: () => ({ status: 200, body: { error: { code: 500, message: 'internal' } } }),
  answer,
};

function answer(request: SandboxRequest): Reply {
  if (request.origin === BIGQUERY) return answerBigQuery(request);
  if (request.origin === DRIVE) return answerDrive(request);
  if (GOOGLE_CLOUD.includes(request.origin)) return answerGoogleCloud(request);
  if (request.origin === PERSON)
    return request.path === '/v1/userinfo' ? person(request) : error(404, 'NOT_FOUND', 'Not found');
  const { method, body } = request;
  const path = decodeURIComponent(request.path);
  if (`${method} ${path}` === 'POST /v4/spreadsheets')
    return spreadsheet(
      uuidOf(JSON.stringify(body)),
      String(memberOf(memberOf(body, 'properties'), 'title') ?? 'Untitled'),
    );
  const [, changed] = /^\/v4\/spreadsheets\/([^/:]+):batchUpdate$/.exec(path) ?? [];
  if (changed !== undefined && method === 'POST') {
    const requests = memberOf(body, 'requests');
    const replies = Array.isArray(requests) ? requests.map(() => ({})) : [];
    return { status: 200, body: { spreadsheetId: changed, replies } };
  }
  const [, id = '', range] = /^\/v4\/spreadsheets\/([^/]+)(?:\/values\/(.+?))?(?::append)?$/.exec(path) ?? [];
  if (id === '') return error(404, 'NOT_FOUND', 'Requested entity was not found.');
  if (range === undefined) return spreadsheet(id, oneOf(id, ['Leads', 'Budget', 'Plan']));
  const rows = memberOf(body, 'values');
  const written = Array.isArray(rows) ? rows.length : 0;
  const sheet = range.split('!')[0] ?? 'Sheet1';
  if (method === 'POST' && path.endsWith(':append')) {
    const at = 2 + pick(JSON.stringify(body), 500);
    const updates = { spreadsheetId: id, updatedRange: `${sheet}!A${at}:D${at}`, updatedRows: written };
    return { status: 200, body: { spreadsheetId: id, tableRange: `${sheet}!A1:D${at - 1}`, updates } };
  }
  if (method === 'PUT') {
    const cells = Array.isArray(rows) ? rows.flat().length : 0;
    return {
      status: 200,
      body: { spreadsheetId: id, updatedRange: range, updatedRows: written, updatedCells: cells },
    };
  }
  const values = [
    ['Name', 'Email'],
    ['Anna Berg', 'anna@example.com'],
  ];
  return { status: 200, body: { range, majorDimension: 'ROWS', values } };
}

function person(request: SandboxRequest): Reply {
  const email = ownerOf('google-sheets', request);
  const canSeeEmail = request.grant === null || request.grant.scopes.includes('email');
  const sub = `1${String(pick(email, 4_000_000_000)).padStart(20, '0')}`;
  return { status: 200, body: { sub, ...(canSeeEmail ? { email, email_verified: true } : {}) } };
}

function spreadsheet(id: string, title: string): Reply {
  const sheets = [{ properties: { sheetId: 0, title: 'Sheet1', index: 0 } }];
  const spreadsheetUrl = `https://docs.google.com/spreadsheets/d/${id}/edit`;
  return { status: 200, body: { spreadsheetId: id, properties: { title }, sheets, spreadsheetUrl } };
}

function error(code: number, status: string, message: string): Reply {
  return { status: code, body: { error: { code, message, status } } };
}
