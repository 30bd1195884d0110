// What is sent is held against the providers' own libraries: google-auth-library 11.3.4, @azure/msal-node 7.2.1,
// @octokit/auth-app 8.3.1; and verified by aws4 1.13.2 and jsonwebtoken 9.0.3 (watched-accounts.ts).
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { ConfidentialClientApplication, type INetworkModule } from '@azure/msal-node';
import { createAppAuth } from '@octokit/auth-app';
import { JWT } from 'google-auth-library';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startApp, type TestApp } from './app.ts';
import { until } from './until.ts';
import {
  APP,
  APPLE,
  AWS,
  AZURE,
  awsError,
  awsKeys,
  bearerOf,
  CERTIFIED,
  CLIENT,
  clock,
  ENTRA,
  ec,
  echoes,
  endLast,
  GHES,
  GITHUB,
  GOOGLE,
  HOUR_MS,
  instead,
  lasting,
  ORG,
  pemOf,
  ROLE,
  RSA_PEM,
  read,
  rsa,
  S3,
  SALESFORCE,
  SNOWFLAKE,
  startWatchedAccounts,
  TEAM,
  TENANT,
  USER_KEY,
} from './watched-accounts.ts';
import type { Reply, Watched, WatchedTools } from './watched-tools.ts';

const ROBOT_AT_SALESFORCE = {
  login_host: 'login.salesforce.com',
  client_id: 'consumer-key-0001',
  username: 'robot@acme.example',
  private_key: RSA_PEM,
};
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The libraries have the machine's own clock; some round its seconds up. */
const soon = () => new Date(Date.now() + 1_000);

let app: TestApp;
let other: TestApp;
let tools: WatchedTools;

beforeAll(async () => {
  tools = await startWatchedAccounts();
  app = await startApp({ settings: tools.settings, clock });
  other = await startApp({
    settings: tools.settings,
    clock,
    database: app.database,
    keyFile: app.config.masterKeyFile,
  });
});
afterAll(async () => {
  await other?.close();
  await app?.close();
  await tools?.close();
});

const connect = (integration: string, method: string | undefined, credentials: object) =>
  app.owner.post('/v1/connections', { integration, ...(method && { method }), credentials });

async function connected(
  integration: string,
  method: string | undefined,
  credentials: object,
): Promise<string> {
  const made = await connect(integration, method, credentials);
  expect([made.status, made.json?.status], made.text).toEqual([201, 'connected']);
  return made.json.id;
}

/** Calls through both servers at once; the statuses that came. */
async function callsThroughBoth(id: string, path: string, many = 12): Promise<number[]> {
  const calls = Array.from({ length: many }, (_, index) =>
    (index % 2 === 0 ? app : other).owner.get(`/v1/proxy/${id}/${path}`),
  );
  return (await Promise.all(calls)).map(({ status }) => status);
}

const last = (requests: readonly Watched[]) => {
  const found = requests.at(-1);
  if (found === undefined) throw new Error('no request came');
  return found;
};

