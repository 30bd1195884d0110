import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SignIn } from './authorization/sign-in.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';
import { until } from './until.ts';

let trial: SignInTrial;
beforeAll(async () => {
  trial = await startSignInTrial({
    method: 'revoke_url: ISSUER/token/revocation',
    methods: (provider) => `${method('broken', provider, `revoke_url: ${provider.issuer}/no-such-page`)}
${method('silent', provider, 'remove_url: https://trial.example/account/apps')}
${method('post', provider, `revoke_url: ${provider.revokeUrl}`).replace('_basic', '_post')}`,
  });
});
afterAll(() => trial.close());

function method(id: string, { authorizeUrl, tokenUrl }: SignInTrial['provider'], more: string): string {
  return `  - type: oauth2
    id: ${id}
    authorize_url: ${authorizeUrl}
    token_url: ${tokenUrl}
    token_auth_method: client_secret_basic
    scopes: [{ name: openid }, { name: contacts.read }]
    ${more}`;
}

const owner = () => trial.app.owner;
const standing = async (id: string) => (await owner().get(`/v1/oauth/authorizations/${id}`)).json;
const connection = async (id: string) => (await owner().get(`/v1/connections/${id}`)).json;
const lives = (account: string) => trial.provider.lives(account);

async function connect(account: string, ask: object = {}): Promise<string> {
  const { id } = await trial.signIn(ask, { account } satisfies SignIn);
  const { connection_id, message } = await standing(id);
  if (connection_id === null) throw new Error(`not connected: ${message}`);
  return connection_id;
}

async function withdrawals(query = '') {
  return (await owner().get(`/v1/withdrawals${query}`)).json.data as Record<string, unknown>[];
}

const ofConnection = async (id: string) => (await withdrawals()).filter((one) => one.connection_id === id);

async function auditOf(id: string) {
  const { data } = (await owner().get(`/v1/audit?subject=${id}`)).json;
  return data.map(({ action }: { action: string }) => action) as string[];
}

