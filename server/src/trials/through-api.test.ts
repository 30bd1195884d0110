import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, startApp, type TestApp } from '../../test/app.ts';
import { catalogFolder } from '../catalog/built-in.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { AuthMethod, OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { loadCatalog } from '../catalog/load.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { filledAddress } from '../oauth/addresses.ts';
import { actionSuccess, askedFor, inputValue } from './cases/action-cases.ts';
import { actionAsked, documented, labelIn } from './cases/cases.ts';
import { checkCases, checkOf, labelAnswer } from './cases/check-cases.ts';
import { type Answer, jsonAnswer } from './cases/made-answer.ts';
import { NEVER_SAVED, VERDICTS } from './cases/meanings.ts';
import { madeTokenAnswer } from './cases/token-answers.ts';
import { type MadeUp, madeUpFor } from './entered.ts';
import { accountListOf } from './play/play-account-choice.ts';
import { type Arrived, type Expected, openStandIn, type StandIn } from './stand-in/stand-in.ts';
import { isFor } from './try-file.ts';
import { certificateOf } from './under-test.ts';

/**
 * Each file once through the API of a whole server, on its database: a bad credential is not saved, a good one is; what was
 * saved fills a cell; a sign-in ends in a connection. What all the other answers mean: catalog.test.ts.
 */
let standIn: StandIn;
let app: TestApp;
let table: { id: string; rowId: string };

const catalog = await loadCatalog({ builtIn: catalogFolder });
const definitions = catalog.list().map(({ slug }): [string, Definition] => {
  const definition = catalog.get(slug);
  if (definition === undefined) throw new Error(`${slug} has problems: catalog-files.test.ts says which`);
  return [slug, definition];
});

beforeAll(async () => {
  standIn = await openStandIn();
  const origins = new Set(definitions.flatMap(([, definition]) => originsOf(definition)));
  app = await startApp({
    settings: {
      KEYRAIL_UPSTREAMS: [...origins].map((origin) => `${origin}=http://${standIn.address}`).join(','),
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: standIn.address,
      KEYRAIL_PUBLIC_URL: 'https://keyrail.example',
    },
  });
  const made = await app.owner.post('/v1/tables', {
    name: 'Leads',
    columns: [{ name: 'Name', type: 'text' }],
  });
  const rows = await app.owner.post(`/v1/tables/${made.json.id}/rows`, { rows: [{ values: {} }] });
  table = { id: made.json.id, rowId: rows.json.data[0].id };
}, 60_000);
afterAll(async () => {
  await app.close();
  await standIn.close();
});

/** Nobody begins that many sign-ins in ten minutes. */
const MOST_SIGN_INS = 25;
let signIns = 0;
let client: Client;

async function somebody(): Promise<Client> {
  if (signIns % MOST_SIGN_INS === 0) client = await app.member('admin');
  signIns += 1;
  return client;
}

const entering = definitions.flatMap(([slug, definition]) => {
  const method = definition.auth.find(({ type }) => type !== 'oauth2' && type !== 'certificate');
  return method === undefined ? [] : [[slug, definition, method] as const];
});
const signingIn = definitions.flatMap(([slug, definition]) =>
  definition.auth.flatMap((method) =>
    method.type === 'oauth2' ? [[slug, definition, method] as const] : [],
  ),
);

describe('a credential that is refused is not saved; one that is taken is, and fills a cell', () => {
  test.each(entering)('%s', async (_, definition, method) => {
    const { entered, told } = madeUp(definition, method);
    const body = { integration: definition.slug, method: methodIdOf(method), credentials: entered };
    const cases = casesOf(definition, method);
    const [refused] = cases?.filter(({ means }) => NEVER_SAVED.has(VERDICTS[means])) ?? [];
    const [taken] = cases?.filter(({ means }) => means === 'success') ?? [];
    const token = 'tokenUrl' in method ? tokenOf(definition, method, told) : null;
    if (refused !== undefined) {
      const answer = await standIn.play([...(token ?? []), anything(refused.answer)], () =>
        app.owner.post('/v1/connections', body),
      );
      expect(answer.result.status, answer.result.text).toBe(422);
      expect(answer.result.json.verdict.kind).toBe(VERDICTS[refused.means]);
    }
    const expected = [
      ...(token ?? []),
      ...(taken === undefined ? [] : [labelled(definition, method), anything(taken.answer)]),
    ];
    const saved = await standIn.play(expected, () => app.owner.post('/v1/connections', body));
    expect(saved.result.status, saved.result.text).toBe(201);
    expect(saved.result.json.status).toBe(taken === undefined ? 'unverified' : 'connected');
    if (taken !== undefined) expectAccount(definition, method, taken.answer, saved.result.json);
    await expectCell(app.owner, definition, method, saved.result.json.id);
  });
});

