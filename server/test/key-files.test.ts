import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binaryFile, PASSPHRASE, pemFile } from '../src/auth-methods/files/key-files-under-test.ts';
import { type Answer, startApp, type TestApp } from './app.ts';
import { makeCertificate } from './certificate.ts';
import { type CompanyServer, company, ofCompany, startCompanyServer, TOKEN } from './company-server.ts';
import { until } from './until.ts';

let app: TestApp;
const servers: Record<'good' | 'ended' | 'otherName' | 'mutual' | 'careless', CompanyServer> = {} as never;
const slugs: Record<string, string> = {};

beforeAll(async () => {
  const starting = {
    good: startCompanyServer(ofCompany('127.0.0.1')),
    ended: startCompanyServer(ofCompany('127.0.0.1', -1)),
    otherName: startCompanyServer(ofCompany('127.0.0.2')),
    mutual: startCompanyServer(ofCompany('127.0.0.1'), pemFile('root.pem')),
    careless: startCompanyServer(ofCompany('127.0.0.1'), pemFile('root.pem'), { isCareless: true }),
  };
  for (const [name, one] of Object.entries(starting)) servers[name as 'good'] = await one;
  const allowed = Object.values(servers).map(({ address }) => address);
  app = await startApp({ settings: { KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowed.join(',') } });
});
afterAll(async () => {
  await app?.close();
  await Promise.all(Object.values(servers).map((one) => one.close()));
});

/** A connection that the workspace describes itself, of a server of the company. */
async function described(
  name: string,
  server: CompanyServer,
  auth: object,
  more: object = {},
): Promise<string> {
  if (slugs[name] !== undefined) return slugs[name];
  const check = { path: '/me', account_path: 'name' };
  const made = await app.owner.post('/v1/custom-integrations', {
    ...{ name, base_url: server.origin, auth, check, actions: [] },
    ...more,
  });
  expect(made.status, made.text).toBe(201);
  slugs[name] = made.json.slug;
  return made.json.slug;
}
const wiki = (server: keyof typeof servers = 'good') =>
  described(`Wiki ${server}`, servers[server], { type: 'bearer' });
const mutual = (server: keyof typeof servers = 'mutual') =>
  described(`Mutual ${server}`, servers[server], { type: 'certificate' });

const connect = (integration: string, credentials: object, more: object = {}) =>
  app.owner.post('/v1/connections', { integration, credentials, ...more });
const recognise = (slug: string, credentials: object) =>
  app.owner.post(`/v1/integrations/${slug}/recognise`, { credentials });

async function connected(
  integration: string,
  credentials: object,
  more: object = {},
): Promise<Answer['json']> {
  const made = await connect(integration, credentials, more);
  expect(made.status, made.text).toBe(201);
  return made.json;
}

async function everythingShown(id: string): Promise<string> {
  const paths = [`/v1/connections/${id}`, '/v1/connections', `/v1/connections/${id}/events`, '/v1/audit'];
  const answers = await Promise.all(paths.map((path) => app.owner.get(path)));
  return answers.map((one) => one.text).join('\n');
}

/** The middle of what stands between the lines of a PEM file. */
const insideOf = (pem: string) => pem.split('\n').slice(2, 3).join('');

