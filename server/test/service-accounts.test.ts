import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AWS_KEYS } from '../../sandbox/aws/serve.ts';
import { serviceAccountKey } from '../../sandbox/oauth/service-account.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../sandbox/start.ts';
import { type Client, clientOf, startApp, type TestApp } from './app.ts';
import { expire } from './chaos/expire.ts';
import { type KeyProvider, keyProviderFiles, ROBOT, startKeyProvider } from './key-provider.ts';
import { startServer } from './server-process.ts';
import { until } from './until.ts';

let app: TestApp;
let sandbox: Sandbox;
let provider: KeyProvider;
let folder: string;
let settings: Record<string, string>;

beforeAll(async () => {
  [sandbox, provider] = await Promise.all([startSandbox(), startKeyProvider()]);
  folder = mkdtempSync(join(tmpdir(), 'keyrail-keys-'));
  for (const [name, text] of Object.entries(keyProviderFiles(provider)))
    writeFileSync(join(folder, name), text);
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  settings = {
    KEYRAIL_CATALOG_DIR: folder,
    KEYRAIL_UPSTREAMS: upstreams,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: `${allowedPrivateHosts},127.0.0.1:${provider.port},127.0.0.1:${provider.mutualPort}`,
  };
  app = await startApp({ settings });
});
afterAll(async () => {
  await app?.close();
  await Promise.all([sandbox?.close(), provider?.close()]);
  rmSync(folder, { recursive: true });
});

const connect = (integration: string, credentials: object, more: object = {}) =>
  app.owner.post('/v1/connections', { integration, credentials, ...more });

async function connected(integration: string, credentials: object, more: object = {}): Promise<string> {
  const made = await connect(integration, credentials, more);
  expect(made.status, made.text).toBe(201);
  return made.json.id;
}
const recognise = (slug: string, credentials: object, method?: string) =>
  app.owner.post(`/v1/integrations/${slug}/recognise`, { credentials, ...(method && { method }) });
const me = (id: string, client: Client = app.owner) => client.get(`/v1/proxy/${id}/me`);

/** Everything an API client, a person or the audit log can see of a connection. */
async function everythingShown(id: string): Promise<string> {
  const paths = [`/v1/connections/${id}`, '/v1/connections', `/v1/connections/${id}/events`, '/v1/audit'];
  const answers = await Promise.all(paths.map((path) => app.owner.get(path)));
  expect(answers.map((one) => one.status)).toEqual([200, 200, 200, 200]);
  return answers.map((one) => one.text).join('\n');
}

