import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { surroundings } from './server-process.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';

let trial: SignInTrial;
beforeAll(async () => {
  trial = await startSignInTrial({ hasSetup: false });
});
afterAll(() => trial.close());

const SECRET = 'fake-client-secret-of-the-trial-0001';
const put = (body: object, headers: Record<string, string> = {}, client = trial.app.owner) =>
  client.request('PUT', '/v1/oauth/apps/trial', body, headers);
const setup = async (client = trial.app.owner) => {
  const { auth_methods } = (await client.get('/v1/integrations/trial')).json;
  return auth_methods[0].setup;
};

describe('a sign-in setup', () => {
  test('that nobody entered is said to everybody, with what to register where, and no sign-in begins', async () => {
    expect(await setup(await trial.app.member('viewer'))).toEqual({
      set_up_by: null,
      redirect_uri: trial.redirectUri,
      register_url: 'https://trial.example/apps',
      note: 'Choose a web app.',
      warnings: [],
      compare: expect.stringContaining(trial.redirectUri),
      // Of a file of the operator's own.
      address_stamp: expect.stringMatching(/^file:/),
    });
    const { answer } = await trial.begin();
    expect([answer.status, answer.json.code]).toEqual([409, 'setup_missing']);
    expect((await trial.app.owner.get('/v1/oauth/apps/trial')).status).toBe(404);
  });

  test('is entered once, shows the end of its secret alone, and is in the audit log without it', async () => {
    const made = await put(
      { client_id: ' fake-client ', client_secret: `${SECRET}\n` },
      { 'if-match': '"0"' },
    );
    expect(made.status, made.text).toBe(200);
    expect(made.json).toMatchObject({
      integration: 'trial',
      integration_name: 'Trial',
      method: 'oauth2',
      set_up_by: 'workspace',
      client_id: 'fake-client',
      client_secret_hint: '0001',
      redirect_uri: trial.redirectUri,
      connections_count: 0,
      version: 1,
    });
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.text).not.toContain(SECRET);
    expect((await setup()).set_up_by).toBe('workspace');
    const list = await trial.app.owner.get('/v1/oauth/apps');
    const { verdict, ...setUp } = made.json;
    expect(verdict).toBeNull();
    expect(list.json.data).toEqual([setUp]);
    // Of these alone: sign-ins of people are written behind their answers.
    const audit = await trial.app.owner.get('/v1/audit?action=oauth_app');
    expect(audit.json.data[0]).toMatchObject({ action: 'oauth_app.created', subject: { name: 'Trial' } });
    expect(audit.text).not.toContain(SECRET);
    const { rows } = await sql<{ sealed: string }>`select sealed from oauth_apps`.execute(
      trial.app.database.db.system,
    );
    expect(rows[0]?.sealed).toMatch(/^v1\.dk_/);
  });

  test('keeps its secret while the client id stays, and needs a new one with another client id', async () => {
    const kept = await put({ client_id: 'fake-client' });
    expect(kept.json).toMatchObject({ client_secret_hint: '0001', version: 2 });
    const other = await put({ client_id: 'another-client' });
    expect(other.status).toBe(400);
    expect(other.json.fields[0].path).toBe('client_secret');
    expect((await trial.app.owner.get('/v1/oauth/apps/trial')).json.client_id).toBe('fake-client');
  });

  test('that somebody else changed meanwhile is not overwritten', async () => {
    const stale = await put({ client_id: 'x', client_secret: SECRET }, { 'if-match': '"1"' });
    expect([stale.status, stale.json.code]).toEqual([412, 'edited_meanwhile']);
    const first = await put({ client_id: 'x', client_secret: SECRET }, { 'if-match': '"0"' });
    expect([first.status, first.json.code]).toEqual([412, 'edited_meanwhile']);
    const gone = await trial.app.owner.delete('/v1/oauth/apps/trial', { 'if-match': '"1"' });
    expect(gone.status).toBe(412);
  });

  test.each([
    [{ client_id: 'a\u0000b', client_secret: SECRET }],
    [{ client_id: 'a\nb', client_secret: SECRET }],
    [{ client_id: 'a', client_secret: 'b\u202ec' }],
    [{ client_id: '', client_secret: SECRET }],
    [{ client_secret: SECRET }],
    [{ client_id: 'a', client_secret: SECRET, redirect_uri: 'https://evil.test' }],
  ])('with %j is refused', async (body) => {
    expect((await put(body)).status).toBe(400);
  });

  test('is the matter of owners and admins, of its own workspace, and of a tool people sign in to', async () => {
    for (const role of ['editor', 'viewer'] as const) {
      const member = await trial.app.member(role);
      expect((await put({ client_id: 'a', client_secret: SECRET }, {}, member)).status).toBe(403);
      expect((await member.get('/v1/oauth/apps')).status).toBe(403);
    }
    const { client } = await trial.app.outsider();
    expect((await client.get('/v1/oauth/apps')).json.data).toEqual([]);
    expect((await client.get('/v1/oauth/apps/trial')).status).toBe(404);
    expect((await client.delete('/v1/oauth/apps/trial')).status).toBe(404);
    const hunter = await trial.app.owner.request('PUT', '/v1/oauth/apps/hunter', { client_id: 'a' });
    expect(hunter.status).toBe(404);
  });

  test('is not the matter of a token that is bound to one connection', async () => {
    await put({ client_id: trial.clientId, client_secret: trial.clientSecret });
    const signedIn = await trial.signIn({ name: 'Bound' });
    const { owner } = trial.app;
    const { connection_id } = (await owner.get(`/v1/oauth/authorizations/${signedIn.id}`)).json;
    const made = await trial.app.owner.post('/v1/tokens', {
      name: 'bound',
      scopes: ['connections:write'],
      connection_ids: [connection_id],
    });
    const bound = trial.app.as({ authorization: `Bearer ${made.json.token}` });
    expect((await put({ client_id: 'other', client_secret: SECRET }, {}, bound)).status).toBe(403);
    expect((await bound.delete('/v1/oauth/apps/trial')).status).toBe(403);
    expect((await owner.get('/v1/oauth/apps/trial')).json.client_id).toBe(trial.clientId);
    await owner.delete(`/v1/connections/${connection_id}`);
  });

  test('that is corrected lets renewals that it kept from working go on at once', async () => {
    const setup = { client_id: trial.clientId, client_secret: trial.clientSecret };
    await put(setup);
    const { id } = await trial.signIn({ name: 'Corrected' });
    const { connection_id } = (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json;
    const verify = async () => (await trial.app.owner.post(`/v1/connections/${connection_id}/verify`)).json;
    // Somebody replaced it at the tool alone.
    const newer = 'fake-newer-secret-of-the-trial-0002';
    trial.provider.takesSecrets(trial.clientId, [newer]);
    trial.provider.endAccessTokens();
    expect((await verify()).verdict.kind).toBe('provider_error');
    // One notice, on the setup, and one line in the audit log.
    const refused = (await trial.app.owner.get('/v1/oauth/apps/trial')).json;
    expect(refused.problem).toMatchObject({
      message: expect.stringMatching(/^Trial does not accept this client ID or client secret\./),
      since: expect.any(String),
    });
    const asked = trial.provider.tokenRequests.length;
    await verify();
    expect(trial.provider.tokenRequests.length).toBe(asked);
    const corrected = await put({ ...setup, client_secret: newer });
    expect(corrected.json.verdict.kind).toBe('ok');
    expect((await trial.app.owner.get('/v1/oauth/apps/trial')).json.problem).toBeNull();
    expect((await verify()).verdict.kind).toBe('ok');
    const audit = (await trial.app.owner.get('/v1/audit?action=oauth_app.refused')).json.data;
    expect(audit).toMatchObject([{ actor: { kind: 'keyrail' }, subject: { id: 'trial', name: 'Trial' } }]);
    await trial.app.owner.delete(`/v1/connections/${connection_id}`);
    trial.provider.takesSecrets(trial.clientId, [trial.clientSecret]);
    await trial.app.owner.delete('/v1/oauth/apps/trial');
  });

  test('whose client id changes says what happens to connections, and does it only when told to', async () => {
    await put({ client_id: trial.clientId, client_secret: trial.clientSecret });
    const { id } = await trial.signIn();
    const before = (await trial.app.owner.get('/v1/oauth/apps/trial')).json;
    expect(before.connections_count).toBe(1);
    const changed = { client_id: 'another-client', client_secret: SECRET };
    const refused = await put(changed);
    expect([refused.status, refused.json.code, refused.json.reason]).toEqual([
      409,
      'conflict',
      'client_id_in_use',
    ]);
    expect(refused.json.detail).toContain('sign in at Trial again');
    expect((await trial.app.owner.get('/v1/oauth/apps/trial')).json.version).toBe(before.version);
    expect((await put({ ...changed, sign_in_again: true })).status).toBe(200);
    const { connection_id } = (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json;
    trial.provider.endAccessTokens();
    const verified = await trial.app.owner.post(`/v1/connections/${connection_id}/verify`);
    expect(verified.json.verdict.provider_message ?? verified.json.verdict.message).toContain(
      'sign-in setup',
    );
    expect(trial.provider.tokenRequests.some((one) => one.clientId === 'another-client')).toBe(false);
  });

  test("removed gives way to the operator's", async () => {
    expect(
      await operator(['oauth-app', 'set', '--integration', 'trial', '--client-id', 'of-the-operator']),
    ).toEqual({ code: 0, said: expect.stringContaining(trial.redirectUri) });
    expect((await setup()).set_up_by).toBe('workspace');
    expect((await trial.app.owner.delete('/v1/oauth/apps/trial')).status).toBe(204);
    expect((await setup()).set_up_by).toBe('operator');
    const shared = (await trial.app.owner.get('/v1/oauth/apps/trial')).json;
    expect(shared).toMatchObject({ id: null, set_up_by: 'operator', client_id: 'of-the-operator' });
    expect((await trial.app.owner.delete('/v1/oauth/apps/trial')).status).toBe(404);
    const { url } = await trial.begin();
    expect(new URL(url).searchParams.get('client_id')).toBe('of-the-operator');
    const listed = await operator(['oauth-app', 'list']);
    expect(listed.said).toContain(`trial\tof-the-operator\t${trial.redirectUri}`);
    expect(listed.said).not.toContain(trial.clientSecret);
    expect((await operator(['oauth-app', 'remove', '--integration', 'trial'])).code).toBe(0);
    expect((await setup()).set_up_by).toBeNull();
    expect((await operator(['oauth-app', 'remove', '--integration', 'trial'])).code).toBe(1);
  });

  test("of the operator is in the audit log of every workspace it holds for, and in no other's", async () => {
    const set = ['oauth-app', 'set', '--integration', 'trial', '--client-id', 'of-the-operator'];
    await put({ client_id: trial.clientId, client_secret: trial.clientSecret });
    const { client: outsider } = await trial.app.outsider();
    for (const args of [set, ['oauth-app', 'remove', '--integration', 'trial']])
      expect((await operator(args)).code).toBe(0);
    const by = async (client: typeof outsider) =>
      (await client.get('/v1/audit?actor=operator')).json.data.map(
        ({ action, subject, detail }: { action: string; subject: object; detail: object }) => ({
          action,
          ...subject,
          ...detail,
        }),
      );
    const named = { kind: 'oauth_app', id: 'trial', name: 'Trial', set_up_by: 'operator' };
    expect(await by(outsider)).toMatchObject([
      { ...named, action: 'oauth_app.deleted' },
      { ...named, action: 'oauth_app.created' },
    ]);
    // Of those before it had one of its own; this one did not concern it.
    expect(await by(trial.app.owner)).toMatchObject([{ action: 'oauth_app.deleted' }]);
    await trial.app.owner.delete('/v1/oauth/apps/trial');
  });

  test('of the operator gets another secret of the same client only when the provider takes it, and can go back', async () => {
    const set = (secret: string, ...more: string[]) =>
      operator(
        ['oauth-app', 'set', '--integration', 'trial', '--client-id', trial.clientId, ...more],
        secret,
      );
    const of = (deed: string) => operator(['oauth-app', deed, '--integration', 'trial']);
    const newer = 'fake-newer-secret-of-the-operator-0003';
    trial.provider.takesSecrets(trial.clientId, [trial.clientSecret, newer]);
    expect((await set(trial.clientSecret)).code).toBe(0);
    const refused = await set('fake-wrong-secret-of-the-operator', '--save-unverified', 'yes');
    expect([refused.code, refused.said]).toEqual([1, expect.stringContaining('did not accept')]);
    const rotated = await set(newer);
    expect([rotated.code, rotated.said]).toEqual([0, expect.stringContaining('Nobody signs in again')]);
    const shown = async () => (await trial.app.owner.get('/v1/oauth/apps/trial')).json;
    expect(await shown()).toMatchObject({
      client_secret_hint: '0003',
      previous_secret: { hint: expect.any(String) },
    });
    expect((await of('rollback')).said).toMatch(/Rolled back\. Trial accepts/);
    expect((await shown()).client_secret_hint).toBe(trial.clientSecret.slice(-4));
    expect((await of('destroy-previous')).code).toBe(0);
    expect(await shown()).toMatchObject({ previous_secret: null, version: 3 });
    expect((await of('remove')).code).toBe(0);
    const said = (await trial.app.owner.get('/v1/audit?actor=operator')).json.data;
    expect(said.slice(0, 4).map(({ action }: { action: string }) => action)).toEqual([
      'oauth_app.deleted',
      'oauth_app.previous_destroyed',
      'oauth_app.rolled_back',
      'oauth_app.rotated',
    ]);
  });

  test('of the operator is none for a file that names another host than when it was entered', async () => {
    const { address_stamp: stamp } = await setup(trial.app.owner);
    const { system } = trial.app.database.db;
    for (const [entered, by] of [
      [stamp, 'operator'],
      ['file:of-another-host', null],
      [null, null],
    ]) {
      await sql`insert into oauth_operator_apps (integration, client_id, version, updated_at, address_stamp)
        values ('trial', ${trial.clientId}, 1, now(), ${entered})
        on conflict (integration) do update set address_stamp = ${entered}`.execute(system);
      expect((await setup(trial.app.owner)).set_up_by).toBe(by);
      expect((await trial.begin()).answer.status).toBe(by === null ? 409 : 201);
    }
    await sql`delete from oauth_operator_apps`.execute(system);
  });

  test('of the operator is refused for an unknown tool, one nobody signs in to, and without a secret', async () => {
    const set = (slug: string, secret?: string) =>
      operator(['oauth-app', 'set', '--integration', slug, '--client-id', 'x'], secret);
    expect((await set('nothing')).code).toBe(1);
    expect((await set('hunter')).code).toBe(1);
    expect((await set('trial', '')).code).toBe(1);
    const argument = [
      'oauth-app',
      'set',
      '--integration',
      'trial',
      '--client-id',
      'x',
      '--client-secret',
      'y',
    ];
    expect((await operator(argument)).code).toBe(1);
  });
});

const program = fileURLToPath(new URL('../src/operator/main.ts', import.meta.url));

/** The command as the operator runs it, with the secret on standard input. */
async function operator(args: string[], secret = SECRET): Promise<{ code: number | null; said: string }> {
  const { config, database } = trial.app;
  const child = spawn(process.execPath, [program, ...args], {
    env: {
      ...surroundings(),
      DATABASE_URL: database.url,
      KEYRAIL_MASTER_KEY_FILE: config.masterKeyFile,
      KEYRAIL_CATALOG_DIR: config.catalogDir ?? '',
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: config.allowedPrivateHosts.join(','),
      KEYRAIL_PORT: new URL(trial.app.url).port,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
  child.stdin.on('error', () => {});
  child.stdin.end(`${secret}\n`);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, said };
}
