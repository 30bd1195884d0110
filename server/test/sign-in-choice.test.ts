import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { movableClock } from './clock.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';

let trial: SignInTrial;
const clock = movableClock();
beforeAll(async () => {
  trial = await startSignInTrial({
    clock,
    method: `revoke_url: ISSUER/token/revocation
    account_choice:
      label: Trial site
      field: site
      url: ISSUER/api/accounts
      items: data
      value: id
      name: name
      where: { kind: site }`,
    file: `connection_fields:
  - name: site
    label: Site
    filled_from: { source: account_choice }
  - name: place
    label: Place
    required: false
    filled_from: { source: account_choice, path: place }
  - name: app
    label: App
    filled_from: { source: client_id }
default_headers: { Client-Id: "{app}" }
actions:
  - name: who
    label: Who
    description: Says who asks.
    primary: true
    request: { method: GET, path: /me }
    outputs: [{ name: id, label: Id, type: text, path: id, primary: true }]
    repeatable: true`,
  });
  trial.provider.reaches('several', [
    { id: 'acme', name: 'Acme', kind: 'site' },
    { id: 'not-a-site', name: 'Something else', kind: 'other' },
    { id: 'acme', name: 'Acme again', kind: 'site' },
    { id: '../evil', name: 'Cannot stand in an address', kind: 'site' },
    { id: 'misplaced', name: 'Whose place cannot', kind: 'site', place: '../evil' },
    { id: 'globex', name: 'Globex <b>', kind: 'site' },
  ]);
  trial.provider.reaches('single', [{ id: 'acme', name: 'Acme', kind: 'site', place: 'eu-1' }]);
});
afterAll(() => trial.close());

const standing = async (id: string, client = trial.app.owner) =>
  (await client.get(`/v1/oauth/authorizations/${id}`)).json;
const choose = (id: string, value: string, client = trial.app.owner) =>
  client.post(`/v1/oauth/authorizations/${id}/choose`, { value });
const connection = async (id: string) => (await trial.app.owner.get(`/v1/connections/${id}`)).json;
const all = async () => (await trial.app.owner.get('/v1/connections?limit=200')).json.data;
const row = async (id: string) => {
  const { rows } = await sql<{ sealed: string | null; text: string }>`
    select sealed, row_to_json(authorizations)::text as text from authorizations where id = ${id}`.execute(
    trial.app.database.db.system,
  );
  return rows[0];
};

// First, while no other connection may be of the same account: then it would wait for that one.
const withdrawals = async () => (await trial.app.owner.get('/v1/withdrawals')).json.data;

test('nobody chooses in time: the tokens are destroyed, and withdrawn at the provider', async () => {
  trial.provider.reaches('leaver', [
    { id: 'acme', name: 'Acme', kind: 'site' },
    { id: 'globex', name: 'Globex', kind: 'site' },
  ]);
  const { id } = await trial.signIn({}, { account: 'leaver' });
  const before = (await withdrawals()).length;
  clock.forward(11 * 60_000);
  expect(await standing(id)).toMatchObject({ state: 'expired', choices: null, connection_id: null });
  expect((await choose(id, 'acme')).status).toBe(409);
  await sql`select keyrail_enqueue('authorizations.sweep', '{}'::json, null, null, 'replace', null, null, null)`.execute(
    trial.app.database.db.system,
  );
  await vi.waitFor(async () => expect((await row(id))?.sealed).toBeNull(), { timeout: 60_000 });
  await vi.waitFor(
    async () => {
      const [newest] = await withdrawals();
      expect(newest).toMatchObject({ because: 'sign_in_refused', state: 'withdrawn', connection_id: null });
    },
    { timeout: 60_000 },
  );
  expect(await withdrawals()).toHaveLength(before + 1);
});

test('what a sign-in got that came to nothing is withdrawn, too', async () => {
  const before = (await withdrawals()).length;
  const { id } = await trial.signIn({}, { account: 'nobody' });
  expect((await standing(id)).state).toBe('failed');
  await vi.waitFor(async () => expect((await withdrawals())[0]).toMatchObject({ state: 'withdrawn' }), {
    timeout: 60_000,
  });
  expect(await withdrawals()).toHaveLength(before + 1);
});

