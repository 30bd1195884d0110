import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunningOutbound } from '../outbound/outbound.ts';
import { httpServer, type TestServer, testOutbound } from '../outbound/under-test.ts';
import { discover } from './discovery.ts';

type Answer = { status?: number; headers?: Record<string, string>; body: string | Buffer };
let server: TestServer;
let outbound: RunningOutbound;
let answers: Record<string, Answer> = {};
let allow: string[];

beforeAll(async () => {
  server = await httpServer((request, response) => {
    const { status = 200, headers = {}, body } = answers[request.url ?? ''] ?? { status: 404, body: 'no' };
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  allow = [`127.0.0.1:${server.port}`];
  outbound = testOutbound({ allow });
});
afterAll(async () => {
  await outbound.close();
  await server.close();
});
beforeEach(() => {
  answers = {};
  server.requests.length = 0;
});

const OAUTH = '/.well-known/oauth-authorization-server';
const OPENID = '/.well-known/openid-configuration';
const documentOf = (issuer: string, more: object = {}) => ({
  issuer,
  authorization_endpoint: `${server.origin}/authorize?tenant=1`,
  token_endpoint: `${server.origin}/token`,
  ...more,
});
const json = (value: unknown): Answer => ({ body: JSON.stringify(value) });
const ask = (issuer: string, allowed = allow) =>
  discover({ outbound, allowedPrivateHosts: allowed }, 'wsp_test', issuer);
const messageOf = async (issuer: string) => {
  const found = await ask(issuer);
  return found.kind === 'refused' ? found.message : 'FOUND';
};

describe('the description of a server is read', () => {
  test.each([
    ['', OAUTH],
    ['', OPENID],
    ['/tenants/a', `${OAUTH}/tenants/a`],
    ['/tenants/a', `/tenants/a${OPENID}`],
    ['/tenants/a/', `${OAUTH}/tenants/a`],
  ])('of issuer path "%s" at %s', async (path, place) => {
    const issuer = server.origin + path;
    answers[place] = json(documentOf(issuer, { authorization_response_iss_parameter_supported: true }));
    const found = await ask(issuer);
    expect(found).toMatchObject({
      kind: 'found',
      metadata: { issuer, tokenEndpoint: `${server.origin}/token`, isIssuerSent: true },
    });
  });

  test('anew each time: nothing is kept', async () => {
    answers[OAUTH] = json(documentOf(server.origin));
    await ask(server.origin);
    answers[OAUTH] = json(documentOf('https://other.test'));
    expect((await ask(server.origin)).kind).toBe('refused');
  });

  test('with members that are nonsense, as if those were not said', async () => {
    const odd = { scopes_supported: 'all', code_challenge_methods_supported: 5, revocation_endpoint: [] };
    answers[OAUTH] = json(documentOf(server.origin, odd));
    expect(await ask(server.origin)).toMatchObject({
      metadata: { scopes: [], codeChallengeMethods: null, revocationEndpoint: null },
    });
  });
});

describe('a description is refused', () => {
  test.each([
    ['another one', () => 'https://other.test'],
    ['one with a slash more', () => `${server.origin}/`],
    ['one in capitals', () => server.origin.toUpperCase()],
    ['one with its default path', () => `${server.origin}/index`],
    ['none', () => undefined],
  ])('whose issuer is %s', async (_name, issuer) => {
    answers[OAUTH] = json({ ...documentOf(server.origin), issuer: issuer() });
    answers[OPENID] = json(documentOf(server.origin));
    expect((await ask(server.origin)).kind).toBe('refused');
  });

  test.each([
    ['token_endpoint', 'http://id.example.com/token'],
    ['token_endpoint', 'javascript:alert(1)'],
    ['token_endpoint', 'https://169.254.169.254/token'],
    ['token_endpoint', 'https://10.0.0.5/token'],
    ['token_endpoint', 'https://user:word@id.example.com/token'],
    ['authorization_endpoint', 'data:text/html,x'],
    ['authorization_endpoint', 'https://127.0.0.1:1/authorize'],
    ['revocation_endpoint', 'http://id.example.com/revoke'],
  ])('that names as its %s %s', async (name, address) => {
    answers[OAUTH] = json(documentOf(server.origin, { [name]: address }));
    expect((await ask(server.origin)).kind).toBe('refused');
  });

  test('that is larger than any, sent so or unpacked so', async () => {
    const padded = { ...documentOf(server.origin), padding: 'x'.repeat(300 * 1024) };
    answers[OAUTH] = json(padded);
    expect(await messageOf(server.origin)).toContain('too large');
    const packed = gzipSync(JSON.stringify(padded));
    answers[OAUTH] = { headers: { 'content-encoding': 'gzip' }, body: packed };
    expect(await messageOf(server.origin)).toContain('too large');
    answers[OAUTH] = json({ ...documentOf(server.origin), padding: 'x'.repeat(11 * 1024 * 1024) });
    expect(await messageOf(server.origin)).toContain('too large');
  });

  test.each<[string, Answer]>([
    ['a web page', { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }],
    ['half of one', { body: '{"issuer":' }],
    ['a list', { body: '[]' }],
    ['an error', { status: 500, body: '{}' }],
  ])('that is %s', async (_name, answer) => {
    answers = { [OAUTH]: answer, [OPENID]: answer };
    expect((await ask(server.origin)).kind).toBe('refused');
  });

  test('that is good JSON, and calls itself a web page', async () => {
    const page = { ...json(documentOf(server.origin)), headers: { 'content-type': 'text/html' } };
    answers = { [OAUTH]: page, [OPENID]: page };
    expect((await ask(server.origin)).kind).toBe('refused');
  });

  test('that is somewhere else: no redirect is followed', async () => {
    const moved = { status: 302, headers: { location: `${server.origin}/elsewhere` }, body: '' };
    answers = { [OAUTH]: moved, [OPENID]: moved, '/elsewhere': json(documentOf(server.origin)) };
    expect(await messageOf(server.origin)).toContain('redirect');
    expect(server.requests).toEqual([`GET ${OAUTH}`, `GET ${OPENID}`]);
  });
});

test.each([
  'http://id.example.com',
  'ftp://id.example.com',
  'id.example.com',
  'https://id.example.com?x=1',
  'https://id.example.com/#x',
  'https://a@id.example.com',
  'https://id.example.com\\@127.0.0.1',
  'https://10.0.0.5',
  'https://[::ffff:169.254.169.254]',
])('nobody is called for the issuer %s', async (issuer) => {
  expect((await ask(issuer)).kind).toBe('refused');
  expect(server.requests).toEqual([]);
});

test('http is for the private addresses that the operator allows', async () => {
  const safe = {
    authorization_endpoint: 'https://id.example.com/a',
    token_endpoint: 'https://id.example.com/t',
  };
  answers[OAUTH] = json(documentOf(server.origin, safe));
  expect((await ask(server.origin)).kind).toBe('found');
  expect((await ask(server.origin, [])).kind).toBe('refused');
});
