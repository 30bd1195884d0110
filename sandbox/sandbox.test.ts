import { afterAll, beforeEach, expect, test } from 'vitest';
import { authenticator } from '../server/src/auth-methods/apply.ts';
import { extractOutputs, readAccount } from '../server/src/catalog/answers/extract.ts';
import { type Asked, judge } from '../server/src/catalog/answers/judge.ts';
import type { Outcome } from '../server/src/catalog/answers/outcome.ts';
import { readPath } from '../server/src/catalog/answers/path.ts';
import { catalogFolder } from '../server/src/catalog/built-in.ts';
import type { Action } from '../server/src/catalog/definition/action-definition.ts';
import type { ApiKeyMethod } from '../server/src/catalog/definition/auth-definition.ts';
import type { RequestTemplate } from '../server/src/catalog/definition/request-template.ts';
import type { Definition } from '../server/src/catalog/definition.ts';
import { loadCatalog } from '../server/src/catalog/load.ts';
import { resolveBaseUrl } from '../server/src/catalog/requests/base-url.ts';
import { prepareInputs } from '../server/src/catalog/requests/inputs.ts';
import { buildRequest } from '../server/src/catalog/requests/request.ts';
import { Secret } from '../server/src/lib/secret.ts';
import { AWS_KEYS } from './aws/keys.ts';
import { uuidOf } from './people.ts';
import { DATABRICKS } from './providers/databricks.ts';
import { SUBSCRIPTION } from './providers/microsoft-azure.ts';
import { SNOWFLAKE } from './providers/snowflake.ts';
import { sandboxUpstreams, startSandbox } from './start.ts';

let now = 1_000_000;
const sandbox = await startSandbox({ slowMs: 50, nowMs: () => now });
const catalog = await loadCatalog({ builtIn: catalogFolder });
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.reset();
  now += 3_600_000;
});

/** What a person enters or chooses, or the sandbox's providers answer a sign-in with. */
const FIELDS = {
  instance_url: 'https://acme.my.salesforce.com',
  login_host: 'login.salesforce.com',
  region: 'intercom',
  cloud_id: uuidOf('site acme'),
  realm_id: '9130347596800001',
  tenant_id: uuidOf('Xero Ltd'),
  account: SNOWFLAKE.account,
  workspace_host: DATABRICKS.host,
};
const API_DOMAINS: Record<string, string> = {
  pipedrive: 'https://acme.pipedrive.com',
  'zoho-crm': 'https://www.zohoapis.com',
};
const fieldsOf = ({ slug }: Definition): Record<string, string> => ({
  ...FIELDS,
  ...(API_DOMAINS[slug] !== undefined && { api_domain: API_DOMAINS[slug] }),
});
/** For those that know sign-in alone: their tokens look like keys here. */
const BEARER = definitionOf('hubspot').auth.find((one) => one.type === 'api_key') as ApiKeyMethod;

/** A catalog request, authenticated and sent to the stand-in, and what the catalog makes of the answer. */
async function ask(
  definition: Definition,
  asked: Asked,
  template: RequestTemplate,
  inputs: Record<string, unknown>,
  key: string,
): Promise<Outcome> {
  const method = methodOf(definition);
  const own = method.baseUrl ?? definition.baseUrl;
  const baseUrl =
    (asked.kind === 'probe' && asked.probe.baseUrl) ||
    (asked.kind === 'action' && asked.action.baseUrl) ||
    own;
  const built = buildRequest({ ...definition, baseUrl }, template, inputs, fieldsOf(definition));
  if (built.kind !== 'ready') throw new Error('cannot be built');
  const { apply } = authenticator(method, new Secret({ api_key: key, token: key }));
  const { body, ...unsigned } = built.request;
  const request = await apply({ ...unsigned, ...(body === null ? {} : { body }) }, new Date());
  const upstream = sandbox.upstreams.find((one) => request.url.startsWith(one.origin));
  if (upstream === undefined) throw new Error(`no stand-in for ${definition.slug}`);
  const response = await fetch(request.url.replace(upstream.origin, upstream.target), {
    method: built.request.method,
    headers: { ...request.headers },
    ...(built.request.body === null ? {} : { body: built.request.body }),
  });
  return judge(
    definition,
    asked,
    { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() },
    new Date(),
  );
}

