import { describe, expect, it } from 'vitest';
import { app, connect, connected, startSigningServers, tools } from './signing-servers.ts';
import {
  APP,
  APPLE,
  AWS,
  awsError,
  bearerOf,
  CERTIFIED,
  clock,
  ENTRA,
  echoes,
  GITHUB,
  GOOGLE,
  HOUR_MS,
  instead,
  ROBOT_AT_SALESFORCE,
  ROLE,
  RSA_PEM,
  SALESFORCE,
  SNOWFLAKE,
  TEAM,
  USER_KEY,
} from './watched-accounts.ts';
import type { Reply, Watched } from './watched-tools.ts';

startSigningServers();

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
