import { describe, expect, test } from 'vitest';
import { type Given, oddAnswersUnderTest } from './odd-answers-under-test.ts';
import { exchanging, refreshing } from './token-endpoint-under-test.ts';

/** How token addresses refuse in another way than RFC 6749 says: what needs the person, what the setup, and what only time. */
const answered = oddAnswersUnderTest();

const ended = (because: string) => ({ kind: 'ended', because });
const setup = { kind: 'setup_rejected' };
const later = (because: string) => ({ kind: 'not_now', because });

const FACEBOOK = {
  token_error_paths: ['error.error_subcode', 'error'],
  token_errors: {
    '190': 'revoked',
    '458': 'revoked',
    '459': 'rejected',
    '460': 'revoked',
    '463': 'expired',
    '464': 'rejected',
    '467': 'expired',
    '101': 'setup_rejected',
  },
};
const facebook = (code: number, error_subcode?: number) => ({
  error: {
    message: 'Error validating access token',
    type: 'OAuthException',
    code,
    error_subcode,
    fbtrace_id: 'x',
  },
});

describe('a failure that is told in another way', () => {
  test.each<[string, Given, number, unknown, object]>([
    ...['invalid_refresh_token', 'token_revoked', 'account_inactive'].map(
      (error): [string, Given, number, unknown, object] => [
        `slack: 200 ${error}`,
        'slack',
        200,
        { ok: false, error },
        ended('revoked'),
      ],
    ),
    ['slack: 200 token_expired', 'slack', 200, { ok: false, error: 'token_expired' }, ended('expired')],
    ['slack: 200 invalid_auth', 'slack', 200, { ok: false, error: 'invalid_auth' }, ended('rejected')],
    ['slack: 200 bad_client_secret', 'slack', 200, { ok: false, error: 'bad_client_secret' }, setup],
    ['slack: 200 bad_redirect_uri', 'slack', 200, { ok: false, error: 'bad_redirect_uri' }, setup],
    ['slack: 200 invalid_client_id', 'slack', 200, { ok: false, error: 'invalid_client_id' }, setup],
    ['slack: 200 fatal_error', 'slack', 200, { ok: false, error: 'fatal_error' }, later('provider_error')],
    ['zoho: 200 invalid_code', 'zoho-crm', 200, { error: 'invalid_code' }, ended('revoked')],
    ['zoho: 200 invalid_client', 'zoho-crm', 200, { error: 'invalid_client' }, setup],
    [
      'zoho: 400 Access Denied',
      'zoho-crm',
      400,
      {
        error: 'Access Denied',
        error_description: 'You have made too many requests continuously. Please try again after some time.',
        status: 'failure',
      },
      later('rate_limited'),
    ],
    ['facebook: an object, expired', FACEBOOK, 400, facebook(190, 463), ended('expired')],
    ['facebook: the app was removed', FACEBOOK, 400, facebook(190, 458), ended('revoked')],
    ['facebook: the password was changed', FACEBOOK, 400, facebook(190, 460), ended('revoked')],
    ['facebook: a checkpoint', FACEBOOK, 400, facebook(190, 459), ended('rejected')],
    ['facebook: the account is not confirmed', FACEBOOK, 400, facebook(190, 464), ended('rejected')],
    ['facebook: invalid', FACEBOOK, 400, facebook(190, 467), ended('expired')],
    ['facebook: 190 with a subcode nobody knows', FACEBOOK, 400, facebook(190, 999), ended('revoked')],
    ['facebook: 190 alone', FACEBOOK, 400, facebook(190), ended('revoked')],
    ['facebook: 101, the app', FACEBOOK, 400, facebook(101), setup],
    ['facebook: 2, for now', FACEBOOK, 500, facebook(2), later('provider_error')],
    [
      'tiktok for business: 200 with a code',
      { token_path: 'data', token_error_paths: ['code'], token_errors: { '0': 'none', '40105': 'revoked' } },
      200,
      { code: 40_105, message: 'Access token is incorrect or has been revoked', data: {} },
      ended('revoked'),
    ],
    [
      'microsoft: unused for too long',
      'microsoft-outlook',
      400,
      {
        error: 'invalid_grant',
        error_description:
          'AADSTS70008: The provided authorization code or refresh token has expired due to inactivity.',
        error_codes: [70_008],
      },
      ended('expired'),
    ],
    [
      'microsoft: inactive',
      'microsoft-outlook',
      400,
      {
        error: 'invalid_grant',
        error_description: 'AADSTS700082: The refresh token has expired due to inactivity.',
        error_codes: [700_082],
      },
      ended('expired'),
    ],
    [
      'microsoft: a single-page app',
      'microsoft-outlook',
      400,
      { error: 'invalid_grant', error_description: 'AADSTS700084', error_codes: [700_084] },
      ended('expired'),
    ],
    [
      'microsoft: password changed',
      'microsoft-outlook',
      400,
      {
        error: 'invalid_grant',
        error_description: 'AADSTS50173: The provided grant has expired due to it being revoked',
        error_codes: [50_173],
      },
      ended('revoked'),
    ],
    [
      'microsoft: a second factor',
      'microsoft-outlook',
      400,
      { error: 'interaction_required', error_description: 'AADSTS50076', error_codes: [50_076] },
      ended('expired'),
    ],
    [
      'microsoft: a second factor to be set up',
      'microsoft-outlook',
      400,
      { error: 'interaction_required', error_description: 'AADSTS50079', error_codes: [50_079] },
      ended('expired'),
    ],
    [
      'microsoft: consent is gone',
      'microsoft-outlook',
      400,
      { error: 'invalid_grant', error_description: 'AADSTS65001', error_codes: [65_001] },
      ended('revoked'),
    ],
    [
      'microsoft: our request was malformed',
      'microsoft-outlook',
      400,
      {
        error: 'invalid_request',
        error_description: 'AADSTS9002313: Invalid request. Request is malformed or invalid.',
        error_codes: [9_002_313],
      },
      later('provider_error'),
    ],
    [
      'microsoft: the secret is wrong',
      'microsoft-outlook',
      401,
      {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided.',
        error_codes: [7_000_215],
      },
      setup,
    ],
    [
      'microsoft: the secret has run out',
      'microsoft-outlook',
      401,
      { error: 'invalid_client', error_description: 'AADSTS7000222', error_codes: [7_000_222] },
      setup,
    ],
    [
      'salesforce: expired',
      'salesforce',
      400,
      { error: 'invalid_grant', error_description: 'expired access/refresh token' },
      ended('expired'),
    ],
    [
      'salesforce: the user is inactive',
      'salesforce',
      400,
      { error: 'invalid_grant', error_description: 'inactive user' },
      ended('revoked'),
    ],
    [
      'quickbooks',
      'quickbooks',
      400,
      { error: 'invalid_grant', error_description: 'Incorrect or invalid refresh token' },
      ended('revoked'),
    ],
    ['xero', 'xero', 400, { error: 'invalid_grant' }, ended('revoked')],
    [
      'pipedrive',
      'pipedrive',
      400,
      { success: false, message: 'Invalid grant: refresh token is invalid', error: 'invalid_grant' },
      ended('revoked'),
    ],
    ['notion', 'notion', 400, { error: 'invalid_grant' }, ended('revoked')],
    [
      'zoom: words under "reason"',
      'zoom',
      400,
      { reason: 'Invalid Token!', error: 'invalid_grant' },
      { ...ended('revoked'), words: 'Invalid Token!' },
    ],
    [
      'zoom: the client',
      'zoom',
      400,
      { reason: 'Invalid client_id or client_secret', error: 'invalid_client' },
      setup,
    ],
    [
      'dropbox: code and words in one',
      'dropbox',
      400,
      { error: 'invalid_client: Invalid client_id or client_secret' },
      setup,
    ],
    [
      'dropbox: withdrawn',
      'dropbox',
      400,
      { error: 'invalid_grant', error_description: 'refresh token is invalid or revoked' },
      ended('revoked'),
    ],
    [
      'jira: unauthorized_client, which says that the refresh token is gone',
      'jira',
      403,
      { error: 'unauthorized_client', error_description: 'refresh_token is invalid' },
      ended('revoked'),
    ],
    [
      'jira: unauthorized_client, which says nothing of it',
      'jira',
      403,
      { error: 'unauthorized_client', error_description: 'Unauthorized' },
      setup,
    ],
    [
      'jira: 403 invalid_grant',
      'jira',
      403,
      { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
      ended('revoked'),
    ],
    [
      'jira: another client secret',
      'jira',
      401,
      { error: 'access_denied', error_description: 'Unauthorized' },
      setup,
    ],
    [
      'box: expired',
      'box',
      400,
      { error: 'invalid_grant', error_description: 'Refresh token has expired' },
      ended('expired'),
    ],
    [
      'linkedin',
      'linkedin',
      400,
      {
        error: 'invalid_grant',
        error_description:
          'The provided authorization grant or refresh token is invalid, expired or revoked.',
      },
      ended('revoked'),
    ],
    [
      'asana',
      'asana',
      400,
      { error: 'invalid_grant', error_description: 'The `refresh_token` provided was invalid.' },
      ended('revoked'),
    ],
    [
      'calendly',
      'calendly',
      400,
      {
        error: 'invalid_grant',
        error_description: 'The provided authorization grant is invalid, expired, revoked, …',
      },
      ended('revoked'),
    ],
    [
      'shopify: the shop is closed',
      { token_errors: { http_404: 'revoked', http_402: 'revoked' } },
      404,
      'Not Found',
      ended('revoked'),
    ],
    [
      'shopify: the shop is frozen',
      { token_errors: { http_404: 'revoked', http_402: 'revoked' } },
      402,
      { errors: 'Payment Required' },
      ended('revoked'),
    ],
    ['a closed door that no file speaks of', {}, 404, 'Not Found', later('provider_error')],
    ['any: 503', {}, 503, '<html>', later('provider_error')],
    ['any: a code that nobody knows', {}, 400, { error: 'something_else' }, later('provider_error')],
  ])('%s', async (_, given, status, body, expected) => {
    expect(await answered(given, status, body)).toMatchObject(expected);
  });

  test('outreach: too often in a minute is for later, and says when', async () => {
    const outcome = await answered({}, 429, { errors: [] }, refreshing, { 'retry-after': '60' });
    expect(outcome).toMatchObject({ kind: 'not_now', because: 'rate_limited', retryAfterSeconds: 60 });
  });

  test('intercom: a code that is not accepted ends the sign-in, not the setup', async () => {
    const body = { type: 'error.list', errors: [{ code: 'unauthorized', message: 'Unauthorized Code' }] };
    expect(await answered('intercom', 401, body, exchanging)).toMatchObject(ended('rejected'));
  });
});
