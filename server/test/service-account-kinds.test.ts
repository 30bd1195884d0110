import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS_EXTERNAL_ID, AWS_KEYS, roleArn } from '../../sandbox/aws/keys.ts';
import { APP_STORE } from '../../sandbox/providers/app-store-connect.ts';
import { DATABRICKS } from '../../sandbox/providers/databricks.ts';
import { SUBSCRIPTION } from '../../sandbox/providers/microsoft-azure.ts';
import { SNOWFLAKE } from '../../sandbox/providers/snowflake.ts';
import { ENTRA } from '../../sandbox/service-accounts/entra.ts';
import { GITHUB_APP } from '../../sandbox/service-accounts/github-app.ts';
import { googleKeyFile } from '../../sandbox/service-accounts/google.ts';
import { FIRST_SECRET, firstPrivateKey, type NewKey } from '../../sandbox/service-accounts/key-desk.ts';
import { SALESFORCE_APP } from '../../sandbox/service-accounts/salesforce-jwt.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../sandbox/start.ts';
import { startApp, type TestApp } from './app.ts';
import { makeCertificate } from './certificate.ts';
import { until } from './until.ts';

let app: TestApp;
let sandbox: Sandbox;
/** By how much the providers' clocks are ahead of ours. */
let aheadMs = 0;

beforeAll(async () => {
  sandbox = await startSandbox({ nowMs: () => Date.now() + aheadMs });
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  app = await startApp({
    settings: { KEYRAIL_UPSTREAMS: upstreams, KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts },
  });
});
afterAll(async () => {
  await app?.close();
  await sandbox?.close();
});

type Fields = Record<string, string>;

/** One kind of service account at one provider, from key to key. */
interface Kind {
  integration: string;
  method: string;
  /** What is entered, with the key this account has now. */
  entered: Fields;
  /** Who the check says it is; null: nobody says. */
  account: string | null;
  /** A call through the proxy, and what its answer has in it. */
  call: { path: string; method?: 'POST'; body?: unknown; has: string | RegExp };
  /** Where tokens come from; null: they are signed here. `log`: which provider of the sandbox counts them. */
  tokens: { log: string; path: string } | null;
  /** Another key beside the old one, and how the old one is withdrawn. */
  next(): { fields: Fields; withdrawOld(): void };
  /** An account without rights, and one that is throttled; left out: there is none, or another row has it. */
  limited?(): Fields;
  throttled?(): Fields;
}

const AWS_ID = 'AKIASANDBOXGOOD00001';
const awsKey = (id: keyof typeof AWS_KEYS): Fields => ({
  region: 'eu-central-1',
  access_key_id: id,
  secret_access_key: AWS_KEYS[id].secret,
});
const idOf = (names: Readonly<Record<string, string>>, wanted: string) =>
  Object.entries(names).find(([, name]) => name === wanted)?.[0] ?? '';
const rsa = (provider: string, owner: string) => firstPrivateKey(provider, owner).privateKey;

const google = (name: string, key?: NewKey): Fields => {
  const email = `${name}@keyrail-sandbox.iam.gserviceaccount.example`;
  return { key_file: JSON.stringify(googleKeyFile(email, key)) };
};
const nextGoogle = (name: string) => {
  const owner = `${name}@keyrail-sandbox.iam.gserviceaccount.example`;
  const old = firstPrivateKey('google', owner).id;
  return {
    fields: google(name, sandbox.keys.newKey('google', owner)),
    withdrawOld: () => sandbox.keys.remove(old),
  };
};

const KEYRAIL_APP = idOf(ENTRA.apps, 'keyrail');
const azure = (app: string): Fields => ({ tenant_id: ENTRA.tenant, client_id: idOf(ENTRA.apps, app) });
const authority = () => ({
  ...makeCertificate({ name: 'Acme', validTo: new Date('2040-01-01'), isAuthority: true }),
  name: 'Acme',
});
/** A certificate of an RSA key that the app of this name has registered. */
const certified = (app: string, validTo = new Date('2040-01-01')): Fields => {
  const owner = idOf(ENTRA.apps, app);
  const { privateKey } = sandbox.keys.newKey('unregistered', owner);
  const made = makeCertificate({
    name: app,
    validTo,
    issuer: authority(),
    privateKey: createPrivateKey(privateKey),
  });
  sandbox.keys.addCertificate('microsoft-azure', owner, made.cert);
  return { ...azure(app), certificate: made.cert, private_key: privateKey };
};

