// What is sent is held against the providers' own libraries: google-auth-library 11.3.4, @azure/msal-node 7.2.1,
// @octokit/auth-app 8.3.1; and verified by aws4 1.13.2 and jsonwebtoken 9.0.3 (watched-accounts.ts).
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { ConfidentialClientApplication, type INetworkModule } from '@azure/msal-node';
import { createAppAuth } from '@octokit/auth-app';
import { JWT } from 'google-auth-library';
import { describe, expect, it, vi } from 'vitest';
import {
  app,
  callsThroughBoth,
  connect,
  connected,
  last,
  startSigningServers,
  tools,
} from './signing-servers.ts';
import {
  APP,
  APPLE,
  AZURE,
  bearerOf,
  CERTIFIED,
  CLIENT,
  clock,
  ENTRA,
  ec,
  endLast,
  GHES,
  GITHUB,
  GOOGLE,
  HOUR_MS,
  instead,
  lasting,
  ORG,
  pemOf,
  ROBOT_AT_SALESFORCE,
  RSA_PEM,
  read,
  rsa,
  SALESFORCE,
  SNOWFLAKE,
  TEAM,
  TENANT,
} from './watched-accounts.ts';
import type { Watched } from './watched-tools.ts';

const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The libraries have the machine's own clock; some round its seconds up. */
const soon = () => new Date(Date.now() + 1_000);

startSigningServers();

describe('a Google service account', () => {
  const email = 'robot@acme.iam.gserviceaccount.example';
  const key_file = JSON.stringify({
    type: 'service_account',
    project_id: 'acme',
    private_key_id: 'key-0001',
    private_key: RSA_PEM,
    client_email: email,
    token_uri: `${GOOGLE}/token`,
  });

  it("that acts for a person says what Google's own library says", async () => {
    await connected('google-drive', 'service_account', { key_file, subject: 'anna@acme.example' });
    const ours = last(tools.to(GOOGLE, '/token'));
    let theirs = new URLSearchParams();
    const library = new JWT({
      email,
      key: RSA_PEM,
      keyId: 'key-0001',
      scopes: ['https://www.googleapis.com/auth/drive'],
      subject: 'anna@acme.example',
      transporterOptions: {
        fetchImplementation: async (_: unknown, init?: RequestInit) => {
          theirs = new URLSearchParams(String(init?.body));
          return Response.json({ access_token: 'x', expires_in: 3_600 });
        },
      },
    });
    await library.authorize();
    expect(ours.form.get('grant_type')).toBe(theirs.get('grant_type'));
    const [mine, reference] = [ours.form, theirs].map((form, index) =>
      read(form.get('assertion') ?? '', rsa.publicKey, 'RS256', index === 0 ? clock.now() : soon()),
    );
    // The library leaves out what Google's page on service accounts has in the header as well.
    expect(mine?.header).toEqual({ ...reference?.header, typ: 'JWT', kid: 'key-0001' });
    expect(lasting(mine?.claims ?? {})).toEqual(lasting(reference?.claims ?? {}));
    expect([...ours.form.keys()].sort()).toEqual([...theirs.keys()].sort());
  });

  it('that may not act for the person is told how it may', async () => {
    instead.set(GOOGLE, {
      status: 401,
      body: {
        error: 'unauthorized_client',
        error_description:
          'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
      },
    });
    const refused = await connect('google-drive', 'service_account', {
      key_file,
      subject: 'ben@acme.example',
    });
    instead.clear();
    expect([refused.status, refused.json?.verdict?.kind], refused.text).toEqual([422, 'rejected']);
    expect(refused.json.verdict.next_step).toMatch(/Domain-wide delegation/i);
  });
});