describe('a sign-in ends in a connection', () => {
  test.each(signingIn)('%s', async (_, definition, method) => {
    const owner = await somebody();
    const { url } = app;
    const { entered, told } = madeUp(definition, method);
    const setup = {
      client_id: 'example-client-0001',
      ...(method.tokenAuthMethod === 'none' ? {} : { client_secret: 'fake-client-secret-0001' }),
    };
    const put = await owner.request('PUT', `/v1/oauth/apps/${definition.slug}`, setup);
    expect(put.status, put.text).toBe(200);
    const ask = {
      integration: definition.slug,
      method: methodIdOf(method),
      name: `Signed in ${method.id ?? ''}`,
      fields: entered,
    };
    const begun = await owner.post('/v1/oauth/authorizations', ask);
    expect(begun.status, begun.text).toBe(201);
    const address = new URL(begun.json.authorization_url);
    const state = stateIn(address);
    const query = new URLSearchParams({ code: 'fake-code-0001', state });
    for (const [name, template] of Object.entries(method.callbackMatch))
      query.set(name, filledAddress(definition, template, entered) ?? '');
    if (method.issuer !== undefined) query.set('iss', method.issuer);
    for (const { name, filledFrom } of definition.connectionFields)
      if (filledFrom?.source === 'callback_query' && told[name] !== undefined)
        query.set(filledFrom.path, told[name]);
    const cookie = begun.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const taken = casesOf(definition, method)?.find(({ means }) => means === 'success');
    const back = await standIn.play(
      [
        ...(tokenOf(definition, method, told) ?? []),
        ...accountsOf(definition, method, { ...entered, ...told }),
        ...(taken === undefined ? [] : [labelled(definition, method), anything(taken.answer)]),
      ],
      () =>
        fetch(`${url}/oauth/callback/${definition.slug}?${query}`, {
          redirect: 'manual',
          headers: { cookie: `${owner.headers.cookie}; ${cookie}` },
        }),
    );
    expect(back.result.status).toBe(303);
    const ended = await owner.get(`/v1/oauth/authorizations/${begun.json.id}`);
    expect(ended.json, ended.text).toMatchObject({ state: 'connected' });
  });
});

test('the key that SerpApi repeats in its answers is in nothing that is shown or stored', async () => {
  const definition = catalog.get('serpapi');
  const example = definition?.examples.find(({ of, means }) => of === 'probe' && means === 'success');
  const key = 'fake-serpapi-key-4711';
  const echoed = { ...Object(example?.body), api_key: key };
  const body = { integration: 'serpapi', method: 'api_key', credentials: { api_key: key } };
  const refused = await standIn.play([anything(jsonAnswer(401, { error: `${key} is no key` }))], () =>
    app.owner.post('/v1/connections', body),
  );
  const saved = await standIn.play([anything(jsonAnswer(200, echoed))], () =>
    app.owner.post('/v1/connections', body),
  );
  expect(saved.result.json, saved.result.text).toMatchObject({ account: { name: 'demo@serpapi.com' } });
  const { id } = saved.result.json;
  const found = { search_metadata: { status: 'Success' }, organic_results: [{ title: 'Found' }], echoed };
  const tried = await standIn.play([anything(jsonAnswer(200, found))], () =>
    app.owner.post(`/v1/tables/${table.id}/tryouts`, {
      row_id: table.rowId,
      action: {
        integration: 'serpapi',
        action: 'google_search',
        connection_id: id,
        inputs: { q: { kind: 'constant', value: 'acme' }, engine: { kind: 'constant', value: 'google' } },
        outputs: {},
      },
    }),
  );
  expect(tried.result.text).toContain('[secret]');
  const read = await app.owner.get(`/v1/connections/${id}`);
  const shown = [refused.result.text, saved.result.text, tried.result.text, read.text].join('\n');
  expect(shown).not.toContain(key);
  const stored = await everyRow();
  expect(stored).toContain('demo@serpapi.com');
  expect(stored).not.toContain(key);
});

async function everyRow(): Promise<string> {
  const { system } = app.database.db;
  const tables = await sql<{ at: string }>`
    select format('%I.%I', schemaname, tablename) at from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`.execute(system);
  const texts: string[] = [];
  for (const { at } of tables.rows) {
    const read = await sql<{ text: string }>`select one::text as text from ${sql.raw(at)} one`.execute(
      system,
    );
    texts.push(...read.rows.map(({ text }) => text));
  }
  return texts.join('\n');
}

function madeUp(definition: Definition, method: AuthMethod): MadeUp {
  const made = madeUpFor(definition, method, certificateOf);
  if (made.kind !== 'made_up') throw new Error(`${definition.slug}: ${JSON.stringify(made)}`);
  return made;
}

function casesOf(definition: Definition, method: AuthMethod) {
  const asked = checkOf(definition, method, ['auth', definition.auth.indexOf(method)]);
  return asked === null ? null : checkCases(definition, method, asked);
}