const snowflake = (username: string): Fields => ({
  account: SNOWFLAKE.account,
  username,
  private_key: rsa('snowflake', username),
});
const github = (installation: number): Fields => ({
  client_id: GITHUB_APP.clientId,
  installation_id: String(installation),
  private_key: rsa('github', GITHUB_APP.clientId),
});
const salesforce = (username: string): Fields => ({
  login_host: 'login.salesforce.com',
  client_id: SALESFORCE_APP.clientId,
  username,
  private_key: rsa('salesforce', SALESFORCE_APP.clientId),
});
const databricks = (name: string): Fields => ({
  workspace_host: DATABRICKS.host,
  client_id: idOf(DATABRICKS.principals, name),
  client_secret: FIRST_SECRET,
});
const appStore = (key = firstPrivateKey('app-store-connect', APP_STORE.keys, 'ec')): Fields => ({
  issuer_id: APP_STORE.issuer,
  key_id: key.id,
  private_key: key.privateKey,
});

/** Kinds whose next key is another private key of the same owner. */
const nextKey = (provider: string, owner: string) => () => {
  const old = firstPrivateKey(provider, owner).id;
  const { privateKey } = sandbox.keys.newKey(provider, owner);
  return { fields: { private_key: privateKey }, withdrawOld: () => sandbox.keys.remove(old) };
};
const nextSecret = (provider: string, owner: string) => () => ({
  fields: { client_id: owner, client_secret: sandbox.keys.newSecret(provider, owner) },
  withdrawOld: () => sandbox.keys.removeSecret(provider, owner, FIRST_SECRET),
});
const nextAws =
  (more: Fields = {}) =>
  () => ({
    fields: { ...awsKey('AKIASANDBOXGOOD00002'), ...more },
    withdrawOld: () => sandbox.revoke(AWS_ID),
  });
const GOOGLE_TOKENS = { log: 'google-sheets', path: '/token' };
const ENTRA_TOKENS = { log: 'microsoft-outlook', path: `/${ENTRA.tenant}/oauth2/v2.0/token` };
const ROLES = { log: 'aws', path: '/AssumeRole' };
const ROLE = { role_arn: roleArn('partner'), external_id: AWS_EXTERNAL_ID };