describe('a Google service account', () => {
  const KEY = JSON.stringify(serviceAccountKey());

  it('is shown before it is saved, connects Google Sheets and BigQuery, and its private key is never shown again', async () => {
    const shown = await recognise('google-sheets', { key_file: KEY }, 'service_account');
    expect(shown.json).toMatchObject({ title: 'Google service account key', problem: null });
    const facts = [
      { label: 'Project', value: 'keyrail-sandbox' },
      { label: 'Client e-mail', value: serviceAccountKey().client_email },
      { label: 'Key ID', value: serviceAccountKey().private_key_id },
    ];
    expect(shown.json.facts).toEqual(facts);
    const id = await connected('google-sheets', { key_file: KEY }, { method: 'service_account' });
    const kept = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(kept).toMatchObject({ status: 'connected', method: 'service_account', facts, hint: null });
    expect(kept.account.name).toBe(serviceAccountKey().client_email);
    const seen = (await everythingShown(id)) + shown.text;
    const pem = serviceAccountKey().private_key ?? '';
    for (const line of pem.split('\n').slice(1, -2)) expect(seen).not.toContain(line);
    const read = await app.owner.get(`/v1/proxy/${id}/spreadsheets/sheet-1/values/A1:B2`);
    expect(read.status, read.text).toBe(200);

    const warehouse = await connected('google-bigquery', { key_file: KEY, project_id: 'keyrail-sandbox' });
    const listed = await app.owner.get(`/v1/proxy/${warehouse}/projects/keyrail-sandbox/datasets`);
    expect(listed.json.datasets).toHaveLength(1);
  });

  it.each<[string, string, RegExp]>([
    [
      'an OAuth client file',
      '{"installed":{"client_id":"x","client_secret":"y"}}',
      /This is an OAuth client file, not a service account key/,
    ],
    ['a web page', '<!doctype html><html><body>Sign in</body></html>', /This is a web page/],
    ['nothing', '', /this file is empty/],
    [
      'a token address of somebody else',
      KEY.replace('https://oauth2.googleapis.com/token', 'http://169.254.169.254/token'),
      /token_uri/,
    ],
  ])(
    'that is %s is refused by the save as by the look, and nothing is stored or called',
    async (_, key_file, words) => {
      const before = [(await app.owner.get('/v1/connections')).text, sandbox.log.counts({ path: '/token' })];
      const looked = await recognise('google-sheets', { key_file }, 'service_account');
      expect(looked.json.problem).toEqual({
        field: 'key_file',
        message: expect.stringMatching(words),
        reason: null,
      });
      const saved = await connect('google-sheets', { key_file }, { method: 'service_account' });
      expect(saved.status).toBe(400);
      expect(saved.json).toMatchObject({
        code: 'invalid_input',
        fields: [{ path: 'credentials.key_file', message: looked.json.problem.message }],
      });
      expect([(await app.owner.get('/v1/connections')).text, sandbox.log.counts({ path: '/token' })]).toEqual(
        before,
      );
    },
  );

  it('of 50 MB is too large, and of 300 KB too', async () => {
    const huge = await connect(
      'google-sheets',
      { key_file: 'x'.repeat(50 * 1024 * 1024) },
      { method: 'service_account' },
    );
    expect([huge.status, huge.json?.code]).toEqual([413, 'too_large']);
    expect(
      (await recognise('google-sheets', { key_file: 'x'.repeat(300 * 1024) }, 'service_account')).status,
    ).toBe(400);
  });

  it('whose key the provider does not know is refused, and nothing is saved', async () => {
    const { text, keyId } = provider.newKeyFile();
    provider.deleteKey(keyId);
    const refused = await connect('robot', { key_file: text });
    expect(refused.status).toBe(422);
    expect(refused.json).toMatchObject({ code: 'credential_rejected', verdict: { kind: 'rejected' } });
    expect(refused.text).toContain('Invalid JWT Signature.');
  });

  it('says in its assertion who it is, for whom, and for what; it lives an hour at most and is sent once', async () => {
    const before = provider.tokenRequests.length;
    const { text, keyId } = provider.newKeyFile();
    await connected('robot', { key_file: text, subject: 'ada@example.com' });
    const [asked, ...others] = provider.tokenRequests.slice(before);
    expect(others).toEqual([]);
    expect(asked).toMatchObject({
      keyId,
      claims: { iss: ROBOT, sub: 'ada@example.com', scope: 'one two', aud: provider.tokenUrl },
    });
    const { iat = 0, exp = 0 } = asked?.claims ?? {};
    expect(exp - iat).toBe(3_600);
  });

  it('is replaced by uploading another key while calls go on, and none of them fails', async () => {
    const [first, second] = [provider.newKeyFile(), provider.newKeyFile()];
    const id = await connected('robot', { key_file: first.text });
    const statuses: number[] = [];
    let isOver = false;
    const caller = async () => {
      while (!isOver) statuses.push((await me(id)).status);
    };
    const callers = [caller(), caller(), caller()];
    await until(() => statuses.length >= 3);
    const replaced = await app.owner.patch(`/v1/connections/${id}`, {
      credentials: { key_file: second.text },
    });
    expect(replaced.status, replaced.text).toBe(200);
    expect(replaced.json.facts).toContainEqual({ label: 'Key ID', value: second.keyId });
    provider.deleteKey(first.keyId);
    const before = statuses.length;
    await until(() => provider.calls.at(-1) === second.keyId && statuses.length >= before + 10);
    isOver = true;
    await Promise.all(callers);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(provider.calls.at(-1)).toBe(second.keyId);
  });

  it('whose new file is refused keeps the old key, which goes on working', async () => {
    const first = provider.newKeyFile();
    const id = await connected('robot', { key_file: first.text });
    const foreign = provider.newKeyFile();
    provider.deleteKey(foreign.keyId);
    expect(
      (await app.owner.patch(`/v1/connections/${id}`, { credentials: { key_file: foreign.text } })).status,
    ).toBe(422);
    expect((await app.owner.patch(`/v1/connections/${id}`, { credentials: { key_file: '{}' } })).status).toBe(
      400,
    );
    expect((await me(id)).status).toBe(200);
    expect((await app.owner.get(`/v1/connections/${id}`)).json.facts).toContainEqual({
      label: 'Key ID',
      value: first.keyId,
    });
  });

  it('that is used by two processes asks for one token at each expiry', async () => {
    const { text } = provider.newKeyFile();
    const id = await connected('robot', { key_file: text });
    const env = {
      ...settings,
      HOME: app.config.dataDir,
      DATABASE_URL: app.database.url,
      KEYRAIL_DATA_DIR: app.config.dataDir,
      KEYRAIL_MASTER_KEY_FILE: app.config.masterKeyFile,
      KEYRAIL_REQUESTS_PER_SECOND: '10000',
    };
    const processes = [startServer(env), startServer(env)];
    try {
      const { headers } = await app.token();
      const clients = await Promise.all(processes.map(async (one) => clientOf(await one.url(), headers)));
      const before = provider.tokenRequests.length;
      const statuses: number[] = [];
      let isOver = false;
      const caller = async (client: Client) => {
        while (!isOver) {
          statuses.push((await me(id, client)).status);
          await sleep(10);
        }
      };
      const callers = clients.flatMap((client) => [caller(client), caller(client)]);
      const { systemPool } = app.database.db;
      const generation = async () =>
        (await systemPool.query('select generation from tokens where connection_id = $1', [id])).rows[0]
          .generation;
      for (let turn = 0; turn < 3; turn += 1) {
        const had = await generation();
        await expire(systemPool, [id]);
        await until(async () => (await generation()) > had);
      }
      isOver = true;
      await Promise.all(callers);
      expect(new Set(statuses)).toEqual(new Set([200]));
      const asked = provider.tokenRequests.slice(before);
      expect(asked).toHaveLength(3);
      expect(new Set(asked.map((one) => one.claims?.jti)).size).toBe(3);
    } finally {
      await Promise.all(processes.map((one) => one.end('SIGTERM')));
    }
  });
});