/** Whatever is asked; that it is asked as described is another test's to see. */
function anything(answer: Answer): Expected {
  return { what: 'the call', misfit: () => null, answer, isOptional: true };
}

function at(what: string, address: string | null, answer: Answer): Expected {
  const wanted = new URL(address ?? 'https://nowhere.invalid');
  const isThere = ({ url }: Arrived) => url.host === wanted.host && url.pathname === wanted.pathname;
  return {
    what,
    misfit: (arrived) => (isThere(arrived) ? null : 'another address'),
    answer,
    isOptional: true,
  };
}

function tokenOf(
  definition: Definition,
  method: Extract<AuthMethod, { tokenUrl: string }>,
  told: MadeUp['told'],
): Expected[] {
  const example = documented(definition, 'token', methodIdOf(method)).find(
    ({ means }) => means === 'success',
  );
  const answer = example?.answer ?? madeTokenAnswer({ described: definition }, method, told);
  return [
    at(
      'the token',
      filledAddress(definition, method.tokenUrl, { ...madeUp(definition, method).entered, ...told }),
      answer,
    ),
  ];
}

function labelled(definition: Definition, method: AuthMethod): Expected {
  const asked = checkOf(definition, method, [])?.probe;
  const request = asked?.labelRequest?.request;
  const path = request?.path.replaceAll(/\{[^}]+\}/g, '') ?? '';
  const answer = (asked && labelAnswer(definition, method, asked)) ?? jsonAnswer(200, {});
  const isOther = path !== '' && path !== asked?.request.path;
  return {
    what: 'the name',
    isOptional: true,
    answer,
    misfit: ({ url }) => (isOther && url.pathname.endsWith(path) ? null : 'another path'),
  };
}

function accountsOf(definition: Definition, method: OAuth2Method, fields: MadeUp['told']): Expected[] {
  const { accountChoice: choice } = method;
  if (choice === undefined) return [];
  return [
    at(
      'the accounts',
      filledAddress(definition, choice.url, fields),
      accountListOf(definition, choice, fields),
    ),
  ];
}

function expectAccount(
  definition: Definition,
  method: AuthMethod,
  answer: Answer,
  connection: { account: { name: string | null } | null },
): void {
  const probe = checkOf(definition, method, [])?.probe;
  const name =
    probe === undefined || probe.labelRequest !== undefined
      ? null
      : labelIn(definition, probe.account, answer);
  if (name !== null) expect(connection.account?.name).toBe(name);
}

/** By the first action for rows; a job's would wait, which another test has seen. */
async function expectCell(
  owner: Client,
  definition: Definition,
  method: AuthMethod,
  connectionId: string,
): Promise<void> {
  const index = definition.actions.findIndex(
    (one) => one.perRow && one.poll === undefined && isFor(one, method),
  );
  const action = definition.actions[index];
  if (action === undefined) return;
  const success = actionSuccess(definition, action, actionAsked(action, index));
  if (success === null) throw new Error(`${definition.slug}: no success of ${action.name}`);
  const tried = await standIn.play([anything(success)], () =>
    owner.post(`/v1/tables/${table.id}/tryouts`, {
      row_id: table.rowId,
      action: {
        integration: definition.slug,
        action: action.name,
        connection_id: connectionId,
        inputs: inputsOf(action, askedFor(action, definition, success)),
        outputs: {},
      },
    }),
  );
  expect(tried.result.status, tried.result.text).toBe(200);
  expect(tried.result.json, tried.result.text).toMatchObject({
    // Where all is well there may be nothing to show.
    state: expect.stringMatching(success.text === '' ? /^(done|no_result)$/ : /^done$/),
  });
}

function inputsOf(action: Action, asked: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    action.inputs.map((input) => {
      const value = asked[input.name] ?? inputValue(input);
      return [
        input.name,
        { kind: 'constant', value: typeof value === 'object' ? JSON.stringify(value) : value },
      ];
    }),
  );
}

function stateIn(address: URL): string {
  const inFragment = new URLSearchParams(address.hash.slice(address.hash.indexOf('?') + 1));
  return address.searchParams.get('state') ?? inFragment.get('state') ?? '';
}

function originsOf(definition: Definition): string[] {
  return definition.auth.flatMap((method) => {
    const made = madeUp(definition, method);
    const fields = { ...made.entered, ...made.told };
    const addresses = [
      definition.baseUrl,
      method.baseUrl,
      checkOf(definition, method, [])?.probe.baseUrl,
      ...definition.actions.map(({ baseUrl }) => baseUrl),
      ...('tokenUrl' in method ? [method.tokenUrl] : []),
      ...(method.type === 'oauth2' ? [method.accountChoice?.url] : []),
    ];
    return addresses.flatMap((address) => {
      const filled = address === undefined ? null : filledAddress(definition, address, fields);
      return filled === null ? [] : [new URL(filled).origin];
    });
  });
}