const KINDS: Record<string, () => Kind> = {
  'a Google service account that acts for a person in Drive': () => ({
    integration: 'google-drive',
    method: 'service_account',
    entered: { ...google('robot'), subject: 'anna@acme.example' },
    account: 'anna@acme.example',
    call: { path: '/files?q=name%20contains%20%27a%27', has: 'webViewLink' },
    tokens: GOOGLE_TOKENS,
    next: () => {
      const { fields, withdrawOld } = nextGoogle('robot');
      return { fields: { ...fields, subject: 'anna@acme.example' }, withdrawOld };
    },
    limited: () => google('limited'),
    throttled: () => google('throttled'),
  }),
  'a Google service account in Google Cloud': () => ({
    integration: 'google-cloud',
    method: 'service_account',
    entered: google('robot'),
    account: 'robot@keyrail-sandbox.iam.gserviceaccount.example',
    call: { path: '/v3/projects:search', has: 'Keyrail sandbox' },
    tokens: GOOGLE_TOKENS,
    next: () => nextGoogle('robot'),
    limited: () => google('limited'),
  }),
  'an AWS key that takes on a role with an external ID, in S3': () => ({
    integration: 'aws-s3',
    method: 'service_account',
    entered: { ...awsKey(AWS_ID), ...ROLE },
    account: null,
    call: { path: '/sandbox-invoices?list-type=2', has: '<KeyCount>3</KeyCount>' },
    tokens: ROLES,
    next: nextAws(ROLE),
    limited: () => ({ ...awsKey(AWS_ID), role_arn: roleArn('limited') }),
    throttled: () => awsKey('AKIASANDBOXTHROTTLE1'),
  }),
  'an AWS key that takes on a role, at STS': () => ({
    integration: 'aws-sts',
    method: 'service_account',
    entered: { ...awsKey(AWS_ID), role_arn: roleArn('keyrail'), session_name: 'acme-keyrail' },
    account: 'arn:aws:sts::123456789012:assumed-role/keyrail/acme-keyrail',
    call: {
      path: '/?Action=GetCallerIdentity',
      method: 'POST',
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      has: 'assumed-role/keyrail',
    },
    tokens: ROLES,
    next: nextAws({ role_arn: roleArn('keyrail') }),
  }),
  'an AWS key in SES': () => ({
    integration: 'aws-ses',
    method: 'service_account',
    entered: awsKey(AWS_ID),
    account: 'https://acme.example',
    call: {
      path: '/v2/email/outbound-emails',
      method: 'POST',
      body: {
        FromEmailAddress: 'hello@acme.example',
        Destination: { ToAddresses: ['lena@example.com'] },
        Content: { Simple: { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hi' } } } },
      },
      has: 'MessageId',
    },
    tokens: null,
    next: nextAws(),
    limited: () => awsKey('AKIASANDBOXLIMITED01'),
  }),
  'a client secret of Entra': () => ({
    integration: 'microsoft-azure',
    method: 'oauth2_client_credentials',
    entered: { ...azure('keyrail'), client_secret: FIRST_SECRET },
    account: 'Acme production',
    call: {
      path: `/subscriptions/${SUBSCRIPTION}/resourcegroups?api-version=2021-04-01`,
      has: 'shop-production',
    },
    tokens: ENTRA_TOKENS,
    next: nextSecret('microsoft-azure', KEYRAIL_APP),
    limited: () => ({ ...azure('limited'), client_secret: FIRST_SECRET }),
  }),
  'a certificate of Entra': () => {
    const first = certified('keyrail');
    const { client_id: _id, tenant_id: _tenant, ...second } = certified('keyrail');
    return {
      integration: 'microsoft-azure',
      method: 'certificate',
      entered: first,
      account: 'Acme production',
      call: { path: '/subscriptions?api-version=2022-12-01', has: 'Acme production' },
      tokens: ENTRA_TOKENS,
      next: () => ({
        fields: { client_id: KEYRAIL_APP, ...second },
        withdrawOld: () => sandbox.keys.remove(printOf(first.certificate ?? '')),
      }),
      limited: () => certified('limited'),
    };
  },
  'a key pair of Snowflake': () => ({
    integration: 'snowflake',
    method: 'key_pair',
    entered: snowflake('keyrail'),
    account: 'KEYRAIL',
    call: {
      path: '/api/v2/statements',
      method: 'POST',
      body: { statement: 'select * from orders' },
      has: 'order 1',
    },
    tokens: null,
    next: () => {
      const { fields, withdrawOld } = nextKey('snowflake', 'KEYRAIL')();
      return { fields: { username: 'keyrail', ...fields }, withdrawOld };
    },
    limited: () => snowflake('KEYRAIL_LIMITED'),
  }),
  'a GitHub App': () => ({
    integration: 'github',
    method: 'app',
    entered: github(5001),
    account: 'acme',
    call: { path: '/repos/acme/website/issues', method: 'POST', body: { title: 'Broken' }, has: 'issues/' },
    tokens: { log: 'github', path: '/app/installations/5001/access_tokens' },
    next: () => {
      const { fields, withdrawOld } = nextKey('github', GITHUB_APP.clientId)();
      return { fields: { client_id: GITHUB_APP.clientId, ...fields }, withdrawOld };
    },
    limited: () => github(5004),
  }),
  'a JWT of Salesforce': () => ({
    integration: 'salesforce',
    method: 'jwt',
    entered: salesforce('integration@acme.example'),
    account: 'integration@acme.example',
    call: { path: '/services/data/v60.0/query?q=SELECT%20Id%20FROM%20Account', has: 'totalSize' },
    tokens: { log: 'salesforce', path: '/services/oauth2/token' },
    next: () => {
      const { fields, withdrawOld } = nextKey('salesforce', SALESFORCE_APP.clientId)();
      const { client_id = '', username = '' } = salesforce('integration@acme.example');
      return { fields: { client_id, username, ...fields }, withdrawOld };
    },
    limited: () => salesforce('limited@acme.example'),
  }),
  'a service principal of Databricks': () => ({
    integration: 'databricks',
    method: 'oauth2_client_credentials',
    entered: databricks('keyrail'),
    account: idOf(DATABRICKS.principals, 'keyrail'),
    call: { path: '/api/2.0/sql/warehouses', has: 'Starter' },
    tokens: { log: 'databricks', path: '/oidc/v1/token' },
    next: nextSecret('databricks', idOf(DATABRICKS.principals, 'keyrail')),
    limited: () => databricks('limited'),
  }),
  'a team key of App Store Connect': () => ({
    integration: 'app-store-connect',
    method: 'service_account',
    entered: appStore(),
    account: 'Team of Acme Shop',
    call: { path: '/v1/apps', has: 'com.acme.shop' },
    tokens: null,
    next: () => ({
      fields: appStore(sandbox.keys.newKey('app-store-connect', APP_STORE.keys, 'ec')),
      withdrawOld: () => sandbox.keys.remove(firstPrivateKey('app-store-connect', APP_STORE.keys, 'ec').id),
    }),
  }),
};

function printOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}

const connect = ({ integration, method }: Pick<Kind, 'integration' | 'method'>, credentials: Fields) =>
  app.owner.post('/v1/connections', { integration, method, credentials, name: `${method} ${Math.random()}` });

async function connected(kind: Kind): Promise<string> {
  const made = await connect(kind, kind.entered);
  expect(made.status, made.text).toBe(201);
  return made.json.id;
}

const call = (id: string, { path, method, body }: Omit<Kind['call'], 'has'>) =>
  app.owner.request(
    method ?? 'GET',
    `/v1/proxy/${id}${path}`,
    body,
    typeof body === 'string' ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
  );

const asked = (kind: Kind) =>
  kind.tokens === null
    ? 0
    : sandbox.log
        .counts({ provider: kind.tokens.log, path: kind.tokens.path })
        .reduce((sum, one) => sum + one.count, 0);

describe.each(Object.entries(KINDS))('%s', (_, describeKind) => {
  let kind: Kind;
  let id: string;

  it('is checked, saved under the name of its account, and used; nothing that is secret is shown', async () => {
    sandbox.reset();
    kind = describeKind();
    id = await connected(kind);
    const kept = await app.owner.get(`/v1/connections/${id}`);
    expect(kept.json).toMatchObject({
      status: 'connected',
      account: kind.account && { name: kind.account },
    });
    const answer = await call(id, kind.call);
    expect(answer.text).toMatch(kind.call.has);
    const seen = [kept.text, (await app.owner.get(`/v1/connections/${id}/events`)).text].join('\n');
    for (const secret of ['client_secret', 'secret_access_key'])
      if (kind.entered[secret] !== undefined) expect(seen).not.toContain(kind.entered[secret]);
    for (const line of (kind.entered.private_key ?? '').split('\n').slice(1, -2))
      expect(seen).not.toContain(line);
  });

  it('asks for one new token where its token ended, whoever else needs it at that moment', async () => {
    const before = asked(kind);
    sandbox.endAccessTokens();
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(id, kind.call)));
    expect(new Set(answers.map(({ status }) => Math.floor(status / 100)))).toEqual(new Set([2]));
    expect(asked(kind) - before).toBe(kind.tokens === null ? 0 : 1);
  });

  it('is replaced by the next key, and the withdrawal of the old one is not noticed', async () => {
    const { fields, withdrawOld } = kind.next();
    const { tenant_id: _, region: __, ...entered } = fields;
    const replaced = await app.owner.patch(`/v1/connections/${id}`, { credentials: entered });
    expect(replaced.status, replaced.text).toBe(200);
    withdrawOld();
    sandbox.endAccessTokens();
    const answer = await call(id, kind.call);
    expect(answer.text).toMatch(kind.call.has);
    // The old one is refused from now on, and a connection made with it is not saved.
    expect((await connect(kind, kind.entered)).status).toBe(422);
  });

  it('that lacks a right is saved as limited; one that is throttled says so', async () => {
    sandbox.reset();
    if (kind.limited !== undefined) {
      const made = await connect(kind, kind.limited());
      expect(made.json, made.text).toMatchObject({
        status: 'limited',
        verdict: { kind: 'missing_permission' },
      });
    }
    if (kind.throttled === undefined) return;
    const refused = await connect(kind, kind.throttled());
    expect(refused.json, refused.text).toMatchObject({ verdict: { kind: 'rate_limited' } });
  });
});