describe('a sign-in that reaches several accounts', () => {
  test('waits for a choice, with its tokens sealed, and is then a connection for that one', async () => {
    const before = (await all()).length;
    const { id, page } = await trial.signIn({}, { account: 'several' });
    expect([page.status, page.text.includes('Choose the Trial site')]).toEqual([200, true]);
    expect(await standing(id)).toMatchObject({
      state: 'choosing',
      choice_label: 'Trial site',
      choices: [
        { value: 'acme', label: 'Acme' },
        { value: 'globex', label: 'Globex <b>' },
      ],
      connection_id: null,
    });
    expect(await all()).toHaveLength(before);
    const waiting = await row(id);
    expect(waiting?.sealed).toMatch(/^v1\./);
    const chosen = await choose(id, 'globex');
    expect(chosen.status, chosen.text).toBe(200);
    expect(chosen.json).toMatchObject({ state: 'connected', choices: null });
    const made = await connection(chosen.json.connection_id);
    expect(made).toMatchObject({ status: 'connected', fields: { site: 'globex', app: trial.clientId } });
    expect((await row(id))?.sealed).toBeNull();
    expect((await trial.app.owner.post(`/v1/connections/${made.id}/verify`)).json.verdict.kind).toBe('ok');
  });

  test('is finished once: of twenty choices at once, and of one afterwards, one counts', async () => {
    const before = (await all()).length;
    const { id } = await trial.signIn({}, { account: 'several' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => choose(id, i % 2 === 0 ? 'acme' : 'globex')),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(
      answers.filter(({ status, json }) => status === 409 && json.reason === 'not_choosing'),
    ).toHaveLength(19);
    expect((await choose(id, 'acme')).status).toBe(409);
    expect(await all()).toHaveLength(before + 1);
  });

  test('is for nothing that was not offered', async () => {
    const { id } = await trial.signIn({}, { account: 'several' });
    for (const value of ['elsewhere', 'not-a-site', '../evil']) {
      const refused = await choose(id, value);
      expect([refused.status, refused.json.fields?.[0].path]).toEqual([400, 'value']);
    }
    expect((await standing(id)).state).toBe('choosing');
  });

  test('is for the person who signed in: another admin, a token and an outsider neither see nor choose', async () => {
    const { id } = await trial.signIn({}, { account: 'several' });
    const admin = await trial.app.member('admin');
    expect(await standing(id, admin)).toMatchObject({ state: 'choosing', choices: null });
    expect((await choose(id, 'acme', admin)).status).toBe(403);
    expect((await choose(id, 'acme', await trial.app.token())).status).toBe(403);
    expect((await choose(id, 'acme', (await trial.app.outsider()).client)).status).toBe(404);
    expect((await choose(id, 'acme')).status).toBe(200);
  });

  test('is not finished by somebody whose role was lowered meanwhile', async () => {
    const admin = await trial.app.member('admin');
    const { id } = await trial.signIn({}, { account: 'several' }, trial.browser(admin));
    const { user } = (await admin.get('/v1/session')).json;
    await sql`update members set role = 'viewer' where user_id = ${user.id}`.execute(
      trial.app.database.db.system,
    );
    const before = (await all()).length;
    expect((await choose(id, 'acme', admin)).status).toBe(403);
    expect(await all()).toHaveLength(before);
  });

  test('whose tokens were moved in from another sign-in does not open them', async () => {
    const [mine, theirs] = [
      await trial.signIn({}, { account: 'several' }),
      await trial.signIn({}, { account: 'several' }),
    ];
    await sql`update authorizations set sealed = (select sealed from authorizations where id = ${theirs.id})
      where id = ${mine.id}`.execute(trial.app.database.db.system);
    const chosen = await choose(mine.id, 'acme');
    expect(chosen.json).toMatchObject({ state: 'failed', connection_id: null });
  });
});

test('one account is taken without asking, with what it says of other fields', async () => {
  const { id } = await trial.signIn({}, { account: 'single' });
  const after = await standing(id);
  expect(after.state).toBe('connected');
  expect((await connection(after.connection_id)).fields).toEqual({
    site: 'acme',
    place: 'eu-1',
    app: trial.clientId,
  });
});

test('none is said in words, and nothing is saved', async () => {
  const before = (await all()).length;
  const { id, page } = await trial.signIn({}, { account: 'nobody' });
  expect(page.status).toBe(400);
  const end = await standing(id);
  expect(end).toMatchObject({ state: 'failed', reason: 'rejected' });
  expect(end.message).toContain('no Trial site');
  expect(end.next_step).toBeTruthy();
  expect(await all()).toHaveLength(before);
});

describe('signing in again', () => {
  test('takes the account that the connection had, without asking', async () => {
    const first = await trial.signIn({}, { account: 'several' });
    const { connection_id: id } = (await choose(first.id, 'globex')).json;
    const again = await trial.signIn({ connection: id }, { account: 'several' });
    expect(await standing(again.id)).toMatchObject({ state: 'connected', connection_id: id });
    expect((await connection(id)).fields).toEqual({ site: 'globex', app: trial.clientId });
  });

  test('with one that does not reach it changes nothing, unless that is wanted', async () => {
    const first = await trial.signIn({}, { account: 'several' });
    const { connection_id: id } = (await choose(first.id, 'globex')).json;
    const before = await connection(id);
    const other = await trial.signIn({ connection: id }, { account: 'single' });
    const end = await standing(other.id);
    expect(end).toMatchObject({ state: 'failed', reason: 'other_account' });
    expect(end.message).toContain('Acme');
    expect(await connection(id)).toEqual(before);
    const wanted = await trial.signIn({ connection: id, accept_other_account: true }, { account: 'single' });
    expect((await standing(wanted.id)).state).toBe('connected');
    expect((await connection(id)).fields).toEqual({ site: 'acme', place: 'eu-1', app: trial.clientId });
  });
});