/** A key travels as a key, or as the tokens of those that know sign-in alone. */
function methodOf({ auth }: Definition): ApiKeyMethod {
  const key = auth.find((one) => one.type === 'api_key');
  if (key !== undefined) return key;
  const send = auth.flatMap((one) => (one.type === 'oauth2' ? (one.send ?? []) : []));
  const placed = send.map((one) => ({ ...one, value: one.value.replace('{access_token}', '{api_key}') }));
  return placed.length === 0 ? BEARER : { ...BEARER, send: placed };
}

function definitionOf(slug: string): Definition {
  const definition = catalog.get(slug);
  if (definition === undefined) throw new Error(`no ${slug}`);
  return definition;
}

async function probe(slug: string, kind: string): Promise<Outcome> {
  const definition = definitionOf(slug);
  if (definition.probe === undefined) throw new Error('no probe');
  return ask(
    definition,
    { kind: 'probe', probe: definition.probe },
    definition.probe.request,
    {},
    keyOf(slug, kind),
  );
}

async function run(
  slug: string,
  action: Action,
  given: Record<string, unknown>,
  kind = 'good',
): Promise<Outcome> {
  const definition = definitionOf(slug);
  const prepared = prepareInputs(action, given);
  if (prepared.kind !== 'ready') throw new Error(JSON.stringify(prepared));
  const key = keyOf(slug, kind);
  for (let asking = 0; asking < 5; asking++) {
    const outcome = await ask(
      definition,
      { kind: 'action', action, step: 'submit' },
      action.request,
      prepared.inputs,
      key,
    );
    if (outcome.kind === 'pending') continue;
    if (outcome.kind !== 'success' || action.poll === undefined) return outcome;
    const job = { ...prepared.inputs, job_id: readPath(outcome.json, action.poll.id) };
    for (let polling = 0; polling < 5; polling++) {
      const polled = await ask(
        definition,
        { kind: 'action', action, step: 'poll' },
        action.poll.request,
        job,
        key,
      );
      if (polled.kind !== 'pending') return polled;
    }
  }
  throw new Error('never done');
}

/** One stand-in has all of Google's addresses, and so its keys and tokens. */
const KEYS_OF: Record<string, string> = { 'google-drive': 'google-sheets', 'google-cloud': 'google-sheets' };
const keyOf = (slug: string, kind: string) => `sandbox-${KEYS_OF[slug] ?? slug}-${kind}`;

/** AWS takes no keys of the sandbox: what is signed is verified. */
const stoodIn = catalog
  .list()
  .filter(({ slug }) => slug !== 'aws')
  .filter(({ slug }) => sandbox.upstreams.some((upstream) => upstream.slug === (KEYS_OF[slug] ?? slug)))
  .flatMap(({ slug }) => catalog.get(slug) ?? []);
const SLUGS = stoodIn.map((definition) => definition.slug);

const ERRORS_INSIDE: Record<string, string> = {
  apollo: 'rejected',
  linear: 'invalid_request',
  slack: 'invalid_request',
};

test.each(
  SLUGS.flatMap((slug): [string, string, string][] => [
    [slug, 'good', 'success'],
    [slug, 'good-anna', 'success'],
    // Salesforce says of both that the session is invalid or has ended.
    [slug, 'bad', slug === 'salesforce' ? 'expired' : 'rejected'],
    [slug, 'unheard-of', slug === 'salesforce' ? 'expired' : 'rejected'],
    [
      slug,
      'limited',
      slug === 'hunter' || slug === 'betterenrich'
        ? slug === 'hunter'
          ? 'missing_permission'
          : 'rejected'
        : 'missing_permission',
    ],
    [slug, 'throttled', slug === 'salesforce' ? 'out_of_credits' : 'rate_limited'],
    [slug, 'down', 'provider_error'],
    [slug, 'html', 'nonsense'],
    [slug, 'slow', 'success'],
    [slug, 'error200', ERRORS_INSIDE[slug] ?? 'nonsense'],
  ]),
)('%s: a key that is "%s" is judged %s', async (slug, kind, expected) => {
  expect((await probe(slug, kind)).kind).toBe(expected);
});