describe('an AWS key that takes on a role', () => {
  const entered = (more: object = {}) => ({
    access_key_id: USER_KEY.id,
    secret_access_key: USER_KEY.secret,
    region: 'eu-central-1',
    role_arn: ROLE,
    external_id: 'external-0001',
    session_name: 'keyrail-test',
    ...more,
  });
  /** Others are renewed by the clock meanwhile: each case has a session name of its own. */
  const assumed = (session: string) =>
    tools.to(AWS).filter(({ form }) => form.get('RoleSessionName') === session);

  it('asks for temporary keys once, signed as aws4 signs, and these sign every request from then on', async () => {
    const id = await connected('aws-s3', undefined, entered({ session_name: 'once' }));
    expect(await callsThroughBoth(id, '?max-buckets=1')).toEqual(Array(12).fill(200));
    const [asked, ...others] = assumed('once');
    expect(others).toEqual([]);
    expect(Object.fromEntries(asked?.form ?? [])).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'once',
      DurationSeconds: '3600',
      ExternalId: 'external-0001',
    });
    const used = tools
      .to(S3)
      .map(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]);
    expect(new Set(used)).toEqual(new Set([expect.stringMatching(/^ASIAWATCHED/)]));
    expect(tools.to(S3).every(({ headers }) => (headers['x-amz-security-token'] ?? '') !== '')).toBe(true);
    const read = await app.owner.get(`/v1/connections/${id}/credentials`);
    expect(read.json.credentials).toEqual({
      access_key_id: used[0],
      secret_access_key: awsKeys.get(used[0] ?? '')?.secret,
      session_token: awsKeys.get(used[0] ?? '')?.token,
    });
    const shown = (await app.owner.get(`/v1/connections/${id}`)).text;
    expect(shown).toContain(ROLE);
    for (const { secret } of awsKeys.values()) expect(shown).not.toContain(secret);
  });

  it('asks for new ones once when they have ended, however many calls of two servers need them', async () => {
    const id = await connected(
      'aws-s3',
      undefined,
      entered({ session_name: 'again', duration_seconds: '900' }),
    );
    clock.forward(HOUR_MS / 4 + 1);
    expect(await callsThroughBoth(id, '')).toEqual(Array(12).fill(200));
    expect(assumed('again')).toHaveLength(2);
    for (const key of awsKeys.values()) if (key.endsAt !== undefined) key.endsAt = 0;
    expect(await callsThroughBoth(id, '')).toEqual(Array(12).fill(200));
    expect(assumed('again')).toHaveLength(3);
  });

  it('is replaced by another key of the same user, and goes on taking on the role until that is taken away', async () => {
    const id = await connected('aws-s3', undefined, entered({ session_name: 'other-key' }));
    const second = { access_key_id: 'AKIAFAKEUSER00000002', secret_access_key: 'watchedSecretUser/0002' };
    awsKeys.set(second.access_key_id, { secret: second.secret_access_key });
    const replaced = await app.owner.patch(`/v1/connections/${id}`, { credentials: second });
    expect(replaced.status, replaced.text).toBe(200);
    expect(last(assumed('other-key')).headers.authorization).toContain(second.access_key_id);
    expect(await callsThroughBoth(id, '', 4)).toEqual(Array(4).fill(200));
    const without = await app.owner.patch(`/v1/connections/${id}`, {
      credentials: { ...second, role_arn: '' },
    });
    expect(without.status, without.text).toBe(200);
    // The other server hears of it a moment later, and until then uses what was good a moment ago.
    await until(async () => {
      expect(await callsThroughBoth(id, '', 2)).toEqual([200, 200]);
      const both = tools.to(S3).slice(-2);
      return both.every(({ headers }) => headers.authorization?.includes(second.access_key_id));
    });
  });

  it.each<[string, object, string]>([
    ['a role that is none', { role_arn: 'keyrail' }, 'role_arn'],
    ['a user for a role', { role_arn: 'arn:aws:iam::123456789012:user/keyrail' }, 'role_arn'],
    ['a role of ten thousand letters', { role_arn: `${ROLE}${'x'.repeat(10_000)}` }, 'role_arn'],
    ['a session name with spaces', { session_name: 'our key rail' }, 'session_name'],
  ])('with %s is refused, and nobody is asked', async (_, more, field) => {
    const refused = await connect('aws-s3', undefined, entered({ session_name: 'refused', ...more }));
    expect([refused.status, refused.json?.fields[0].path], refused.text).toEqual([
      400,
      `credentials.${field}`,
    ]);
    expect(assumed('refused')).toEqual([]);
  });

  it('that is taken away is told of, and works again once it is given back and somebody checks', async () => {
    const id = await connected('aws-s3', undefined, entered());
    for (const key of awsKeys.values()) if (key.endsAt !== undefined) key.endsAt = 0;
    instead.set(
      AWS,
      awsError(
        403,
        'AccessDenied',
        `User u is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
      ),
    );
    expect(new Set(await callsThroughBoth(id, '', 4))).not.toContain(200);
    const broken = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(broken.status).toBe('invalid');
    expect(broken.status_reason).toMatch(/not authorized to perform: sts:AssumeRole.*trust policy/);
    const still = await app.owner.post(`/v1/connections/${id}/verify`);
    expect(still.json?.verdict, still.text).toMatchObject({
      kind: 'rejected',
      provider_message: expect.stringMatching(/^User u is not authorized/),
      next_step: expect.stringMatching(/trust policy/),
    });
    instead.clear();
    const checked = await app.owner.post(`/v1/connections/${id}/verify`);
    expect([checked.status, checked.json?.connection?.status ?? checked.json?.status], checked.text).toEqual([
      200,
      'connected',
    ]);
    expect(await callsThroughBoth(id, '', 4)).toEqual(Array(4).fill(200));
  });

  it.each<[string, object, Reply | null, string, RegExp]>([
    ['that it may not take on', { external_id: 'wrong' }, null, 'rejected', /trust policy.*external ID/],
    [
      'with a key that is unknown',
      { access_key_id: 'AKIAFAKENOBODY000001' },
      null,
      'rejected',
      /security token included in the request is invalid/,
    ],
    [
      'with a session that has ended',
      {},
      awsError(403, 'ExpiredToken', 'The security token included in the request is expired'),
      'expired',
      /expired/,
    ],
    [
      'for longer than the role allows',
      {},
      awsError(
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      ),
      'rejected',
      /shorter session/,
    ],
  ])('%s is not saved', async (_, more, reply, kind, words) => {
    if (reply !== null) instead.set(AWS, reply);
    const refused = await connect('aws-s3', undefined, entered(more));
    instead.clear();
    expect([refused.status, refused.json?.verdict?.kind], refused.text).toEqual([422, kind]);
    expect(refused.text).toMatch(words);
  });
});

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

describe('a clock that is an hour off', () => {
  /** Each answer as the provider gives it to a time that it does not believe. */
  const anHourOff = (reply: Reply, aheadHours = 1): Reply => ({
    ...reply,
    headers: { date: new Date(clock.now().getTime() - aheadHours * HOUR_MS).toUTCString() },
  });
  const google = {
    error: 'invalid_grant',
    error_description:
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
  };
  const microsoft = {
    error: 'invalid_client',
    error_description: 'AADSTS700024: Client assertion is not within its valid time range.',
    error_codes: [700024],
  };
  const gitHub = {
    message:
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    status: '401',
  };
  const key_file = JSON.stringify({
    type: 'service_account',
    private_key: RSA_PEM,
    client_email: 'robot@acme.iam.gserviceaccount.example',
    token_uri: `${GOOGLE}/token`,
  });
  const aws = { access_key_id: USER_KEY.id, secret_access_key: USER_KEY.secret, region: 'eu-central-1' };
  const role = { ...aws, role_arn: ROLE, external_id: 'external-0001' };
  const robot = { account: 'acme-robots.eu-central-1', username: 'robot', private_key: RSA_PEM };

  it.each<[string, string, string | undefined, object, string, Reply]>([
    ['Google', 'google-drive', 'service_account', { key_file }, GOOGLE, { status: 400, body: google }],
    ['Microsoft', 'microsoft-azure', 'certificate', CERTIFIED, ENTRA, { status: 401, body: microsoft }],
    ['GitHub', 'github', 'app', { ...APP, installation_id: '1001' }, GITHUB, { status: 401, body: gitHub }],
    [
      'AWS STS',
      'aws',
      undefined,
      role,
      AWS,
      awsError(
        403,
        'SignatureDoesNotMatch',
        'Signature expired: 20261121T090000Z is now earlier than 20261121T095500Z',
      ),
    ],
    [
      'AWS',
      'aws',
      undefined,
      aws,
      AWS,
      awsError(403, 'RequestTimeTooSkewed', 'The difference is too large.'),
    ],
    [
      'Snowflake',
      'snowflake',
      'key_pair',
      robot,
      SNOWFLAKE,
      { status: 401, body: { code: '390144', message: 'JWT token is invalid. [0ce9eb56]' } },
    ],
    [
      'Apple',
      'app-store-connect',
      undefined,
      TEAM,
      APPLE,
      { status: 401, body: { errors: [{ code: 'NOT_AUTHORIZED' }] } },
    ],
    [
      'Salesforce',
      'salesforce',
      'jwt',
      ROBOT_AT_SALESFORCE,
      SALESFORCE,
      { status: 400, body: { error: 'invalid_grant', error_description: 'invalid assertion' } },
    ],
  ])(
    'is told from a wrong key at %s, and by how much it is off',
    async (_, integration, method, entered, origin, reply) => {
      instead.set(origin, anHourOff(reply));
      const refused = await connect(integration, method, entered);
      instead.clear();
      expect([refused.status, refused.json?.verdict?.kind], refused.text).toEqual([422, 'provider_error']);
      expect(refused.json.verdict.message).toMatch(
        / does not believe the time that this server says, so (this key file|these access keys) could not be checked/,
      );
      expect(refused.json.verdict.next_step).toBe(
        'The clock of this server is wrong: it is 1 hour ahead. Set it right (NTP); nothing is wrong with what was entered.',
      );
    },
  );

  it('breaks nothing that is connected: it says what is wrong, and goes on when the clock is right again', async () => {
    const id = await connected('google-drive', 'service_account', { key_file });
    clock.forward(HOUR_MS + 1);
    instead.set(GOOGLE, anHourOff({ status: 400, body: google }, -1));
    expect((await app.owner.get(`/v1/proxy/${id}/about`)).status).toBeGreaterThanOrEqual(500);
    const meanwhile = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(meanwhile.status).toBe('connected');
    expect(meanwhile.token.problem).toMatch(
      /reasonable timeframe.*The clock of this server is wrong: it is 1 hour behind/,
    );
    instead.clear();
    clock.forward(HOUR_MS);
    expect((await app.owner.get(`/v1/proxy/${id}/about`)).status).toBe(200);
  });

  it('is not blamed where the key of a project that was deleted is refused: that is said in the words of Google', async () => {
    instead.set(GOOGLE, {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Invalid grant: account not found' },
    });
    const refused = await connect('google-drive', 'service_account', { key_file });
    instead.clear();
    expect([refused.status, refused.json?.verdict?.kind], refused.text).toEqual([422, 'rejected']);
    expect(refused.json.verdict.provider_message).toBe('Invalid grant: account not found');
    expect(refused.json.verdict.next_step).toMatch(/or its project, was deleted/);
  });
});

describe('what was signed', () => {
  it.each<[string, string, string, object, string]>([
    ['Entra', 'microsoft-azure', 'certificate', CERTIFIED, ENTRA],
    ['GitHub', 'github', 'app', { ...APP, installation_id: '1001' }, GITHUB],
    ['Salesforce', 'salesforce', 'jwt', ROBOT_AT_SALESFORCE, SALESFORCE],
  ])('is not shown, though %s says it again', async (_, integration, method, entered, origin) => {
    const before = tools.to(origin).length;
    echoes.add(origin);
    const refused = await connect(integration, method, entered);
    echoes.clear();
    expect(refused.status, refused.text).toBe(422);
    const [asked] = tools.to(origin).slice(before);
    const { form } = asked as Watched;
    const jwt = form.get('client_assertion') ?? form.get('assertion') ?? bearerOf(asked as Watched);
    expect(jwt.split('.')).toHaveLength(3);
    expect(refused.json.verdict.provider_message).toMatch(/^no: .*\[secret\]/);
    expect(refused.text).not.toContain(jwt);
    for (const part of jwt.split('.').slice(1)) expect(refused.text).not.toContain(part);
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
