import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cookieOf, OWNER, startApp, type TestApp } from '../../test/app.ts';

/* Behind a proxy that ends TLS: people use the public address, requests come in on this machine. */

let app: TestApp;
beforeAll(async () => {
  app = await startApp({
    settings: { KEYRAIL_PUBLIC_URL: 'https://keyrail.example.com', KEYRAIL_TRUSTED_PROXIES: '127.0.0.1' },
  });
});
afterAll(() => app.close());

const signIn = (headers: Record<string, string> = {}) =>
  app.anonymous.post('/v1/session', { email: OWNER.email, password: OWNER.password }, headers);

test('the session cookie is one that browsers bind to this host, https and the whole path', async () => {
  const answer = await signIn();
  expect(answer.headers.getSetCookie()[0]).toMatch(
    /^__Host-keyrail=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
  );
  const cookie = cookieOf(answer);
  expect((await app.as({ cookie }).get('/v1/session')).status).toBe(200);
  // A cookie of the plain name, which another host of the domain could set, is nothing here.
  const plain = cookie.replace('__Host-', '');
  expect((await app.as({ cookie: plain }).get('/v1/session')).status).toBe(401);
});

test('every answer tells browsers to stay with https', async () => {
  for (const path of ['/', '/v1/session', '/v1/nothing']) {
    const { headers } = await app.anonymous.get(path);
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains');
  }
});

test('changes are taken from the page at the public address alone, whatever Host says', async () => {
  expect((await signIn({ origin: 'https://keyrail.example.com' })).status).toBe(200);
  for (const origin of [
    app.url,
    'https://evil.test',
    'http://keyrail.example.com',
    'https://keyrail.example.com.evil.test',
  ]) {
    expect((await signIn({ origin })).status).toBe(403);
  }
});

test('links and redirect URIs name the public address alone, whatever Host says', async () => {
  const said = async (method: string, path: string, body?: object) => {
    const headers = { ...app.owner.headers, host: 'evil.test', 'x-forwarded-host': 'evil.test' };
    const asked = request(app.url + path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    }).end(body && JSON.stringify(body));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return (await answer.toArray()).join('');
  };
  const invited = await said('POST', '/v1/invitations', { role: 'viewer' });
  expect(JSON.parse(invited).link).toMatch(/^https:\/\/keyrail\.example\.com\/invitation\?code=/);
  const tool = await said('GET', '/v1/integrations/hubspot');
  expect(tool).toContain('https://keyrail.example.com/oauth/callback/hubspot');
  expect(invited + tool).not.toContain('evil.test');
});

test('the address of a client comes from the listed proxy, and is what the audit log shows', async () => {
  await app.owner.patch('/v1/workspace', { name: 'Acme' }, { 'x-forwarded-for': '198.51.100.7' });
  expect((await app.owner.get('/v1/audit?limit=1')).json.data[0].ip).toBe('198.51.100.7');
});