describe('access is withdrawn at the provider', () => {
  test('within seconds of disconnecting, and connection, timeline and audit log say so', async () => {
    const id = await connect('ada');
    expect(lives('ada')).toBeGreaterThan(0);
    const answer = await owner().post(`/v1/connections/${id}/disconnect`);
    expect([answer.status, answer.json.status]).toEqual([200, 'disconnected']);
    expect(answer.json.withdrawal).toMatchObject({ state: expect.stringMatching(/pending|withdrawn/) });
    await until(async () => (await connection(id)).withdrawal?.state === 'withdrawn');
    expect(lives('ada')).toBe(0);
    expect((await connection(id)).withdrawal).toMatchObject({
      message: 'Access was withdrawn at Trial, too.',
      url: null,
    });
    const [event] = (await owner().get(`/v1/connections/${id}/events`)).json.data;
    expect(event).toMatchObject({ kind: 'access_withdrawn', message: 'Access was withdrawn at Trial, too.' });
    expect((await auditOf(id))[0]).toBe('connection.access_withdrawn');
    // Of a connection that is connected again nobody needs to know.
    await connect('ada', { connection: id });
    expect((await connection(id)).withdrawal).toBeNull();
  });

  test('of a deleted connection, too, which the list and the audit log still name', async () => {
    const id = await connect('bea', { name: 'Bea' });
    expect((await owner().delete(`/v1/connections/${id}`)).status).toBe(204);
    await until(() => lives('bea') === 0);
    await until(async () => (await withdrawals('?state=withdrawn')).some((one) => one.connection_id === id));
    const [entry] = await ofConnection(id);
    expect(entry).toMatchObject({
      integration: 'trial',
      integration_name: 'Trial',
      connection_name: 'Bea',
      is_connection_deleted: true,
      account: 'Account of bea',
      because: 'deleted',
      state: 'withdrawn',
      attempts: 1,
      next_attempt_at: null,
    });
    expect((await auditOf(id))[0]).toBe('connection.access_withdrawn');
  });

  test('once the last connection of the account is gone, also when two go at the same moment', async () => {
    const [one, two, three] = [await connect('cleo'), await connect('cleo'), await connect('cleo')];
    const before = lives('cleo');
    await owner().post(`/v1/connections/${one}/disconnect`);
    await until(async () => (await ofConnection(one))[0]?.next_attempt_at === null);
    expect(lives('cleo')).toBe(before);
    expect((await connection(one)).withdrawal).toMatchObject({
      state: 'pending',
      message: expect.stringContaining('another connection uses the same account'),
    });
    await Promise.all([two, three].map((id) => owner().delete(`/v1/connections/${id}?new_default=${one}`)));
    await until(() => lives('cleo') === 0);
    for (const id of [one, two, three])
      await until(async () => (await ofConnection(id)).every(({ state }) => state === 'withdrawn'));
  });

  test('of the account before, once a reconnect to another one cannot be rolled back any more', async () => {
    const id = await connect('dora');
    await connect('dan', { connection: id, accept_other_account: true });
    expect([lives('dora') > 0, lives('dan') > 0]).toEqual([true, true]);
    await sql`update credentials set destroy_after = now() - interval '1 minute'
      where connection_id = ${id} and state = 'previous'`.execute(trial.app.database.db.system);
    await sql`select keyrail_enqueue('connections.sweep', '{}', null, null, 'replace', null, 1, null)`.execute(
      trial.app.database.db.system,
    );
    await until(() => lives('dora') === 0);
    expect(lives('dan')).toBeGreaterThan(0);
    expect((await ofConnection(id))[0]).toMatchObject({ because: 'replaced' });
    expect((await connection(id)).status).toBe('connected');
  });

  test('that a sign-in got and was then refused, because it was another account', async () => {
    const id = await connect('eve');
    const { id: authorization } = await trial.signIn({ connection: id }, { account: 'mallory' });
    expect(await standing(authorization)).toMatchObject({ state: 'failed', reason: 'other_account' });
    await until(() => lives('mallory') === 0);
    expect(lives('eve')).toBeGreaterThan(0);
    const found = async () =>
      (await withdrawals('?state=withdrawn')).find((one) => one.account === 'Account of mallory');
    await until(async () => (await found()) !== undefined);
    expect(await found()).toMatchObject({
      because: 'sign_in_refused',
      connection_id: null,
      is_connection_deleted: false,
      account: 'Account of mallory',
    });
  });

  test('that a sign-in got for a connection which was deleted before it came back', async () => {
    const id = await connect('finn');
    const browser = trial.browser();
    const { url } = await trial.begin({ connection: id }, browser);
    const back = await trial.provider.signIn(url, { account: 'gus' });
    await owner().delete(`/v1/connections/${id}`);
    await browser.open(back.href);
    await until(() => lives('gus') === 0 && lives('finn') === 0);
  });

  test('that a renewal brings after its connection was deleted, and nothing of it is stored', async () => {
    const id = await connect('hana');
    let acted = () => {};
    const isActed = new Promise<void>((resolve) => (acted = resolve));
    let answer = () => {};
    const until_ = new Promise<void>((resolve) => (answer = resolve));
    trial.provider.endAccessTokens();
    trial.provider.fail({ kind: 'hold_answer', acted, until: until_ });
    const checking = owner().post(`/v1/connections/${id}/verify`);
    await isActed;
    expect((await owner().delete(`/v1/connections/${id}`)).status).toBe(204);
    answer();
    await checking;
    await until(async () =>
      (await ofConnection(id)).some(
        ({ because, state }) => because === 'renewed_too_late' && state === 'withdrawn',
      ),
    );
    expect(lives('hana')).toBe(0);
    const { rows } = await sql`select 1 from tokens where connection_id = ${id}`.execute(
      trial.app.database.db.system,
    );
    expect(rows).toEqual([]);
  });
});