describe('a private key of one’s own for assertions', () => {
  it('signs with what its kind of key is for, also where it came with a passphrase', async () => {
    const pem = provider.newKey('key-0001');
    const passphrase = 'fake passphrase 0001';
    const locked = createPrivateKey(pem).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    });
    const credentials = { client_id: ROBOT, key_id: 'key-0001', private_key: String(locked) };
    const without = await connect('robot', credentials, { method: 'jwt' });
    expect(without.json.fields).toEqual([
      { path: 'credentials.passphrase', message: expect.stringMatching(/protected by a passphrase/) },
    ]);
    const id = await connected('robot', { ...credentials, passphrase }, { method: 'jwt' });
    expect((await me(id)).status).toBe(200);
    expect(provider.tokenRequests.at(-1)).toMatchObject({
      keyId: 'key-0001',
      claims: { iss: ROBOT, sub: ROBOT },
    });
    expect(await everythingShown(id)).not.toContain(passphrase);
  });
});

describe('an AWS access key', () => {
  const ID = 'AKIASANDBOXGOOD00001';
  const entered = (id: keyof typeof AWS_KEYS, more: object = {}) => ({
    access_key_id: id,
    secret_access_key: AWS_KEYS[id].secret,
    region: 'eu-central-1',
    ...more,
  });

  it('is checked by a signed request that needs no permission, and named by its ARN', async () => {
    const id = await connected('aws', entered(ID));
    const kept = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(kept.account.name).toBe('arn:aws:iam::123456789012:user/good00001');
    expect(kept.facts).toContainEqual({ label: 'Access key ID', value: ID });
    expect(await everythingShown(id)).not.toContain(AWS_KEYS[ID].secret);
  });

  it('signs what the proxy is asked for: paths, parameters and bodies', async () => {
    const files = await connected('aws-s3', entered(ID));
    const listed = await app.owner.get(
      `/v1/proxy/${files}/sandbox-invoices?list-type=2&prefix=2026/11/gr%C3%B6%C3%9Fe%20%26`,
    );
    expect(listed.text).toContain('<KeyCount>1</KeyCount>');
    const identity = await connected('aws', entered('AKIASANDBOXGOOD00002'));
    const asked = await app.owner.post(
      `/v1/proxy/${identity}/`,
      'Action=GetCallerIdentity&Version=2011-06-15',
      {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
    );
    expect(asked.json?.GetCallerIdentityResponse.GetCallerIdentityResult.Account, asked.text).toBe(
      '123456789012',
    );
  });

  it.each<[string, string, object, string]>([
    ['with a wrong secret', 'aws', entered(ID, { secret_access_key: 'wrong' }), 'rejected'],
    ['that is unknown', 'aws-s3', entered(ID, { access_key_id: 'AKIASANDBOXUNKNOWN01' }), 'rejected'],
    [
      'whose session is over',
      'aws',
      entered('ASIASANDBOXENDED0001', { session_token: 'sandbox-session-token-ended' }),
      'expired',
    ],
    [
      'with another session token',
      'aws-s3',
      entered('ASIASANDBOXTEMP00001', { session_token: 'another' }),
      'rejected',
    ],
  ])('%s is not saved', async (_, integration, credentials, kind) => {
    const refused = await connect(integration, credentials);
    expect(refused.json, refused.text).toMatchObject({ code: 'credential_rejected', verdict: { kind } });
  });

  it('that may not list buckets is saved as limited, and the permission is named', async () => {
    const made = await connect('aws-s3', entered('AKIASANDBOXLIMITED01'));
    expect(made.json).toMatchObject({ status: 'limited', verdict: { kind: 'missing_permission' } });
    expect(made.text).toContain('s3:ListAllMyBuckets');
  });

  it('is replaced by the second key of the same user', async () => {
    const id = await connected('aws', entered(ID), { name: 'replaced' });
    const { region: _, ...second } = entered('AKIASANDBOXGOOD00002');
    const replaced = await app.owner.patch(`/v1/connections/${id}`, { credentials: second });
    expect(replaced.status, replaced.text).toBe(200);
    expect(replaced.json.facts).toContainEqual({ label: 'Access key ID', value: 'AKIASANDBOXGOOD00002' });
  });
});

describe('a client certificate', () => {
  const pairOf = (name: string, days?: number) => {
    const { cert, key } = provider.newClient(name, days);
    return { certificate: cert, private_key: key, authority: provider.mutualAuthority };
  };

  it('connects, is shown by its subject, end and fingerprint, and its key is never shown', async () => {
    const pair = pairOf('anna.example');
    const id = await connected('mutual', pair);
    const kept = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(kept).toMatchObject({ status: 'connected', account: { name: 'anna.example' } });
    expect(kept.facts).toContainEqual({ label: 'Subject', value: 'CN=anna.example' });
    expect(Date.parse(kept.expires_at)).toBeGreaterThan(Date.now() + 299 * 86_400_000);
    expect((await me(id)).json).toMatchObject({ name: 'anna.example' });
    expect(await everythingShown(id)).not.toContain(pair.private_key.split('\n')[1]);
  });

  it('that ends soon is saved, said so, and the connection says when', async () => {
    const made = await connect('mutual', pairOf('soon.example', 10));
    expect(made.status, made.text).toBe(201);
    expect(made.json.notes).toEqual([expect.stringMatching(/ends on .*, in 10 days/)]);
    expect(made.json).toMatchObject({
      status: 'expiring_soon',
      status_reason: expect.stringMatching(/end on/),
    });
  });

  it.each<[string, () => object, number, RegExp]>([
    ['that is over', () => pairOf('old.example', -1), 400, /ended on/],
    [
      'with the key of another',
      () => ({ ...pairOf('anna.example'), private_key: pairOf('ben.example').private_key }),
      400,
      /do not belong together/,
    ],
    [
      'where its key is missing',
      () => ({ ...pairOf('anna.example'), private_key: undefined }),
      400,
      /Private key is missing/,
    ],
    ['that was withdrawn', () => pairOf('withdrawn.example'), 422, /did not accept this certificate/],
  ])('%s is refused', async (_, entered, status, words) => {
    provider.allowClients(['anna.example', 'ben.example', 'soon.example']);
    const refused = await connect('mutual', entered());
    expect([refused.status, refused.text]).toEqual([status, expect.stringMatching(words)]);
  });

  it('of a server that is believed by nobody is not sent, however good it is', async () => {
    const { authority: _, ...pair } = pairOf('anna.example');
    const refused = await connect('mutual', pair);
    expect(refused.json).toMatchObject({
      verdict: {
        kind: 'unreachable',
        message: expect.stringMatching(/comes from an authority that is not known here/),
      },
    });
  });

  it('is replaced by uploading the next one while calls go on, and none of them fails', async () => {
    provider.allowClients(['anna.example', 'ben.example']);
    const id = await connected('mutual', pairOf('anna.example'));
    const statuses: number[] = [];
    let isOver = false;
    const caller = async () => {
      while (!isOver) statuses.push((await me(id)).status);
    };
    const callers = [caller(), caller(), caller()];
    await until(() => statuses.length >= 3);
    const replaced = await app.owner.patch(`/v1/connections/${id}`, { credentials: pairOf('ben.example') });
    expect(replaced.status, replaced.text).toBe(200);
    const before = statuses.length;
    await until(() => provider.calls.at(-1) === 'ben.example' && statuses.length >= before + 10);
    isOver = true;
    await Promise.all(callers);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(provider.calls.at(-1)).toBe('ben.example');
  });
});