describe('a server whose certificate comes from a company’s own authority', () => {
  it('is connected once the authority was uploaded, which is checked, shown, kept and believed by every call', async () => {
    const slug = await wiki();
    const looked = await recognise(slug, { token: TOKEN, authority: company.cert });
    expect(looked.json).toMatchObject({
      problem: null,
      facts: expect.arrayContaining([{ label: 'Server’s authority', value: 'CN=Company Root' }]),
    });
    const made = await connected(slug, {
      token: TOKEN,
      authority: `\uFEFF${company.cert.replaceAll('\n', '\r\n')}`,
    });
    expect(made).toMatchObject({ status: 'connected', account: { name: 'jane@company.example' } });
    expect(made.facts.map(({ label }: { label: string }) => label)).toEqual([
      'Server’s authority',
      'Authority ends on',
      'SHA-256 fingerprint of the authority',
    ]);
    expect((await app.owner.get(`/v1/proxy/${made.id}/me`)).json).toEqual({ name: 'jane@company.example' });
    expect((await app.owner.post(`/v1/connections/${made.id}/verify`)).json.verdict.kind).toBe('ok');
    expect(await everythingShown(made.id)).not.toContain(insideOf(company.cert));
  });

  it('keeps its authority when its token is replaced, until another one is entered', async () => {
    const made = await connected(await wiki(), { token: TOKEN, authority: company.cert });
    const path = `/v1/connections/${made.id}`;
    expect((await app.owner.patch(path, { credentials: { token: TOKEN } })).status).toBe(200);
    const other = makeCertificate({ name: 'Other', validTo: new Date('2036-01-01'), isAuthority: true });
    const refused = await app.owner.patch(path, { credentials: { token: TOKEN, authority: other.cert } });
    expect([refused.status, refused.json.verdict.kind]).toEqual([422, 'unreachable']);
    expect((await app.owner.get(`/v1/proxy/${made.id}/me`)).status).toBe(200);
  });

  it('leaves its authority behind when it moves: the new place is believed by nobody yet', async () => {
    const slug = await described('Wiki that moves', servers.good, { type: 'bearer' });
    const made = await connected(slug, { token: TOKEN, authority: company.cert });
    const moved = await app.owner.patch(`/v1/custom-integrations/${slug}`, {
      base_url: servers.careless.origin,
      confirm: true,
    });
    expect(moved.status, moved.text).toBe(200);
    const path = `/v1/connections/${made.id}/reconnect`;
    const before = servers.careless.seen.length;
    const refused = await app.owner.post(path, { credentials: { token: TOKEN } });
    expect([refused.status, refused.json.verdict?.kind]).toEqual([422, 'unreachable']);
    expect(servers.careless.seen).toHaveLength(before);
    const again = await app.owner.post(path, { credentials: { token: TOKEN, authority: company.cert } });
    expect([again.status, again.json.status]).toEqual([200, 'connected']);
  });

  it('that also gives the tokens is believed there, too', async () => {
    const auth = { type: 'oauth2_client_credentials', token_url: `${servers.good.origin}/token` };
    const slug = await described('Wiki by tokens', servers.good, auth);
    const credentials = { client_id: 'wiki', client_secret: 'fake-secret-0001' };
    expect((await connect(slug, credentials)).json).toMatchObject({ verdict: { kind: 'unreachable' } });
    expect(await connected(slug, { ...credentials, authority: company.cert })).toMatchObject({
      status: 'connected',
    });
  });

  it.each<[string, object, object]>([
    ['a token', { type: 'bearer' }, { token: TOKEN }],
    [
      'a token of somebody who signed in',
      { type: 'oauth2', authorize_url: 'https://company.example/a', token_url: 'https://company.example/t' },
      { access_token: TOKEN },
    ],
  ])(
    'is tried out with %s before anything is saved, with and without the authority',
    async (_, auth, credentials) => {
      const definition = {
        ...{ name: 'Tried', base_url: servers.good.origin, auth },
        ...{ check: { path: '/me', account_path: 'name' }, actions: [] },
      };
      const tried = (more: object) =>
        app.owner.post('/v1/custom-integrations/test', {
          definition,
          credentials: { ...credentials, ...more },
        });
      expect((await tried({ authority: company.cert })).json).toMatchObject({ is_ok: true });
      expect((await tried({})).json).toMatchObject({
        is_ok: false,
        message: expect.stringMatching(/from an authority that is not known here/),
      });
    },
  );

  it('that people sign in at is believed when the code is exchanged, and when the access is withdrawn', async () => {
    const { origin, seen } = servers.good;
    const auth = {
      type: 'oauth2',
      authorize_url: `${origin}/authorize`,
      token_url: `${origin}/token`,
      revoke_url: `${origin}/revoke`,
    };
    const slug = await described('Wiki by signing in', servers.good, auth);
    const setup = { client_id: 'wiki', client_secret: 'fake-secret-0001' };
    const entered = await app.owner.request('PUT', `/v1/oauth/apps/${slug}`, setup);
    expect(entered.status, entered.text).toBeLessThan(300);
    const signIn = async (fields: object) => {
      const begun = await app.owner.post('/v1/oauth/authorizations', { integration: slug, fields });
      expect(begun.status, begun.text).toBe(201);
      const { searchParams } = new URL(begun.json.authorization_url);
      const back = new URL(searchParams.get('redirect_uri') ?? '').pathname;
      const cookie = begun.headers.getSetCookie().map((one) => one.split(';')[0]);
      const browser = app.as({ cookie: [app.owner.headers.cookie, ...cookie].join('; ') });
      await browser.get(`${back}?code=fake-code-0001&state=${searchParams.get('state')}`);
      return (await app.owner.get(`/v1/oauth/authorizations/${begun.json.id}`)).json;
    };
    expect(await signIn({})).toMatchObject({ state: 'failed' });
    const signedIn = await signIn({ authority: company.cert });
    expect(signedIn).toMatchObject({ state: 'connected' });
    await app.owner.delete(`/v1/connections/${signedIn.connection_id}`);
    await until(() => seen.some((one) => one.startsWith('POST /revoke')));
  });

  it.each<[string, keyof typeof servers, object, RegExp, RegExp]>([
    [
      'without it',
      'good',
      {},
      /from an authority that is not known here/,
      /add the certificate of your company’s authority/,
    ],
    [
      'where the certificate has ended',
      'ended',
      { authority: company.cert },
      /its certificate has ended/,
      /has to renew/,
    ],
    [
      'where it has another name',
      'otherName',
      { authority: company.cert },
      /is for another name/,
      /Check the address/,
    ],
  ])(
    'is not believed %s: that is said, with what to do, and nothing is sent',
    async (_, server, more, why, whatToDo) => {
      const slug = await wiki(server);
      const before = servers[server].seen.length;
      const refused = await connect(slug, { token: TOKEN, ...more });
      expect(refused.json).toMatchObject({
        code: 'credential_rejected',
        verdict: {
          kind: 'unreachable',
          message: expect.stringMatching(why),
          next_step: expect.stringMatching(whatToDo),
        },
      });
      expect(servers[server].seen).toHaveLength(before);
      const kept = await connected(slug, { token: TOKEN, ...more }, { save_unverified: true });
      const called = await app.owner.get(`/v1/proxy/${kept.id}/me`);
      expect(called.json).toMatchObject({ code: 'upstream_tls', detail: expect.stringMatching(why) });
      expect(servers[server].seen).toHaveLength(before);
    },
  );

  const leaf = ofCompany('wiki.company.example');
  it.each<[string, string, RegExp, string?]>([
    [
      'the certificate of the server itself',
      leaf.cert,
      /certificate of CN=wiki.company.example, not of an authority.*CN=Company Root/,
    ],
    ['a private key', company.key, /This is a private key, not a certificate/],
    [
      'an authority that has ended',
      makeCertificate({ name: 'Old Root', validTo: new Date('2026-01-01'), isAuthority: true }).cert,
      /Old Root ended on 2026-01-01/,
      'certificate_ended',
    ],
    ['a bundle of fifty', company.cert.repeat(50), /holds 50 certificates/],
    ['PKCS#12', binaryFile('openssl3.p12'), /This is a PKCS#12 file/],
    ['a web page', '<!doctype html><title>Sign in</title>', /This is a web page/],
  ])('takes no %s for an authority', async (_, authority, words, reason) => {
    const slug = await wiki();
    const looked = await recognise(slug, { token: TOKEN, authority });
    expect(looked.json.problem).toEqual({
      field: 'authority',
      message: expect.stringMatching(words),
      reason: reason ?? null,
    });
    const saved = await connect(slug, { token: TOKEN, authority });
    expect([saved.status, saved.json.fields]).toEqual([
      400,
      [{ path: 'credentials.authority', message: looked.json.problem.message }],
    ]);
  });
});

describe('a client certificate in one file', () => {
  const entered = {
    certificate: binaryFile('openssl3.p12'),
    passphrase: PASSPHRASE,
    authority: company.cert,
  };

  it('(PKCS#12) connects by itself; neither the key nor the passphrase is shown or kept anywhere', async () => {
    const slug = await mutual();
    const looked = await recognise(slug, entered);
    expect(looked.json).toMatchObject({
      title: 'Client certificate',
      problem: null,
      brings: ['private_key'],
    });
    const made = await connected(slug, entered);
    expect(made).toMatchObject({ status: 'connected', account: { name: 'ec.client.example' } });
    expect(made.facts).toEqual(expect.arrayContaining(looked.json.facts));
    expect((await app.owner.get(`/v1/proxy/${made.id}/me`)).json).toEqual({ name: 'ec.client.example' });
    const shown = (await everythingShown(made.id)) + looked.text;
    expect(shown).not.toContain(PASSPHRASE);
    expect(shown).not.toContain(insideOf(pemFile('client-key.pem')));
    expect(shown).not.toContain(entered.certificate.slice(100, 140));
    const renewed = {
      certificate: `${pemFile('client-key.pem')}${pemFile('client.pem')}${pemFile('middle.pem')}`,
    };
    const replaced = await app.owner.patch(`/v1/connections/${made.id}`, { credentials: renewed });
    expect([replaced.status, replaced.json.status]).toEqual([200, 'connected']);
  });

  it.each<[string, object, object[]]>([
    [
      'whose passphrase is missing asks for that alone',
      { ...entered, passphrase: undefined },
      [{ path: 'credentials.passphrase', message: expect.stringMatching(/protected by a passphrase/) }],
    ],
    [
      'with a wrong passphrase says so',
      { ...entered, passphrase: 'another' },
      [{ path: 'credentials.passphrase', message: 'The passphrase does not open the PKCS#12 file.' }],
    ],
    [
      'without a key in it lacks one',
      { certificate: pemFile('client.pem') },
      [{ path: 'credentials.private_key', message: 'Private key (PEM) is missing.' }],
    ],
    [
      'with the key of another is refused',
      { ...entered, private_key: company.key },
      [
        {
          path: 'credentials.certificate',
          message: 'The certificate and the private key do not belong together.',
        },
      ],
    ],
  ])('%s', async (_, credentials, fields) => {
    const refused = await connect(await mutual(), credentials);
    expect([refused.status, refused.json.fields]).toEqual([400, fields]);
  });

  it('that ended yesterday is refused, with a reason, and saved where the person says so', async () => {
    const slug = await mutual('careless');
    const { cert: certificate, key: private_key } = ofCompany('old.example', -1);
    const credentials = { certificate, private_key, authority: company.cert };
    const looked = await recognise(slug, credentials);
    expect(looked.json.problem).toMatchObject({ field: 'certificate', reason: 'certificate_ended' });
    const refused = await connect(slug, credentials);
    expect([refused.status, refused.json.reason]).toEqual([400, 'certificate_ended']);
    const before = servers.careless.seen.length;
    const made = await connected(slug, credentials, { save_unverified: true });
    expect(servers.careless.seen.slice(before)).toEqual(['GET /me old.example']);
    expect(made).toMatchObject({
      status: 'expiring_soon',
      status_reason: expect.stringMatching(/ended on .*, and are still accepted/),
    });
    expect(made.notes).toEqual([expect.stringMatching(/^The certificate ended on/)]);
  });

  it('that is not valid until tomorrow is refused, with the time here', async () => {
    const made = makeCertificate({
      name: 'early.example',
      validFrom: new Date(Date.now() + 86_400_000),
      validTo: new Date('2036-01-01'),
    });
    const refused = await connect(
      await mutual(),
      { certificate: made.cert, private_key: made.key },
      { save_unverified: true },
    );
    expect([refused.status, refused.json.reason]).toEqual([400, 'certificate_not_yet_valid']);
    expect(refused.json.fields[0].message).toMatch(
      /not valid before .* UTC\. This server's clock says .* UTC; if that is wrong, set it right\./,
    );
  });
});
