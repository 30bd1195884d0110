import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TokenEndpoint } from './token-endpoint.ts';
import {
  exchanging,
  REFRESH,
  refreshing,
  SECRET,
  tokenEndpointUnderTest,
} from './token-endpoint-under-test.ts';

const { ask, answer, respondBy } = tokenEndpointUnderTest();

describe('a failure', () => {
  test.each<[number, unknown]>([
    [200, { ok: false, error: 'invalid_grant' }],
    [200, { error: 'invalid_grant' }],
    [400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }],
    [400, { error: { code: 'invalid_grant', message: 'gone' } }],
    [200, 'error=invalid_grant&error_description=gone'],
    [200, { error: 'invalid_grant', access_token: 'fake-access-0009' }],
  ])('of a grant that ended is told from %i %j', async (status, body) => {
    answer(status, body);
    expect(await ask()).toMatchObject({ kind: 'ended', because: 'revoked' });
    expect(await ask({}, exchanging)).toMatchObject({ kind: 'ended', because: 'rejected' });
  });

  test('says expired where the provider says that alone', async () => {
    answer(400, { error: 'invalid_grant', error_description: 'expired access/refresh token' });
    expect(await ask()).toMatchObject({ kind: 'ended', because: 'expired' });
  });

  test.each<[number, unknown, Partial<TokenEndpoint>, string]>([
    [200, { ok: false, error: 'token_revoked' }, { tokenErrors: { token_revoked: 'revoked' } }, 'revoked'],
    [
      400,
      { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown refresh token' },
      { tokenErrorPaths: ['status', 'error'], tokenErrors: { BAD_REFRESH_TOKEN: 'revoked' } },
      'revoked',
    ],
    [
      400,
      { error: { message: 'Session has expired', type: 'OAuthException', code: 190 } },
      { tokenErrors: { '190': 'expired' } },
      'expired',
    ],
    [403, { error: 'unauthorized_client' }, { tokenErrors: { unauthorized_client: 'rejected' } }, 'rejected'],
  ])('%i %j means what the file says', async (status, body, endpoint, because) => {
    answer(status, body);
    expect(await ask(endpoint)).toMatchObject({ kind: 'ended', because });
  });

  test.each<[string, string]>([
    ['This ID rekeyed its deadbolt.', 'ended'],
    ['<html>This ID rekeyed its deadbolt.</html>', 'setup_rejected'],
    ['Anything else.', 'setup_rejected'],
  ])('in plain text is compared with the words the file knows: %j', async (text, kind) => {
    answer(401, text);
    expect(await ask({ tokenWords: [{ matches: 'rekeyed its deadbolt', means: 'revoked' }] })).toMatchObject({
      kind,
      words: null,
    });
  });

  test.each<[number, unknown]>([
    [400, { error: 'invalid_client' }],
    [401, { error: 'invalid_client', error_description: 'no such client' }],
    [401, ''],
    [400, { error: 'unauthorized_client' }],
    [200, { error: 'invalid_client' }],
  ])('of the setup is no failure of the grant: %i %j', async (status, body) => {
    answer(status, body);
    expect(await ask()).toMatchObject({ kind: 'setup_rejected' });
  });

  test.each<[number, unknown, boolean]>([
    [400, { error: 'invalid_client', error_codes: [7000215] }, true],
    [401, '', true],
    [200, { error: 'bad_client_secret' }, true],
    // One directory took the app out, or there is none such: others have it.
    [400, { error: 'unauthorized_client', error_codes: [700016] }, false],
    [400, { error: 'invalid_request', error_codes: [90002] }, false],
    [200, { error: 'redirect_uri_mismatch' }, false],
  ])(
    'of the setup is one of all its connections only where client id or secret are meant: %i %j',
    async (status, body, isClient) => {
      const codes = ['7000215', '700016', '90002', 'bad_client_secret', 'redirect_uri_mismatch'];
      answer(status, body);
      const endpoint = {
        tokenErrorPaths: ['error_codes[0]', 'error'],
        tokenErrors: Object.fromEntries(codes.map((code) => [code, 'setup_rejected' as const])),
      };
      expect(await ask(endpoint)).toMatchObject({ kind: 'setup_rejected', isClient });
    },
  );

  test('of the setup is not read out of a bare 401 to a code, which anybody can make up', async () => {
    answer(401, { message: 'Unauthorized' });
    expect(await ask({}, exchanging)).toMatchObject({ kind: 'setup_rejected', isClient: false });
    answer(401, { error: 'invalid_client' });
    expect(await ask({}, exchanging)).toMatchObject({ kind: 'setup_rejected', isClient: true });
  });

  test('of client credentials rejects what the person entered', async () => {
    answer(401, { error: 'invalid_client' });
    expect(await ask({}, { kind: 'client_credentials', scope: '' })).toMatchObject({
      kind: 'ended',
      because: 'rejected',
    });
  });

  test.each<[number, unknown, Record<string, string>, object]>([
    [
      429,
      '',
      { 'retry-after': '120' },
      { because: 'rate_limited', retryAfterSeconds: 120, mayHaveHappened: false },
    ],
    [500, 'oops', {}, { because: 'provider_error', mayHaveHappened: true }],
    [502, { error: 'invalid_grant' }, {}, { because: 'provider_error', mayHaveHappened: true }],
    [503, '', { 'retry-after': '5' }, { because: 'provider_error', mayHaveHappened: false }],
    [403, '<html>blocked by a proxy</html>', {}, { because: 'provider_error', mayHaveHappened: false }],
    [400, { error: 'invalid_request' }, {}, { because: 'provider_error', mayHaveHappened: false }],
    [400, { error: 'constructor' }, {}, { because: 'provider_error', mayHaveHappened: false }],
    [400, { error: '__proto__' }, {}, { because: 'provider_error', mayHaveHappened: false }],
    [
      200,
      '<html>Sign in</html>',
      { 'content-type': 'text/html' },
      { because: 'provider_error', mayHaveHappened: true },
    ],
    [200, '', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, '{"access_token":"fake-acc', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, '[]', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, '7', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, { access_token: 7 }, {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, { access_token: 'a\r\nx: y' }, {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, { ok: false }, {}, { because: 'provider_error', mayHaveHappened: false }],
    [200, { ok: false, access_token: 'fake-access-0001' }, {}, { because: 'provider_error' }],
  ])('that is for later ends nothing: %i %j', async (status, body, headers, expected) => {
    answer(status, body, headers);
    expect(await ask()).toMatchObject({ kind: 'not_now', ...expected });
  });

  test('of the network says whether the request may have been acted on', async () => {
    respondBy((request) => request.socket.destroy());
    expect(await ask()).toMatchObject({ kind: 'not_now', because: 'unreachable', mayHaveHappened: true });
    expect(await ask({}, refreshing, { url: 'http://127.0.0.1:1/token' })).toMatchObject({
      kind: 'not_now',
      mayHaveHappened: false,
    });
  });

  test('an answer that unpacks to more than any token is not read to its end', async () => {
    respondBy((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(30_000_000, 97)));
    });
    expect(await ask()).toMatchObject({ kind: 'not_now', because: 'provider_error', mayHaveHappened: true });
  });

  test("in the provider's words names no secret, and is one short line", async () => {
    const echo = `bad secret ${SECRET} for ${REFRESH}\u202e\n<script>alert(1)</script> ${'long '.repeat(500)}`;
    answer(400, { error: 'invalid_grant', error_description: echo });
    const outcome = await ask();
    const words = 'words' in outcome ? (outcome.words ?? '') : '';
    expect(words).toContain('[secret]');
    expect(words).not.toContain(SECRET);
    expect(words).not.toContain(REFRESH);
    expect(words.length).toBeLessThanOrEqual(300);
    expect(words).not.toMatch(/[\n\u202e]/);
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });
});