test.each(['hunter', 'betterenrich'])(
  '%s: a key without credits is judged out of credits, and a top-up heals it',
  async (slug) => {
    expect((await probe(slug, 'no-credits')).kind).toBe('out_of_credits');
    sandbox.topUp(`sandbox-${slug}-no-credits`, 10);
    expect((await probe(slug, 'no-credits')).kind).toBe('success');
  },
);

test('a key that is withdrawn is rejected from then on', async () => {
  expect((await probe('hunter', 'good')).kind).toBe('success');
  sandbox.revoke('sandbox-hunter-good');
  expect((await probe('hunter', 'good')).kind).toBe('rejected');
});

test('a provider that was down for three calls works again', async () => {
  const kinds = [];
  for (let call = 0; call < 4; call++) kinds.push((await probe('hunter', 'down-3')).kind);
  expect(kinds).toEqual(['provider_error', 'provider_error', 'provider_error', 'success']);
});

const VALUES: Record<string, unknown> = {
  campaign_id: undefined,
  first_name: 'Lena',
  last_name: 'Moreau',
  full_name: 'Lena Moreau',
  name: 'Lena Moreau',
  email: 'lena.moreau@acme.example',
  domain: 'acme.example',
  company_domain: 'acme.example',
  linkedin_url: 'https://www.linkedin.com/in/lena-moreau',
  profile_url: 'https://www.linkedin.com/in/lena-moreau',
  search: 'lena.moreau@acme.example',
  status: 'START',
  type: 'USER_LIST',
  domains: 'acme.example',
  sequence_id: 's1',
  contact_ids: 'c1, c2',
  email_account_id: 'e1',
  list_id: 'l1',
  keywords: 'sales',
  contact_id: '101',
  properties: { phone: '1' },
  deal_name: 'Large',
  spreadsheet_id: 'sheet1',
  range: 'Sheet1!A1:B2',
  values: [['a', 'b']],
  title: 'Plan',
  channel: 'C0123456789',
  text: 'Hello',
  users: 'U1',
  company: 'Acme',
  object: 'Contact',
  fields: { Name: 'Lena' },
  external_id_field: 'Ext__c',
  external_id: '7',
  database_id: 'd1',
  page_id: 'p1',
  block_id: 'b1',
  query: 'plan',
  children: [{ object: 'block' }],
  base_id: 'appSandbox0000001',
  table: 'People',
  record_id: 'rec1',
  merge_on: 'Email',
};
const OF_ACTION: Record<string, Record<string, unknown>> = {
  'hubspot find_owner': { email: 'lena@example.com' },
  'hubspot search_contacts': { query: 'lena.moreau@acme.example' },
  'hubspot create_company': { name: 'Acme', domain: 'acme.example' },
  'google-sheets append_row': { range: 'Sheet1', values: 'a; b' },
  'salesforce create_many': { records: [{ attributes: { type: 'Lead' }, LastName: 'Berg' }] },
  'google-sheets batch_update': { requests: [{ addSheet: {} }] },
  'salesforce query': { q: 'SELECT Id FROM Account LIMIT 1' },
  'airtable list_records': { formula: '{Email} = "lena.moreau@acme.example"' },
  'airtable find_record': { formula: '{Email} = "lena.moreau@acme.example"' },
};
/** Where the same name means something of its own. */
const OF_SLUG: Record<string, Record<string, unknown>> = {
  asana: { project_id: '1200000000000002', workspace_id: '1200000000000001', task_id: '1200000000000003' },
  box: { file_id: '101', folder_id: '0', name: 'Offers' },
  calendly: {
    user: 'https://api.calendly.com/users/SANDBOX',
    event_type: 'https://api.calendly.com/event_types/SANDBOXEVENTTYPE',
    meeting_id: 'SANDBOXMEETING',
    start_time: '2026-12-01T00:00:00Z',
    end_time: '2026-12-07T00:00:00Z',
  },
  dropbox: { path: '/Offers/acme.pdf', new_path: '/Offers/old.pdf' },
  intercom: { admin_id: '7', conversation_id: '8', tag_id: '9' },
  jira: {
    project_key: 'OPS',
    summary: 'Printer is on fire',
    jql: 'project = OPS',
    issue_key: 'OPS-12',
    query: 'lena.moreau@acme.example',
    fields: { summary: 'Printer is on fire' },
  },
  github: {
    owner: 'acme',
    repository: 'website',
    number: 7,
    body: 'Seen',
    state: 'closed',
    username: 'lena.moreau',
  },
  gitlab: {
    project: 'acme/website',
    number: 7,
    body: 'Seen',
    username: 'lena.moreau',
    source_branch: 'new',
    target_branch: 'main',
  },
  linear: { team_id: uuidOf('Engineering'), issue: 'ENG-123', words: 'crash', body: 'Seen' },
  'microsoft-outlook': {
    to: 'lena@acme.example',
    subject: 'Offer',
    start: '2026-12-01T09:00:00',
    end: '2026-12-01T09:30:00',
    from: '2026-12-01T00:00:00Z',
    until: '2026-12-08T00:00:00Z',
  },
  pipedrive: {
    term: 'lena.moreau@acme.example',
    phone: '+1 555',
    person_id: '101',
    deal_id: 7,
    content: 'Called',
  },
  quickbooks: {
    customer_id: '7',
    item_id: '1',
    amount: 120,
    invoice_id: '7',
    query: 'select * from Invoice',
  },
  xero: {
    status: 'AUTHORISED',
    contact_id: uuidOf('lena'),
    description: 'Work',
    unit_amount: 120,
    invoice: 'INV-0001',
    invoice_id: uuidOf('INV-0001'),
    account_code: '200',
    amount: 120,
  },
  'zoho-crm': {
    module: 'Contacts',
    record_id: '5540000000001',
    fields: { Last_Name: 'Moreau' },
    query: 'select Last_Name from Contacts',
  },
  'google-drive': { query: "name contains 'Offer'", file_id: 'f1', name: 'Offers', role: 'reader' },
  'google-cloud': { target: 'de', bucket: 'sandbox-invoices', project: 'keyrail-sandbox' },
  'microsoft-azure': { subscription_id: SUBSCRIPTION, group: 'shop-production', location: 'westeurope' },
  snowflake: { statement: 'select * from orders', column: 'EMAIL', value: 'lena.moreau@acme.example' },
  databricks: { statement: 'select 42', warehouse_id: '1a2b3c4d5e6f7890', job: 7, run_id: 8 },
  'app-store-connect': { bundle_id: 'com.acme.shop', app_id: '1234567890' },
  linkedin: { member_id: 'p1', url: 'https://acme.example', post_id: 'urn:li:share:1' },
  zoom: { topic: 'Demo', start_time: '2027-03-01T14:00:00Z', meeting_id: '81000000001' },
};
/** Not for a key of one's own. */
const FOR_APPS = new Set(['github list_installation_repositories']);
const CAMPAIGNS: Record<string, unknown> = { smartlead: 1001, heyreach: 5001, instantly: 'any' };