describe('an app registration with a certificate', () => {
  it("signs what Microsoft's own library signs", async () => {
    const id = await connected('microsoft-azure', 'certificate', CERTIFIED);
    const kept = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(kept.facts).toEqual(
      expect.arrayContaining([
        { label: 'Issuer', value: CERTIFIED.client_id },
        { label: 'Algorithm', value: 'PS256' },
        { label: expect.stringMatching(/subject/i), value: 'CN=keyrail' },
      ]),
    );
    expect(Date.parse(kept.expires_at) - Date.now()).toBeGreaterThan(299 * 86_400_000);
    const ours = last(tools.to(ENTRA));
    let theirs = new URLSearchParams();
    const networkClient: INetworkModule = {
      sendGetRequestAsync: async <T>() => ({
        headers: {},
        status: 200,
        body: {
          issuer: `${ENTRA}/${TENANT}/v2.0`,
          authorization_endpoint: `${ENTRA}/${TENANT}/oauth2/v2.0/authorize`,
          token_endpoint: `${ENTRA}/${TENANT}/oauth2/v2.0/token`,
          jwks_uri: `${ENTRA}/${TENANT}/discovery/v2.0/keys`,
          tenant_discovery_endpoint: `${ENTRA}/${TENANT}/v2.0/.well-known/openid-configuration`,
          metadata: [],
        } as T,
      }),
      sendPostRequestAsync: async <T>(_: string, options?: { body?: string }) => {
        theirs = new URLSearchParams(options?.body);
        return {
          headers: {},
          status: 200,
          body: { access_token: 'x', expires_in: 3_599, token_type: 'Bearer' } as T,
        };
      },
    };
    const thumbprintSha256 = createHash('sha256')
      .update(Buffer.from(CERTIFIED.certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
      .digest('hex');
    const library = new ConfidentialClientApplication({
      auth: {
        clientId: CLIENT,
        authority: `${ENTRA}/${TENANT}`,
        clientCertificate: { thumbprintSha256, privateKey: RSA_PEM },
      },
      system: { networkClient },
    });
    await library.acquireTokenByClientCredential({ scopes: [`${AZURE}/.default`] });
    for (const name of ['grant_type', 'client_id', 'client_assertion_type'])
      expect(ours.form.get(name), name).toBe(theirs.get(name));
    expect(ours.form.get('scope')?.split(' ')).toEqual(theirs.get('scope')?.split(' '));
    const [mine, reference] = [ours.form, theirs].map((form, index) =>
      read(form.get('client_assertion') ?? '', rsa.publicKey, 'PS256', index === 0 ? clock.now() : soon()),
    );
    expect(mine?.header).toEqual({ ...reference?.header, typ: 'JWT' });
    expect(lasting(mine?.claims ?? {})).toEqual(lasting(reference?.claims ?? {}));
    expect(mine?.claims.nbf).toBe(mine?.claims.iat);
    expect(ours.form.get('client_secret')).toBeNull();
  });
});

describe('a certificate that is entered for an app', () => {
  it('belongs to its key, comes with it, and is not over', async () => {
    const foreign = pemOf(otherRsa.privateKey);
    const mismatched = await connect('microsoft-azure', 'certificate', {
      ...CERTIFIED,
      private_key: foreign,
    });
    expect([mismatched.status, mismatched.json?.reason], mismatched.text).toEqual([400, 'key_mismatch']);
    const { private_key: _, ...without } = CERTIFIED;
    const alone = await connect('microsoft-azure', 'certificate', without);
    expect([alone.status, alone.json?.fields[0].path]).toEqual([400, 'credentials.private_key']);
  });
});

describe('a GitHub App', () => {
  it('gets its installation token once for two servers, with what it may do; as its own library asks for it', async () => {
    const before = tools.to(GITHUB, '/app/installations/1001/access_tokens').length;
    const id = await connected('github', 'app', { ...APP, installation_id: '1001' });
    expect(await callsThroughBoth(id, 'installation/repositories')).toEqual(Array(12).fill(200));
    const [ours, ...others] = tools.to(GITHUB, '/app/installations/1001/access_tokens').slice(before);
    expect(others).toEqual([]);
    const kept = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(kept.granted_scopes).toEqual(['contents:read', 'issues:write']);
    expect(Date.parse(kept.token.expires_at) - clock.now().getTime()).toBeLessThanOrEqual(HOUR_MS);

    let theirs: { method: string | undefined; url: string; bearer: string } | null = null;
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
      const authorization = new Headers(init?.headers).get('authorization') ?? '';
      theirs = { method: init?.method, url: String(url), bearer: authorization.replace(/^bearer /i, '') };
      const expires_at = new Date(Date.now() + HOUR_MS).toISOString();
      return Response.json({ token: 'x', expires_at, permissions: {} }, { status: 201 });
    });
    const library = createAppAuth({ appId: APP.client_id, privateKey: RSA_PEM });
    await library({ type: 'installation', installationId: 1001 }).finally(() => fetched.mockRestore());
    expect(theirs).toMatchObject({ method: ours?.method, url: `${GITHUB}${ours?.path}` });
    const mine = read(bearerOf(ours as Watched), rsa.publicKey, 'RS256');
    const { bearer } = theirs as unknown as { bearer: string };
    const reference = read(bearer, rsa.publicKey, 'RS256', new Date());
    expect(mine.header).toEqual(reference.header);
    expect(lasting(mine.claims)).toEqual(lasting(reference.claims));
    const { iat = 0, exp = 0 } = mine.claims;
    const now = clock.now().getTime() / 1_000;
    expect(now - iat).toBeGreaterThanOrEqual(59);
    expect(exp - now).toBeLessThan(600);

    endLast('ghs');
    expect(await callsThroughBoth(id, 'installation/repositories')).toEqual(Array(12).fill(200));
    expect(tools.to(GITHUB, '/app/installations/1001/access_tokens').length - before).toBe(2);
  });
});

