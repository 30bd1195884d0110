import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, startApp, type TestApp } from '../../test/app.ts';
import { movableClock } from '../../test/clock.ts';
import { type Crm, crm, described, startCrm } from '../../test/crm.ts';

const CLIENT_SECRET = 'fake-client-secret-0001';
const MINTED = 'fake-minted-token-0001';

let app: TestApp;
let server: Crm;
let tokens: { origin: string; port: number; seen: string[]; close(): void };
const clock = movableClock();

beforeAll(async () => {
  server = await startCrm();
  tokens = await startTokenServer();
  app = await startApp({
    clock,
    settings: { KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${server.port},127.0.0.1:${tokens.port}` },
  });
});
afterAll(async () => {
  await app.close();
  await server.close();
  tokens.close();
});
beforeEach(() => {
  server.seen.length = 0;
  clock.forward(60_000);
});

function tried(more: object, credentials: object, rest: object = {}): Promise<Answer> {
  const definition = described(server.origin, more);
  return app.owner.post('/v1/custom-integrations/test', { definition, credentials, ...rest });
}

describe('POST /v1/custom-integrations/test', () => {
  it.each([
    [
      'a header',
      { type: 'header', headers: [{ name: 'X-Acme-Key' }] },
      { api_key: crm.key },
      'x-acme-key',
      '••••••••',
    ],
    [
      'a header with a word in front',
      { type: 'header', headers: [{ name: 'Authorization', prefix: 'Bearer ' }] },
      { api_key: crm.key },
      'authorization',
      'Bearer ••••••••',
    ],
    ['bearer', { type: 'bearer' }, { token: crm.key }, 'authorization', 'Bearer ••••••••'],
    ['basic', { type: 'basic' }, { username: 'jane', password: crm.key }, 'authorization', 'Basic ••••••••'],
  ])(
    'shows the exchange made with %s, the secret masked in both directions',
    async (_, auth, credentials, name, value) => {
      const answer = await tried({ auth }, credentials);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json).toMatchObject({
        is_ok: true,
        verdict: { kind: 'ok', account: { name: 'jane@acme.example' } },
        exchange: {
          request: { method: 'GET', url: `${server.origin}/me`, body: null },
          response: { status: 200, is_truncated: false },
        },
      });
      expect(answer.json.exchange.request.headers).toContainEqual({ name, value });
      expect(answer.json.exchange.response.body).toContain('[secret]');
      expect(answer.text).not.toContain(crm.key);
      expect(answer.text).not.toContain(Buffer.from(`jane:${crm.key}`).toString('base64'));
      expect(server.seen).toHaveLength(1);
    },
  );

  it('shows no part of a signature', async () => {
    const auth = {
      type: 'service_account',
      kind: 'aws_access_key',
      service: 'execute-api',
      region: 'eu-central-1',
    };
    const credentials = {
      access_key_id: 'AKIAFAKEFAKEFAKE0001',
      secret_access_key: 'fakefakefakefakefakefakefakefakefake0001',
    };
    const answer = await tried({ auth }, credentials);
    expect(answer.json.exchange.request.headers, answer.text).toContainEqual({
      name: 'authorization',
      value: 'AWS4-HMAC-SHA256 ••••••••',
    });
    expect(answer.text).not.toContain(credentials.secret_access_key);
    expect(answer.text).not.toContain('Signature=');
  });

  it('masks a parameter in the address', async () => {
    const auth = { type: 'query', parameters: [{ name: 'api_key' }] };
    const answer = await tried({ auth, check: { path: '/me', query: { v: '2' } } }, { api_key: crm.key });
    expect(answer.json.exchange.request.url, answer.text).toBe(`${server.origin}/me?v=2&api_key=••••••••`);
    expect(server.seen[0]?.url).toBe(`/me?v=2&api_key=${crm.key}`);
    expect(answer.text).not.toContain(crm.key);
  });

  it('sends nothing secret where there is nothing to authenticate with', async () => {
    const answer = await tried({ auth: { type: 'none' } }, {});
    expect(answer.json, answer.text).toMatchObject({ is_ok: false, verdict: { kind: 'rejected' } });
  });

  it('says no with the answer beside it, and hides a short secret, too', async () => {
    const answer = await tried({}, { api_key: 'abc' });
    expect(answer.json).toMatchObject({ is_ok: false, verdict: { kind: 'rejected', provider_status: 401 } });
    expect(answer.json.exchange.request.headers).toContainEqual({ name: 'x-acme-key', value: '••••••••' });
    expect(answer.json.exchange.response.status).toBe(401);
  });

  it.each([
    ['what must be there', { path: '/me', ok_path: 'email' }, 'ok'],
    ['what must be as said', { path: '/me', ok_path: 'ok', ok_equals: 'true' }, 'ok'],
    ['what is not there', { path: '/me', ok_path: 'id' }, 'rejected'],
    ['what is otherwise', { path: '/me', ok_path: 'ok', ok_equals: 'false' }, 'rejected'],
    ['a status that is good here', { path: '/nothing', ok_status: [404] }, 'ok'],
    ['a status that is not', { path: '/me', ok_status: [204] }, 'provider_error'],
    ['a status that means no', { path: '/nothing', rejected_status: [404] }, 'rejected'],
  ])('judges by %s', async (_, check, kind) => {
    const answer = await tried({ check }, { api_key: crm.key });
    expect(answer.json.verdict.kind, answer.text).toBe(kind);
  });

  it('tries an action and shows its outputs', async () => {
    const answer = await tried({}, { api_key: crm.key }, { action: 'find', inputs: { name: 'Ada' } });
    expect(answer.json, answer.text).toMatchObject({
      is_ok: true,
      outputs: { email: 'ada@acme.example' },
      verdict: null,
    });
    expect(answer.json.exchange.request.url).toBe(`${server.origin}/people?name=Ada`);
    const blank = await tried({}, { api_key: crm.key }, { action: 'find' });
    expect(blank.json).toMatchObject({ is_ok: false, exchange: null });
  });

  it('sends a body as it was described, and what is filled in is never read again', async () => {
    const action = {
      ...crm.find,
      method: 'POST',
      path: '/echo',
      body: { who: '{name}', fixed: 'x' },
      query: {},
      outputs: [{ name: 'body', label: 'Body', path: 'body' }],
    };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as somebody would try it
    const inputs = { name: '{api_key} ${token} {{secret}}' };
    const answer = await tried({ actions: [action] }, { api_key: crm.key }, { action: 'find', inputs });
    expect(JSON.parse(server.seen[0]?.body ?? ''), answer.text).toEqual({ who: inputs.name, fixed: 'x' });
    expect(answer.text).not.toContain(crm.key);
  });

  it('hands a redirect back and follows none', async () => {
    const answer = await tried({ check: { path: '/redirect' } }, { api_key: crm.key });
    expect(answer.json.is_ok, answer.text).toBe(false);
    expect(answer.json.exchange.response.status).toBe(302);
    expect(server.seen).toHaveLength(1);
  });

  it('knows no stored connection: a foreign id opens nothing', async () => {
    const answer = await app.owner.post('/v1/custom-integrations/test', {
      definition: described(server.origin),
      connection_id: 'con_01jd00000000000000000000zz',
    });
    expect(answer.status).toBe(400);
    expect(server.seen).toEqual([]);
  });

  it('saves nothing', async () => {
    await tried({}, { api_key: crm.key });
    expect((await app.owner.get('/v1/custom-integrations')).json.data).toEqual([]);
    expect((await app.owner.get('/v1/connections')).json.data).toEqual([]);
  });

  it('is too slow for looking around', async () => {
    const answers: number[] = [];
    // How many may come in a row depends on the seconds they take.
    clock.stand();
    for (let call = 0; call < 25; call += 1) answers.push((await tried({}, {})).status);
    clock.goOn();
    expect(answers.slice(0, 20)).not.toContain(429);
    expect(answers.slice(20)).toContain(429);
  });
});

describe('ways to authenticate that buy a token first', () => {
  const signed = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const pem = signed.export({ type: 'pkcs8', format: 'pem' }).toString();

  it.each([
    [
      'client credentials',
      () => ({ type: 'oauth2_client_credentials', token_url: `${tokens.origin}/token` }),
      { client_id: 'acme', client_secret: CLIENT_SECRET },
    ],
    [
      'a signed key',
      () => ({ type: 'service_account', kind: 'jwt_bearer', token_url: `${tokens.origin}/token` }),
      { client_id: 'acme', private_key: pem },
    ],
  ])('%s: tried, connected, and nothing of it shown', async (_, auth, credentials) => {
    const mine = await startCrm(MINTED);
    const base_url = mine.origin;
    const second = await startApp({
      settings: { KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${mine.port},127.0.0.1:${tokens.port}` },
    });
    const definition = described(base_url, { auth: auth() });
    const answer = await second.owner.post('/v1/custom-integrations/test', { definition, credentials });
    expect(answer.json, answer.text).toMatchObject({ is_ok: true, verdict: { kind: 'ok' } });
    for (const secret of [MINTED, CLIENT_SECRET, pem.split('\n')[3] ?? ''])
      expect(answer.text).not.toContain(secret);
    const action = { definition, credentials, action: 'find', inputs: { name: 'Ada' } };
    const acted = await second.owner.post('/v1/custom-integrations/test', action);
    expect(acted.json.outputs, acted.text).toEqual({ email: 'ada@acme.example' });
    const { slug } = (await second.owner.post('/v1/custom-integrations', definition)).json;
    const connected = await second.owner.post('/v1/connections', { integration: slug, credentials });
    expect(connected.json, connected.text).toMatchObject({ status: 'connected' });
    await second.close();
    await mine.close();
  });

  it('shows why no token came, and never what it was asked with', async () => {
    const auth = { type: 'oauth2_client_credentials', token_url: `${tokens.origin}/token` };
    const wrong = 'fake-client-secret-wrong';
    const answer = await tried({ auth }, { client_id: 'acme', client_secret: wrong });
    expect(answer.json, answer.text).toMatchObject({
      is_ok: false,
      exchange: { request: { url: `${tokens.origin}/token`, body: '••••••••' }, response: { status: 401 } },
    });
    expect(answer.text).not.toContain(wrong);
  });

  it('signing in: an access token is pasted to try with', async () => {
    const auth = {
      type: 'oauth2',
      authorize_url: 'https://sign-in.example/authorize',
      token_url: `${tokens.origin}/token`,
    };
    const answer = await tried({ auth }, { access_token: crm.key });
    expect(answer.json, answer.text).toMatchObject({ is_ok: true });
    expect(answer.text).not.toContain(crm.key);
  });
});

/** Gives one token to whoever shows the secret or an assertion. */
async function startTokenServer() {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    seen.push(body);
    const basic = Buffer.from(
      (request.headers.authorization ?? '').replace('Basic ', ''),
      'base64',
    ).toString();
    const good =
      decodeURIComponent(`${body} ${basic}`).includes(CLIENT_SECRET) || body.includes('assertion=');
    response
      .writeHead(good ? 200 : 401, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(
          good
            ? { access_token: MINTED, token_type: 'bearer', expires_in: 3600 }
            : { error: 'invalid_client' },
        ),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, seen, close: () => server.closeAllConnections() };
}
