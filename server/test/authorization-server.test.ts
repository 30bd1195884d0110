import { createHash, randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { odd } from './authorization/odd-answers.ts';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from './authorization-server.ts';

const redirectUri = 'https://app.example.test/oauth/callback/trial';
const running: AuthorizationServer[] = [];
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

async function start(options: AuthorizationServerOptions = {}) {
  const server = await startAuthorizationServer(options);
  running.push(server);
  const client = await server.addClient({ redirectUris: [redirectUri] });
  const ask = async (parameters: Record<string, string>) => {
    const response = await fetch(server.tokenUrl, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}` },
      body: new URLSearchParams(parameters),
    });
    return { status: response.status, json: (await response.json()) as Record<string, string> };
  };
  const verifier = randomBytes(32).toString('base64url');
  const address = new URL(server.authorizeUrl);
  address.search = new URLSearchParams({
    client_id: client.clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'contacts.read contacts.write',
    state: 'some-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const exchange = (code: string | null) =>
    ask({
      grant_type: 'authorization_code',
      code: code ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    });
  const refresh = (token: string | undefined) =>
    ask({ grant_type: 'refresh_token', refresh_token: token ?? '' });
  const me = async (token: string | undefined) =>
    (await fetch(server.apiUrl, { headers: { authorization: `Bearer ${token}` } })).status;
  return { server, ask, address, exchange, refresh, me };
}

test('a person signs in and allows, and the code becomes tokens that work and can be renewed', async () => {
  const { server, address, exchange, refresh, me } = await start({ accessTokenSeconds: 90 });
  const back = await server.signIn(address.href, { account: 'ada', without: ['contacts.write'] });
  expect(back.href).toContain(redirectUri);
  expect(back.searchParams.get('state')).toBe('some-state');
  expect(back.searchParams.get('iss')).toBe(server.issuer);
  const { status, json } = await exchange(back.searchParams.get('code'));
  expect([status, json.scope, json.expires_in]).toEqual([200, 'contacts.read', 90]);
  expect(await me(json.access_token)).toBe(200);
  const renewed = await refresh(json.refresh_token);
  expect(renewed.json.refresh_token ?? json.refresh_token).toBe(json.refresh_token);
  expect(await me(renewed.json.access_token)).toBe(200);
  expect(server.tokenRequests.map((one) => one.grantType)).toEqual(['authorization_code', 'refresh_token']);
  server.endAccessTokens();
  expect(await me(renewed.json.access_token)).toBe(401);
  server.withdraw('ada');
  expect((await refresh(json.refresh_token)).json.error).toBe('invalid_grant');
});

test('a person who does not allow it is sent back with access_denied', async () => {
  const { server, address } = await start();
  const back = await server.signIn(address.href, { answer: 'deny' });
  expect(back.searchParams.get('error')).toBe('access_denied');
});

test('strict: a refresh token is good once, and its second use ends the grant', async () => {
  const { server, address, exchange, refresh, me } = await start({ strict: true });
  const back = await server.signIn(address.href);
  const first = await exchange(back.searchParams.get('code'));
  const second = await refresh(first.json.refresh_token);
  expect(second.json.refresh_token).not.toBe(first.json.refresh_token);
  expect((await refresh(first.json.refresh_token)).json.error).toBe('invalid_grant');
  expect((await refresh(second.json.refresh_token)).json.error).toBe('invalid_grant');
  expect(await me(second.json.access_token)).toBe(401);
});

test('without a code challenge nobody gets as far as the page', async () => {
  const { server, address } = await start();
  address.searchParams.delete('code_challenge');
  address.searchParams.delete('code_challenge_method');
  const back = await server.signIn(address.href);
  expect(back.searchParams.get('error')).toBe('invalid_request');
});

test('client credentials, and the faults a token endpoint can be told to have', async () => {
  const { server, ask, me } = await start();
  const mint = () => ask({ grant_type: 'client_credentials', scope: 'contacts.read' });
  expect(await me((await mint()).json.access_token)).toBe(200);
  server.fail({ kind: 'answer', status: 503, body: '{"error":"busy"}' });
  expect((await mint()).status).toBe(503);
  server.fail({ kind: 'drop', acted: true });
  await expect(mint()).rejects.toThrow();
  server.fail({
    kind: 'rewrite',
    rewrite: (json) => ({ body: JSON.stringify({ ...json, expires_in: -1 }) }),
  });
  expect((await mint()).json.expires_in).toBe(-1);
  const statuses = server.tokenRequests.map((one) => one.status);
  expect(statuses).toEqual([200, null, 200, 200]);
});

test('with grace: the refresh token before the newest gives a new one, an older one ends the grant', async () => {
  const { server, address, exchange, refresh, me } = await start({ graceSeconds: 30 });
  const back = await server.signIn(address.href);
  const first = await exchange(back.searchParams.get('code'));
  const second = await refresh(first.json.refresh_token);
  const again = await refresh(first.json.refresh_token);
  expect([second.status, again.status]).toEqual([200, 200]);
  expect(again.json.refresh_token).not.toBe(second.json.refresh_token);
  const third = await refresh(again.json.refresh_token);
  expect(await me(third.json.access_token)).toBe(200);
  expect((await refresh(first.json.refresh_token)).json.error).toBe('invalid_grant');
  expect(await me(third.json.access_token)).toBe(401);
  expect(server.counts().refresh_token).toEqual({ requests: 4, given: 3, reuses: 1 });
});

test('with grace: when the time is over, the one before the newest ends the grant, too', async () => {
  const { server, address, exchange, refresh } = await start({ graceSeconds: -2 });
  const first = await exchange((await server.signIn(address.href)).searchParams.get('code'));
  expect((await refresh(first.json.refresh_token)).status).toBe(200);
  expect((await refresh(first.json.refresh_token)).json.error).toBe('invalid_grant');
});

test('answers can be as odd as they are met, and tokens as long', async () => {
  const { server, ask, me } = await start({ tokenBytes: 16_384 });
  const mint = async () => {
    const response = await ask({ grant_type: 'client_credentials', scope: 'contacts.read' });
    return response.json as Record<string, unknown>;
  };
  const long = String((await mint()).access_token);
  expect(long.length).toBe(16_384);
  expect(await me(long)).toBe(200);
  server.fail(odd.expiresIn('3600'), odd.expiresIn({ raw: '1e400' }), odd.without('token_type'));
  expect((await mint()).expires_in).toBe('3600');
  expect((await mint()).expires_in).toBe(Number.POSITIVE_INFINITY);
  expect(await mint()).not.toHaveProperty('token_type');
  server.fail(odd.html, odd.formEncoded);
  await expect(mint()).rejects.toThrow(/JSON/);
  await expect(mint()).rejects.toThrow(/JSON/);
});