test.each(
  stoodIn.flatMap((definition) =>
    definition.actions
      .filter(({ name }) => !FOR_APPS.has(`${definition.slug} ${name}`))
      .map((action): [string, string, Action] => [definition.slug, action.name, action]),
  ),
)('%s %s gets an answer its outputs can be read from', async (slug, name, action) => {
  const values = {
    ...VALUES,
    campaign_id: CAMPAIGNS[slug],
    ...OF_SLUG[slug],
    ...OF_ACTION[`${slug} ${name}`],
    ...(slug === 'hunter' && name === 'domain_search' ? { type: 'personal' } : {}),
  };
  const given = Object.fromEntries(
    action.inputs
      .filter(
        (input) =>
          input.required ||
          ['search', 'formula'].includes(input.name) ||
          action.needs.flat(2).includes(input.name),
      )
      .map((input) => [input.name, values[input.name as keyof typeof values]]),
  );
  const outcome = await run(slug, action, given);
  expect(outcome.kind).toBe('success');
  const outputs = extractOutputs(action.outputs, outcome.kind === 'success' ? outcome.json : null);
  const primary = action.outputs.find((output) => output.primary);
  // Some only say that it is done.
  if (outcome.kind === 'success' && outcome.json !== null)
    expect(outputs[primary?.name ?? '']).not.toBeNull();
});