/** What is entered, what it is taken for, and words of the provider and of ours that are said. */
type Refusal = [
  what: string,
  kind: Pick<Kind, 'integration' | 'method'>,
  entered: () => Fields,
  verdict: string,
  words: RegExp[],
];
const of = (integration: string, method = 'service_account') => ({ integration, method });
const GOOGLE = of('google-drive');
const AZURE_SECRET = of('microsoft-azure', 'oauth2_client_credentials');
const AZURE_CERTIFICATE = of('microsoft-azure', 'certificate');

const REFUSALS: Refusal[] = [
  [
    'a Google key that was deleted',
    GOOGLE,
    () => {
      const { fields } = nextGoogle('robot');
      sandbox.keys.remove((JSON.parse(fields.key_file ?? '{}') as { private_key_id: string }).private_key_id);
      return fields;
    },
    'rejected',
    [/Invalid JWT Signature/, /deleted or disabled there/],
  ],
  [
    'a Google account whose project was deleted',
    GOOGLE,
    () => google('gone'),
    'rejected',
    [/account not found/, /or its project, was deleted/],
  ],
  [
    'a person of another Google Workspace',
    GOOGLE,
    () => ({ ...google('robot'), subject: 'ben@elsewhere.example' }),
    'rejected',
    [/unauthorized to retrieve access tokens/, /Domain-wide delegation/],
  ],
  [
    'a person the Google Workspace does not have',
    GOOGLE,
    () => ({ ...google('robot'), subject: 'nobody@acme.example' }),
    'rejected',
    [/Invalid email or User ID/, /not known in this Google Workspace/],
  ],
  [
    'an AWS role that is not there',
    of('aws-s3'),
    () => ({ ...awsKey(AWS_ID), role_arn: roleArn('missing') }),
    'rejected',
    [/not authorized to perform: sts:AssumeRole/, /trust policy/],
  ],
  [
    'an AWS role without its external ID',
    of('aws-ses'),
    () => ({ ...awsKey(AWS_ID), role_arn: roleArn('partner'), external_id: 'another' }),
    'rejected',
    [/not authorized to perform: sts:AssumeRole/, /external ID is the one it asks for/],
  ],
  [
    'an AWS key that is unknown, in SES',
    of('aws-ses'),
    () => ({ ...awsKey(AWS_ID), access_key_id: 'AKIASANDBOXUNKNOWN01' }),
    'rejected',
    [/security token included in the request is invalid/],
  ],
  [
    'a temporary AWS key whose session is over, in SES',
    of('aws-ses'),
    () => ({ ...awsKey('ASIASANDBOXENDED0001'), session_token: 'sandbox-session-token-ended' }),
    'expired',
    [/expired/, /Enter new temporary keys/],
  ],
  [
    'a wrong client secret of Entra',
    AZURE_SECRET,
    () => ({ ...azure('keyrail'), client_secret: 'another-secret' }),
    'rejected',
    [/AADSTS7000215/, /not its ID/],
  ],
  [
    'a client secret of Entra that has run out',
    AZURE_SECRET,
    () => ({
      ...azure('keyrail'),
      client_secret: sandbox.keys.newSecret('microsoft-azure', KEYRAIL_APP, Date.now() - 1000),
    }),
    'expired',
    [/AADSTS7000222/, /has run out/],
  ],
  [
    'a directory that is not there',
    AZURE_SECRET,
    () => ({ ...azure('keyrail'), tenant_id: 'elsewhere.onmicrosoft.com', client_secret: FIRST_SECRET }),
    'rejected',
    [/AADSTS90002/, /no such directory/],
  ],
  [
    'an app that is not in the directory',
    AZURE_SECRET,
    () => ({ ...azure('keyrail'), client_id: ENTRA.tenant, client_secret: FIRST_SECRET }),
    'rejected',
    [/AADSTS700016/, /no app with this client ID/],
  ],
  [
    'an app that was disabled',
    AZURE_SECRET,
    () => ({ ...azure('disabled'), client_secret: FIRST_SECRET }),
    'expired',
    [/AADSTS7000112/, /disabled in this directory/],
  ],
  [
    'a certificate that Entra does not know',
    AZURE_CERTIFICATE,
    () => {
      const entered = certified('keyrail');
      sandbox.keys.remove(printOf(entered.certificate ?? ''));
      return entered;
    },
    'rejected',
    [/AADSTS700027/, /does not know this certificate/],
  ],
  [
    'a key pair whose public key the Snowflake user does not have',
    of('snowflake', 'key_pair'),
    () => ({ ...snowflake('KEYRAIL'), private_key: sandbox.keys.newKey('nobody', 'x').privateKey }),
    'rejected',
    [/JWT token is invalid/, /another public key or none/],
  ],
  [
    'a GitHub App that was deleted',
    of('github', 'app'),
    () => ({ ...github(5001), client_id: 'Iv23liSANDBOX0000009' }),
    'rejected',
    [/Integration not found/, /no app with this ID/],
  ],
  [
    'a key that is not the GitHub App’s',
    of('github', 'app'),
    () => ({ ...github(5001), private_key: sandbox.keys.newKey('nobody', 'y').privateKey }),
    'rejected',
    [/could not be decoded/, /not this app's/],
  ],
  [
    'an installation that was suspended',
    of('github', 'app'),
    () => github(5003),
    'expired',
    [/has been suspended/, /Settings > Applications/],
  ],
  [
    'an installation that is gone',
    of('github', 'app'),
    () => github(5999),
    'rejected',
    [/Not Found/, /not installed there any more/],
  ],
  [
    'a Salesforce user who was not let in',
    of('salesforce', 'jwt'),
    () => salesforce('stranger@acme.example'),
    'rejected',
    [/hasn't approved this consumer/, /pre-authorized/],
  ],
  [
    'a key that is not that of the Salesforce app’s certificate',
    of('salesforce', 'jwt'),
    () => ({
      ...salesforce('integration@acme.example'),
      private_key: sandbox.keys.newKey('nobody', 'z').privateKey,
    }),
    'rejected',
    [/invalid assertion/, /another certificate/],
  ],
  [
    'an unknown Salesforce app',
    of('salesforce', 'jwt'),
    () => ({ ...salesforce('integration@acme.example'), client_id: 'another' }),
    'rejected',
    [/client identifier invalid/, /consumer key/],
  ],
  [
    'a wrong secret of a Databricks service principal',
    of('databricks', 'oauth2_client_credentials'),
    () => ({ ...databricks('keyrail'), client_secret: 'dose-another' }),
    'rejected',
    [/Client authentication failed/],
  ],
  [
    'a Databricks token that is none',
    of('databricks', 'api_key'),
    () => ({ workspace_host: DATABRICKS.host, token: 'dapi-sandbox-0000' }),
    'rejected',
    [/Invalid access token/],
  ],
  [
    'a team key that Apple revoked',
    of('app-store-connect'),
    () => {
      const key = sandbox.keys.newKey('app-store-connect', APP_STORE.keys, 'ec');
      sandbox.keys.remove(key.id);
      return appStore(key);
    },
    'rejected',
    [/properly configured and signed bearer token/, /key was revoked/],
  ],
];

it.each(REFUSALS)(
  '%s is not saved, in the provider’s words and in ours',
  async (_, kind, entered, verdict, words) => {
    sandbox.reset();
    const refused = await connect(kind, entered());
    expect([refused.status, refused.json?.verdict?.kind], refused.text).toEqual([422, verdict]);
    for (const one of words) expect(refused.text).toMatch(one);
  },
);

it.each<[string, () => Kind, number]>(
  (
    [
      ['a Google service account in Google Cloud', 2],
      ['an AWS key that takes on a role, at STS', 2],
      ['an AWS key in SES', 2],
      ['a certificate of Entra', 2],
      ['a GitHub App', 2],
      ['a key pair of Snowflake', 2],
    ] as const
  ).map(([name, hours]) => [name, KINDS[name] as () => Kind, hours]),
)(
  '%s: a clock that is hours off is said to be that, and nothing is called a wrong key',
  async (_, kindOf, hours) => {
    sandbox.reset();
    const kind = kindOf();
    aheadMs = hours * 3_600_000;
    try {
      const refused = await connect(kind, kind.entered);
      expect(refused.text).toMatch(/clock of this server is wrong: it is 2 hours behind/);
    } finally {
      aheadMs = 0;
    }
  },
);

it('the installations of a GitHub App are listed to choose from, without the suspended ones', async () => {
  const { installation_id: _, ...credentials } = github(5001);
  const listed = await app.owner.post('/v1/integrations/github/choices', {
    method: 'app',
    credentials,
    field: 'installation_id',
  });
  expect(listed.status, listed.text).toBe(200);
  expect(listed.json.data.map((one: { value: string }) => one.value)).toEqual([
    '5001',
    '5002',
    '5004',
    '5005',
  ]);
});

it('a role that the Snowflake user does not have makes the connection a limited one, and is named', async () => {
  const made = await connect(of('snowflake', 'key_pair'), { ...snowflake('KEYRAIL'), role: 'ACCOUNTADMIN' });
  expect(made.json, made.text).toMatchObject({ status: 'limited', verdict: { kind: 'missing_permission' } });
  expect(made.text).toMatch(/does not exist or not authorized.*GRANT ROLE/);
});

it('actions of service accounts run over rows: what takes a while is asked for until it is there', async () => {
  sandbox.reset();
  const table = (await app.owner.post('/v1/tables', { name: 'Accounts', columns: [] })).json;
  await app.owner.post(`/v1/tables/${table.id}/rows`, { rows: [{ values: {} }] });
  const wanted: [kind: string, action: string, inputs: Record<string, unknown>, value: RegExp][] = [
    ['a key pair of Snowflake', 'run_statement', { statement: 'select * from orders' }, /^42$/],
    [
      'a service principal of Databricks',
      'run_sql',
      { statement: 'select 42', warehouse_id: '1a2b3c4d5e6f7890' },
      /^42$/,
    ],
    [
      'an AWS key in SES',
      'send_email',
      { from: 'hello@acme.example', to: 'lena@example.com', subject: 'Hello', text: 'Hi' },
      /^0107/,
    ],
    [
      'a Google service account in Google Cloud',
      'translate_text',
      { text: 'Hello', target: 'de' },
      /^\[de\] Hello$/,
    ],
    ['a GitHub App', 'create_issue', { owner: 'acme', repository: 'website', title: 'Broken' }, /issues/],
  ];
  const cells = await Promise.all(
    wanted.map(async ([name, action, given]) => {
      const kind = (KINDS[name] as () => Kind)();
      const inputs = Object.entries(given).map(([input, value]) => [input, { kind: 'constant', value }]);
      const column = await app.owner.post(`/v1/tables/${table.id}/columns`, {
        name,
        type: 'action',
        action: {
          integration: kind.integration,
          action,
          connection_id: await connected(kind),
          inputs: Object.fromEntries(inputs),
          outputs: {},
        },
      });
      expect(column.status, column.text).toBe(201);
      const run = await app.owner.post(`/v1/tables/${table.id}/columns/${column.json.id}/runs`, {
        scope: 'all',
      });
      await until(async () => (await app.owner.get(`/v1/runs/${run.json.id}`)).json.state === 'done');
      const [row] = (await app.owner.get(`/v1/tables/${table.id}/rows`)).json.data;
      return row.cells[column.json.id];
    }),
  );
  for (const [index, [name, , , value]] of wanted.entries())
    expect(String(cells[index]?.value), `${name}: ${JSON.stringify(cells[index])}`).toMatch(value);
});
