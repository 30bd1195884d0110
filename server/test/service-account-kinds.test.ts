import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../sandbox/start.ts';
import { startApp, type TestApp } from './app.ts';
import { type Fields, github, snowflake } from './sandbox-accounts.ts';
import { type Kind, kindsAt } from './service-kinds.ts';
import { of, refusalsAt } from './service-refusals.ts';
import { until } from './until.ts';

/** By how much the providers' clocks are ahead of ours. */
let aheadMs = 0;
const sandbox: Sandbox = await startSandbox({ nowMs: () => Date.now() + aheadMs });
const KINDS = kindsAt(sandbox);
const REFUSALS = refusalsAt(sandbox);
let app: TestApp;

beforeAll(async () => {
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  app = await startApp({
    settings: { KEYRAIL_UPSTREAMS: upstreams, KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts },
  });
});
afterAll(async () => {
  await app?.close();
  await sandbox.close();
});

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