const AWS_ID = 'AKIASANDBOXGOOD00001';
const AWS_VALUES: Record<string, unknown> = {
  access_key: AWS_ID,
  bucket: 'sandbox-invoices',
  from: 'Acme <hello@acme.example>',
  to: 'lena.moreau@example.com',
  subject: 'Offer',
  text: 'Hello',
  html: '<p>Hello</p>',
  email: 'bounced@example.com',
  identity: 'acme.example',
};

test.each(
  ['aws', 'aws-s3', 'aws-ses'].flatMap((slug) =>
    definitionOf(slug).actions.map((action): [string, string, Action] => [slug, action.name, action]),
  ),
)('%s %s, signed, gets an answer its outputs can be read from', async (slug, _, action) => {
  const definition = definitionOf(slug);
  const [method] = definition.auth;
  if (method === undefined) throw new Error('no method');
  const fields = { region: 'eu-central-1' };
  const wanted = action.inputs.filter(
    ({ name, required }) => required || action.needs.flat(2).includes(name),
  );
  const given = Object.fromEntries(wanted.map(({ name }) => [name, AWS_VALUES[name]]));
  const prepared = prepareInputs(action, given);
  const inputs = prepared.kind === 'ready' ? prepared.inputs : {};
  const built = buildRequest(definition, action.request, inputs, fields);
  if (built.kind !== 'ready') throw new Error('cannot be built');
  const entered = { access_key_id: AWS_ID, secret_access_key: AWS_KEYS[AWS_ID].secret, ...fields };
  const { body, ...unsigned } = built.request;
  const signed = await authenticator(method, new Secret(entered)).apply(
    { ...unsigned, ...(body !== null && { body }) },
    new Date(now),
  );
  const { host, pathname, search } = new URL(signed.url);
  const upstream = sandbox.upstreams.find(({ origin }) => origin === `https://${host}`);
  const response = await fetch(`${upstream?.target}${pathname}${search}`, {
    method: built.request.method,
    headers: { ...signed.headers, 'x-forwarded-host': host },
    ...(body === null ? {} : { body }),
  });
  const outcome = judge(
    definition,
    { kind: 'action', action, step: 'submit' },
    { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() },
    new Date(now),
  );
  expect(outcome.kind).toBe('success');
  const outputs = extractOutputs(action.outputs, outcome.kind === 'success' ? outcome.json : null);
  expect(outputs[action.outputs.find(({ primary }) => primary)?.name ?? '']).not.toBeNull();
});

const findEmail = definitionOf('hunter').actions.find((action) => action.primary) as Action;