describe('an app of a GitHub of one’s own', () => {
  it('lists, buys and calls at the address that was entered, and nowhere else', async () => {
    const before = tools.to(GITHUB).length;
    const entered = { ...APP, api_url: `${GHES}/api/v3` };
    const listed = await app.owner.post('/v1/integrations/github/choices', {
      method: 'app',
      credentials: entered,
      field: 'installation_id',
    });
    expect(listed.json?.data, listed.text).toHaveLength(129);
    const id = await connected('github', 'app', { ...entered, installation_id: '1001' });
    expect((await app.owner.get(`/v1/proxy/${id}/installation/repositories`)).status).toBe(200);
    expect(tools.to(GHES, '/api/v3/app/installations/1001/access_tokens')).toHaveLength(1);
    expect(tools.to(GITHUB).length).toBe(before);
  });

  it('is not saved for an address that this server does not call, not even unchecked', async () => {
    for (const api_url of ['https://169.254.169.254/api/v3', 'https://10.0.0.1/api/v3']) {
      const credentials = { ...APP, api_url, installation_id: '1001' };
      const body = { integration: 'github', method: 'app', credentials, save_unverified: true };
      const denied = await app.owner.post('/v1/connections', body);
      expect([denied.status, denied.json?.code], denied.text).toEqual([422, 'egress_denied']);
    }
  });
});

describe('a token that is signed here', () => {
  it('is Snowflake’s key pair JWT, as its documentation makes it, signed once for two servers and again when it ends', async () => {
    const id = await connected('snowflake', 'key_pair', {
      account: 'acme-robots.eu-central-1',
      username: 'robot',
      private_key: RSA_PEM,
    });
    const before = tools.to(SNOWFLAKE).length;
    expect(await callsThroughBoth(id, 'api/v2/statements')).toEqual(Array(12).fill(200));
    const used = new Set(tools.to(SNOWFLAKE).slice(before).map(bearerOf));
    expect(used.size).toBe(1);
    const request = last(tools.to(SNOWFLAKE));
    expect(request.headers['x-snowflake-authorization-token-type']).toBe('KEYPAIR_JWT');
    const { header, claims } = read(bearerOf(request), rsa.publicKey, 'RS256');
    const kept = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(kept.facts).toContainEqual({ label: 'Issuer', value: claims.iss });
    // docs.snowflake.com, SQL API, "Using key pair authentication": openssl … -outform DER | openssl dgst -sha256 -binary | base64
    const der = createPublicKey(RSA_PEM).export({ type: 'spki', format: 'der' });
    const fingerprint = createHash('sha256').update(der).digest('base64');
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(lasting(claims)).toEqual({
      iss: `ACME-ROBOTS.ROBOT.SHA256:${fingerprint}`,
      sub: 'ACME-ROBOTS.ROBOT',
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(3_600);
    clock.forward(HOUR_MS);
    expect(await callsThroughBoth(id, 'api/v2/statements')).toEqual(Array(12).fill(200));
    expect(new Set(tools.to(SNOWFLAKE).slice(before).map(bearerOf)).size).toBe(2);
  });

  it('is ES256 for App Store Connect, with key ID and issuer, for less than twenty minutes', async () => {
    await connected('app-store-connect', undefined, TEAM);
    const { header, claims } = read(bearerOf(last(tools.to(APPLE))), ec.publicKey, 'ES256');
    expect(header).toEqual({ alg: 'ES256', typ: 'JWT', kid: '2X9R4HXF34' });
    expect(lasting(claims)).toEqual({ iss: 'issuer-0001', aud: 'appstoreconnect-v1' });
    expect((claims.exp ?? 0) - clock.now().getTime() / 1_000).toBeLessThanOrEqual(1_200);
    const wrong = await connect('app-store-connect', undefined, { ...TEAM, private_key: RSA_PEM });
    expect([wrong.status, wrong.json?.fields?.[0]?.path], wrong.text).toEqual([
      400,
      'credentials.private_key',
    ]);
  });
});

describe('a Salesforce JWT', () => {
  it('buys a token of unknown life for the org it names, and another one when that is refused', async () => {
    const id = await connected('salesforce', 'jwt', ROBOT_AT_SALESFORCE);
    const { form } = last(tools.to(SALESFORCE));
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { claims } = read(form.get('assertion') ?? '', rsa.publicKey, 'RS256');
    expect(lasting(claims)).toEqual({ iss: 'consumer-key-0001', sub: 'robot@acme.example', aud: SALESFORCE });
    const kept = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(kept).toMatchObject({ fields: { instance_url: ORG }, token: { expires_at: null } });
    const before = tools.to(SALESFORCE).length;
    endLast('00D');
    expect(await callsThroughBoth(id, 'services/data/v60.0/limits')).toEqual(Array(12).fill(200));
    expect(tools.to(SALESFORCE).length - before).toBe(1);
  });
});
