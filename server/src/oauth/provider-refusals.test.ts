import { describe, expect, test } from 'vitest';
import { providerUnderTest, signIns } from './provider-under-test.ts';

/*
 * What the providers' token addresses are documented to refuse with, read by the engine with the catalog's own files. One that
 * is left out of the first table stands in odd-failures, or answers as RFC 6749 says, which the tables over all of them hold.
 */

const { askAt, answer, respondBy } = providerUnderTest();
const all = signIns();

const ended = (because: string) => ({ kind: 'ended', because });
const setup = { kind: 'setup_rejected' };
const later = (because: string) => ({ kind: 'not_now', because });
const GRANT_OF_DOORKEEPER =
  'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.';

describe('a refusal', () => {
  test.each<[slug: string, what: 'code' | 'refresh', status: number, body: unknown, expected: object]>([
    ['airtable', 'refresh', 400, { error: 'invalid_grant' }, ended('revoked')],
    ['airtable', 'code', 400, { error: 'invalid_grant' }, ended('rejected')],
    [
      'asana',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'The refresh token was revoked.' },
      ended('revoked'),
    ],
    [
      'box',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'Refresh token has expired' },
      ended('expired'),
    ],
    [
      'box',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'Invalid refresh token' },
      ended('revoked'),
    ],
    [
      'calendly',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: GRANT_OF_DOORKEEPER },
      ended('revoked'),
    ],
    ['calendly', 'refresh', 401, { error: 'invalid_client' }, setup],
    [
      'dropbox',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'refresh token is invalid or revoked' },
      ended('revoked'),
    ],
    [
      'dropbox',
      'code',
      400,
      { error: 'invalid_grant', error_description: "code doesn't exist or has expired" },
      ended('rejected'),
    ],
    // All of GitHub's come with 200, as JSON or, where nobody asked for that, as a form.
    [
      'github',
      'code',
      200,
      { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' },
      ended('rejected'),
    ],
    [
      'github',
      'code',
      200,
      'error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired.',
      ended('rejected'),
    ],
    ['github', 'code', 200, { error: 'unverified_user_email' }, ended('rejected')],
    [
      'github',
      'refresh',
      200,
      { error: 'bad_refresh_token', error_description: 'The refresh token passed is incorrect or expired.' },
      ended('revoked'),
    ],
    ['github', 'refresh', 200, 'error=bad_refresh_token', ended('revoked')],
    ['github', 'refresh', 200, { error: 'incorrect_client_credentials' }, setup],
    ['github', 'code', 200, { error: 'redirect_uri_mismatch' }, setup],
    [
      'gitlab',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: GRANT_OF_DOORKEEPER },
      ended('revoked'),
    ],
    [
      'gitlab',
      'refresh',
      401,
      { error: 'invalid_client', error_description: 'Client authentication failed due to unknown client.' },
      setup,
    ],
    [
      'google-bigquery',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      ended('revoked'),
    ],
    // Revoked, unused for six months, another password, too many tokens, an administrator, or an app in Testing: one answer.
    [
      'google-sheets',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      ended('revoked'),
    ],
    [
      'google-sheets',
      'refresh',
      401,
      { error: 'invalid_client', error_description: 'The OAuth client was not found.' },
      setup,
    ],
    [
      'google-sheets',
      'refresh',
      401,
      { error: 'unauthorized_client', error_description: 'Unauthorized' },
      setup,
    ],
    [
      'hubspot',
      'refresh',
      400,
      { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown refresh token' },
      ended('revoked'),
    ],
    [
      'hubspot',
      'refresh',
      400,
      {
        status: 'BAD_REFRESH_TOKEN',
        message: 'missing or unknown refresh token',
        error: 'invalid_grant',
        error_description: 'missing or unknown refresh token',
      },
      ended('revoked'),
    ],
    [
      'hubspot',
      'refresh',
      400,
      { error: 'invalid_client', error_description: 'missing or invalid client secret' },
      setup,
    ],
    [
      'jira',
      'refresh',
      403,
      { error: 'unauthorized_client', error_description: 'refresh_token is invalid' },
      ended('revoked'),
    ],
    [
      'jira',
      'refresh',
      403,
      { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
      ended('revoked'),
    ],
    [
      'jira',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
      ended('revoked'),
    ],
    [
      'linear',
      'refresh',
      400,
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      ended('revoked'),
    ],
    ['linear', 'refresh', 400, { error: 'invalid_grant' }, ended('revoked')],
    [
      'linear',
      'refresh',
      400,
      { error: 'Error', error_description: 'Something else' },
      later('provider_error'),
    ],
    [
      'linkedin',
      'refresh',
      400,
      {
        error: 'invalid_grant',
        error_description:
          'The provided authorization grant or refresh token is invalid, expired or revoked.',
      },
      ended('revoked'),
    ],
    [
      'linkedin',
      'refresh',
      401,
      { error: 'invalid_client', error_description: 'Client authentication failed' },
      setup,
    ],
  ])('of %s to a %s: %i %j', async (slug, what, status, body, expected) => {
    answer(status, body);
    expect(await askAt(slug, what)).toMatchObject(expected);
  });

  test.each(all)(
    'of %s that says invalid_grant with 400 ends the grant, of a code as of a refresh token',
    async (slug) => {
      answer(400, { error: 'invalid_grant' });
      expect(await askAt(slug, 'refresh')).toMatchObject({ kind: 'ended' });
      expect(await askAt(slug, 'code')).toMatchObject({ kind: 'ended' });
    },
  );

  test.each(all)('of %s that says invalid_client is about the setup, whatever the status', async (slug) => {
    for (const status of [200, 400, 401]) {
      answer(status, { error: 'invalid_client' });
      expect(await askAt(slug)).toMatchObject(setup);
    }
  });

  test.each(all)(
    'of %s that is nobody’s fault ends nothing: 5xx, 429, a page, nothing, a cut line',
    async (slug) => {
      for (const [status, body, because] of [
        [500, 'oops', 'provider_error'],
        [502, { error: 'invalid_grant' }, 'provider_error'],
        [503, '', 'provider_error'],
        [429, '', 'rate_limited'],
        [200, '<!doctype html><html><title>Sign in</title></html>', 'provider_error'],
        [200, '', 'provider_error'],
        [403, '<html>blocked by a firewall</html>', 'provider_error'],
      ] as const) {
        answer(status, body, { 'content-type': 'text/html' });
        expect(await askAt(slug), `${status} ${JSON.stringify(body)}`).toMatchObject(later(because));
      }
      respondBy((request) => request.socket.destroy());
      expect(await askAt(slug)).toMatchObject({ ...later('unreachable'), mayHaveHappened: true });
    },
  );
});