test('the same question gets the same answer, about twelve in a hundred find nobody, and some must be asked again', async () => {
  const kinds: string[] = [];
  for (let row = 0; row < 200; row++) {
    now += 100;
    kinds.push(
      (await run('hunter', findEmail, { domain: `firm${row}.example`, first_name: 'Jo', last_name: 'Doe' }))
        .kind,
    );
  }
  const nobody = kinds.filter((kind) => kind === 'no_result').length;
  expect(nobody).toBeGreaterThan(10);
  expect(nobody).toBeLessThan(45);
  expect(sandbox.log.counts({ path: '/v2/email-finder' }).some((count) => count.status === 202)).toBe(true);
  expect(sandbox.log.answeredTwice()).toEqual([]);
  await run('hunter', findEmail, { domain: 'firm0.example', first_name: 'Jo', last_name: 'Doe' });
  expect(sandbox.log.answeredTwice()).toHaveLength(1);
});

test('credits run out after so many addresses found', async () => {
  const kinds: string[] = [];
  for (let row = 0; row < 12; row++) {
    kinds.push(
      (
        await run(
          'hunter',
          findEmail,
          { domain: `firm${row}.example`, first_name: 'Jo', last_name: 'Doe' },
          'credits-5',
        )
      ).kind,
    );
  }
  expect(kinds.filter((kind) => kind === 'success')).toHaveLength(5);
  expect(kinds.at(-1)).toBe('out_of_credits');
});

test("the provider's documented limit is kept: the sixteenth call of a second is throttled, the next second is free", async () => {
  const ask16 = async () => {
    const kinds = [];
    for (let call = 0; call < 16; call++) kinds.push((await probe('hunter', 'good')).kind);
    return kinds;
  };
  expect((await ask16()).filter((kind) => kind === 'rate_limited')).toHaveLength(1);
  now += 1000;
  expect((await probe('hunter', 'good')).kind).toBe('success');
});

test('the account is named, so that two keys are told apart', async () => {
  const definition = definitionOf('hunter');
  const outcome = await probe('hunter', 'good-anna');
  expect(
    readAccount(definition.probe?.account ?? {}, outcome.kind === 'success' ? outcome.json : null),
  ).toMatchObject({ label: 'good-anna@hunter.sandbox.example', plan: 'Growth', creditsLeft: 1_000_000 });
});

test('the settings name every origin of the catalog and exactly the private addresses that are used', () => {
  const settings = sandboxUpstreams(sandbox);
  for (const definition of stoodIn) {
    const base = resolveBaseUrl(definition, fieldsOf(definition));
    expect(base.kind).toBe('ready');
    if (base.kind === 'ready')
      expect(settings.upstreams).toContain(`${new URL(base.url).origin}=http://127.0.0.1:`);
  }
  const targets = new Set(sandbox.upstreams.map(({ target }) => new URL(target).host));
  expect(settings.allowedPrivateHosts.split(',')).toEqual([...targets]);
});

test('the 200 MB answer and the one that unpacks to 200 MB begin and can be left', async () => {
  const upstream = sandbox.upstreams.find((one) => one.slug === 'hunter');
  for (const kind of ['huge', 'bomb']) {
    const response = await fetch(`${upstream?.target}/v2/account`, {
      headers: { 'x-api-key': `sandbox-hunter-${kind}` },
    });
    const reader = response.body?.getReader();
    let bytes = 0;
    while (bytes < 5_000_000) bytes += (await reader?.read())?.value?.length ?? Number.POSITIVE_INFINITY;
    await reader?.cancel();
    expect(bytes).toBeLessThan(Number.POSITIVE_INFINITY);
  }
});

test('the start page lists the keys, and calls can be counted and forgotten over HTTP', async () => {
  expect(await (await fetch(sandbox.url)).text()).toContain('sandbox-hunter-good');
  await probe('hunter', 'good');
  const calls = async () =>
    (
      (await (await fetch(`${sandbox.url}/calls?provider=hunter&key=sandbox-hunter-good`)).json()) as {
        total: number;
      }
    ).total;
  expect(await calls()).toBe(1);
  await fetch(`${sandbox.url}/reset`, { method: 'POST' });
  expect(await calls()).toBe(0);
});