describe('client id and secret with odd signs', () => {
  test.each([
    ['client_secret_basic', {}],
    ['client_secret_post', { method: 'post' }],
  ] as const)('serve signing in, renewing and withdrawing by %s', async (authMethod, ask) => {
    const odd = { clientId: `id:${authMethod} %2B+&=/`, clientSecret: 'fake:secret %41+&=/"~ 0001' };
    const { redirectUri, provider } = trial;
    await provider.addClient({ ...odd, authMethod, redirectUris: [redirectUri] });
    const put = await owner().request('PUT', '/v1/oauth/apps/trial', {
      client_id: odd.clientId,
      client_secret: odd.clientSecret,
      sign_in_again: true,
    });
    expect(put.status, put.text).toBe(200);
    const account = `odd-${authMethod}`;
    const id = await connect(account, ask);
    provider.endAccessTokens();
    expect((await owner().post(`/v1/connections/${id}/verify`)).json.verdict.kind).toBe('ok');
    await owner().post(`/v1/connections/${id}/disconnect`);
    await until(async () => (await connection(id)).withdrawal?.state === 'withdrawn');
    expect(lives(account)).toBe(0);
  });
});

describe('what a provider does not take', () => {
  test('keeps nobody from disconnecting, is tried again, and is said meanwhile', async () => {
    const id = await connect('ida', { method: 'broken' });
    expect((await owner().post(`/v1/connections/${id}/disconnect`)).json.status).toBe('disconnected');
    await until(async () => (await ofConnection(id))[0]?.attempts === 1);
    await until(async () => / answered with 404\./.test((await connection(id)).withdrawal.message));
    const [entry] = await ofConnection(id);
    expect(entry).toMatchObject({ state: 'pending', next_attempt_at: expect.any(String) });
    const [event] = (await owner().get(`/v1/connections/${id}/events`)).json.data;
    expect([event.kind, event.message]).toEqual([
      'withdrawal_failed',
      expect.stringContaining('could not be told yet'),
    ]);
    // While it is being told, it cannot be put away.
    const refused = await owner().delete(`/v1/withdrawals/${entry?.id}`);
    expect([refused.status, refused.json.reason]).toEqual([409, 'still_pending']);
  });

  test('or has no address for is said at once, with the page where a person does it, until somebody has seen it', async () => {
    const id = await connect('jon', { method: 'silent', name: 'Jon' });
    await owner().delete(`/v1/connections/${id}`);
    const [entry] = await withdrawals('?state=not_offered');
    expect(entry).toMatchObject({
      connection_id: id,
      is_connection_deleted: true,
      url: 'https://trial.example/account/apps',
      message: expect.stringContaining('offers no way to withdraw access from here'),
    });
    expect(await auditOf(id)).toContain('connection.withdrawal_failed');
    const { client } = await trial.app.outsider();
    expect((await client.get('/v1/withdrawals')).json.data).toEqual([]);
    expect((await client.delete(`/v1/withdrawals/${entry?.id}`)).status).toBe(404);
    const editor = await trial.app.member('editor');
    expect((await editor.get('/v1/withdrawals')).status).toBe(403);
    expect((await editor.delete(`/v1/withdrawals/${entry?.id}`)).status).toBe(403);
    expect((await owner().delete(`/v1/withdrawals/${entry?.id}`)).status).toBe(204);
    expect(await withdrawals('?state=not_offered')).toEqual([]);
    expect((await auditOf(String(entry?.id)))[0]).toBe('withdrawal.dismissed');
  });

  test('leaves no secret behind once it is over', async () => {
    const { rows } = await sql<{ state: string; has: boolean }>`
      select state, sealed is not null as has from withdrawals`.execute(trial.app.database.db.system);
    expect(rows.length).toBeGreaterThan(5);
    for (const { state, has } of rows) expect(has).toBe(state === 'pending');
  });
});
