import { describe, expect, test } from 'vitest';
import { Secret } from '../lib/secret.ts';
import { testOutbound } from '../outbound/under-test.ts';
import { askTokenEndpoint } from './token-endpoint.ts';
import {
  clock,
  exchanging,
  plainTokenEndpoint,
  REFRESH,
  refreshing,
  SECRET,
  tokenEndpointUnderTest,
} from './token-endpoint-under-test.ts';

const { ask, minted, answer, sent, sentForm, count, respondBy, server } = tokenEndpointUnderTest();

describe('what is sent', () => {
  test('a code goes with the redirect URI and the verifier, and the client in the form', async () => {
    await minted({}, exchanging);
    expect(sentForm()).toEqual({
      grant_type: 'authorization_code',
      code: 'fake-code-0001',
      redirect_uri: 'http://127.0.0.1:4400/oauth/callback/trial',
      code_verifier: 'fake-verifier-of-at-least-forty-three-characters',
      client_id: 'fake-client',
      client_secret: SECRET,
    });
    expect(sent().headers.accept).toBe('application/json');
    expect(sent().headers.authorization).toBeUndefined();
  });

  test.each(['a:b', '100%', 'a+b', 'a b', 'é', 'plain', "it's(*)!"])(
    'id and secret %j are form-encoded before Basic',
    async (secret) => {
      await ask({ tokenAuthMethod: 'client_secret_basic' }, refreshing, {
        client: { id: secret, secret: new Secret(secret) },
      });
      const [scheme, credentials = ''] = (sent().headers.authorization ?? '').split(' ');
      expect(scheme).toBe('Basic');
      const [id = '', ...rest] = Buffer.from(credentials, 'base64').toString('latin1').split(':');
      const decode = (text: string) => new URLSearchParams(`x=${text}`).get('x');
      expect([decode(id), decode(rest.join(':'))]).toEqual([secret, secret]);
      expect(sentForm()).not.toHaveProperty('client_secret');
    },
  );

  test('a client without a secret names itself alone', async () => {
    await ask({ tokenAuthMethod: 'none' });
    expect(sentForm()).toMatchObject({ client_id: 'fake-client' });
    expect(sentForm()).not.toHaveProperty('client_secret');
    await ask({ tokenAuthMethod: 'client_secret_basic' }, refreshing, {
      client: { id: 'fake-client', secret: null },
    });
    expect(sent().headers.authorization).toBeUndefined();
  });

  test('JSON where the file says so, with its own parameters and headers', async () => {
    await minted({
      tokenRequestBody: 'json',
      tokenAuthMethod: 'client_secret_basic',
      tokenParams: { type: 'refresh' },
      tokenHeaders: { 'X-Version': '2026-01-01' },
    });
    expect(JSON.parse(sent().body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: REFRESH,
      type: 'refresh',
    });
    expect(sent().headers['content-type']).toBe('application/json');
    expect(sent().headers['x-version']).toBe('2026-01-01');
  });

  test('client credentials carry scopes and what else was entered; a value that looks like a place stays text', async () => {
    await ask(
      { tokenParams: { account: '{account}', audience: '{audience}' } },
      { kind: 'client_credentials', scope: 'a,b' },
      { values: new Secret({ account: '{secret}', secret: 'x' }) },
    );
    expect(sentForm()).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'a,b',
      account: '{secret}',
    });
    expect(sentForm()).not.toHaveProperty('audience');
  });

  test('an assertion goes alone where no client is named', async () => {
    await ask(
      {},
      { kind: 'jwt_bearer', assertion: new Secret('fake.assertion.sig'), scope: '' },
      { client: null },
    );
    expect(sentForm()).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'fake.assertion.sig',
    });
  });

  test('one request, whatever comes of it: a refresh token is never sent twice', async () => {
    for (const status of [500, 503, 429]) {
      const before = count();
      answer(status, 'down', { 'retry-after': '0' });
      await ask();
      expect(count() - before).toBe(1);
    }
    const before = count();
    respondBy((request) => request.socket.destroy());
    await ask();
    expect(count() - before).toBe(1);
  });

  test('a redirect is not followed', async () => {
    answer(307, '', { location: `${server().origin}/elsewhere` });
    expect(await ask()).toMatchObject({ kind: 'not_now', because: 'provider_error' });
    expect(count()).toBe(1);
  });

  test('an address that this server may not call is refused without a connection', async () => {
    const before = server().connections();
    const strict = testOutbound();
    const outcome = await askTokenEndpoint(
      { outbound: strict, clock },
      {
        workspaceId: 'wsp_1',
        url: `${server().origin}/token`,
        endpoint: plainTokenEndpoint,
        client: null,
        grant: refreshing,
      },
    );
    expect(outcome).toMatchObject({ kind: 'not_now', because: 'unreachable', mayHaveHappened: false });
    expect(server().connections()).toBe(before);
    await strict.close();
  });
});
