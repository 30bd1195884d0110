import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startApp, type TestApp } from './app.ts';
import { expire } from './chaos/expire.ts';
import { movableClock } from './clock.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';
import { setOff } from './until.ts';

/** A sign-in setup's client secret is replaced while people's access lives on it: two servers, a strict provider. */
const clock = movableClock();
let trial: SignInTrial;
let other: TestApp;
let connectionId: string;
let secret: string;
let made = 0;

beforeAll(async () => {
  trial = await startSignInTrial({ clock, method: 'refresh: rotating', provider: { strict: true } });
  const { database, config } = trial.app;
  const settings = {
    KEYRAIL_CATALOG_DIR: config.catalogDir ?? '',
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: config.allowedPrivateHosts.join(','),
  };
  other = await startApp({ clock, database, keyFile: config.masterKeyFile, settings });
  secret = trial.clientSecret;
  const { id } = await trial.signIn();
  connectionId = (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json.connection_id;
});
afterAll(async () => {
  await other.close();
  await trial.close();
});
beforeEach(() => trial.provider.failAlways(null));

function newSecret(): string {
  made += 1;
  return `fake-client-secret-newer-${String(made).padStart(4, '0')}`;
}
const takes = (...secrets: string[]) => trial.provider.takesSecrets(trial.clientId, secrets);
const put = (body: object, headers: Record<string, string> = {}, app = trial.app) =>
  app.owner.request('PUT', '/v1/oauth/apps/trial', { client_id: trial.clientId, ...body }, headers);
const setup = async () => (await trial.app.owner.get('/v1/oauth/apps/trial')).json;
const deed = (name: string) => trial.app.owner.post(`/v1/oauth/apps/trial/${name}`);

const runOut = () => expire(trial.app.database.db.systemPool, [connectionId]);

/** Whether the access is renewed and works, through both servers. */
async function renews(): Promise<void> {
  await runOut();
  for (const { owner } of [trial.app, other]) {
    const called = await owner.get(`/v1/proxy/${connectionId}/me`);
    expect(called.status, called.text).toBe(200);
  }
  expect(trial.provider.counts().refresh_token?.reuses).toBe(0);
}

async function rotated(): Promise<string> {
  const [before, next] = [secret, newSecret()];
  takes(before, next);
  const saved = await put({ client_secret: next });
  expect([saved.status, saved.json.verdict?.kind], saved.text).toEqual([200, 'ok']);
  secret = next;
  return before;
}

async function entries(): Promise<number> {
  // Sign-ins of people are written behind their answers.
  return (await trial.app.owner.get('/v1/audit?limit=200&action=oauth_app')).json.data.length;
}

test('a new client secret is tried first, becomes current in one step, and nobody signs in again', async () => {
  const before = await rotated();
  expect(await setup()).toMatchObject({
    client_secret_hint: secret.slice(-4),
    previous_secret: { hint: before.slice(-4) },
    version: 2,
    connections_count: 1,
  });
  takes(secret);
  await renews();
  const audit = await trial.app.owner.get('/v1/audit?action=oauth_app.rotated');
  expect(audit.json.data).toHaveLength(1);
  expect(audit.text).not.toContain(secret);
  // A real refresh token was shown to nobody for it: here that would be a theft.
  expect(trial.provider.counts().refresh_token?.reuses).toBe(0);
});

test('a client secret that the provider refuses leaves no trace', async () => {
  const [before, noted] = [await setup(), await entries()];
  const refused = await put({ client_secret: 'fake-client-secret-wrong-0001', save_unverified: true });
  expect([refused.status, refused.json.code, refused.json.verdict.kind]).toEqual([
    422,
    'credential_rejected',
    'rejected',
  ]);
  expect(refused.text).not.toContain('wrong-0001');
  expect([await setup(), await entries()]).toEqual([before, noted]);
  await renews();
});

test('one that the provider cannot be asked about is saved only when that is wanted', async () => {
  const next = newSecret();
  takes(secret, next);
  trial.provider.failAlways({ kind: 'answer', status: 503 });
  const refused = await put({ client_secret: next });
  expect([refused.status, refused.json.verdict.kind]).toEqual([422, 'provider_error']);
  const saved = await put({ client_secret: next, save_unverified: true });
  expect([saved.status, saved.json.verdict.kind]).toEqual([200, 'provider_error']);
  secret = next;
  trial.provider.failAlways(null);
  takes(secret);
  await renews();
});

test('rolled back it is tried first, too; destroyed there is no way back', async () => {
  const before = await rotated();
  takes(secret);
  const over = await deed('rollback');
  expect([over.status, over.json.verdict?.kind]).toEqual([422, 'rejected']);
  takes(before);
  const back = await deed('rollback');
  expect([back.status, back.json.verdict.kind]).toEqual([200, 'ok']);
  expect(back.json).toMatchObject({
    client_secret_hint: before.slice(-4),
    previous_secret: { hint: secret.slice(-4) },
  });
  secret = before;
  await renews();
  expect((await deed('destroy-previous')).json.previous_secret).toBeNull();
  for (const name of ['rollback', 'destroy-previous']) {
    const nothing = await deed(name);
    expect([nothing.status, nothing.json.reason]).toEqual([409, 'no_previous_secret']);
  }
  const { rows } = await trial.app.database.db.systemPool.query('select from oauth_previous_secrets');
  expect(rows).toHaveLength(0);
  takes(secret, 'fake-client-secret-kept-for-no-time');
  const hours = { client_secret: 'fake-client-secret-kept-for-no-time', keep_previous_hours: 0 };
  expect((await put(hours)).json.previous_secret).toBeNull();
  secret = hours.client_secret;
});

test('a renewal under way with the old client secret is made once more with the new one, and blames no setup', async () => {
  let isThere = false;
  let goOn: () => void = () => {};
  const until = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  await runOut();
  trial.provider.fail({ kind: 'hold', arrived: () => (isThere = true), until });
  const call = await setOff(
    () => other.owner.get(`/v1/proxy/${connectionId}/me`),
    () => isThere,
  );
  await rotated();
  takes(secret);
  goOn();
  const answered = await call.answer;
  expect(answered.status, answered.text).toBe(200);
  expect((await setup()).problem).toBeNull();
  await renews();
});

test('the old one withdrawn a moment after the new one is current fails no call of two servers', async () => {
  const failed: string[] = [];
  let isOver = false;
  const callers = [trial.app, other].map(async ({ owner }) => {
    while (!isOver) {
      const called = await owner.get(`/v1/proxy/${connectionId}/me`);
      if (called.status !== 200) failed.push(called.text);
    }
  });
  for (let turn = 0; turn < 4; turn += 1) {
    await rotated();
    await runOut();
    takes(secret);
    await sleep(20);
  }
  isOver = true;
  await Promise.all(callers);
  expect(failed).toEqual([]);
  expect((await setup()).problem).toBeNull();
});

test('of two who replace it at once on what they saw one is told; where they said nothing both have their turn', async () => {
  const { version } = await setup();
  const [one, two] = [newSecret(), newSecret()];
  takes(secret, one, two);
  const at = { 'if-match': `"${version}"` };
  const seen = await Promise.all([put({ client_secret: one }, at), put({ client_secret: two }, at, other)]);
  expect(seen.map(({ status }) => status).sort()).toEqual([200, 412]);
  const [three, four] = [newSecret(), newSecret()];
  takes(secret, one, two, three, four);
  const both = await Promise.all([put({ client_secret: three }), put({ client_secret: four }, {}, other)]);
  expect(both.map(({ status }) => status)).toEqual([200, 200]);
  const now = await setup();
  expect(now.version).toBe(version + 3);
  const hints = [three, four].map((text) => text.slice(-4));
  expect([now.client_secret_hint, now.previous_secret.hint].sort()).toEqual(hints.sort());
  secret = now.client_secret_hint === three.slice(-4) ? three : four;
  takes(secret);
  await renews();
});

test('a roll-back and a replacement at once leave one of them current and the other one before it, or are refused', async () => {
  const before = await rotated();
  const next = newSecret();
  takes(before, secret, next);
  const [back, replaced] = await Promise.all([deed('rollback'), put({ client_secret: next }, {}, other)]);
  expect(replaced.status, replaced.text).toBe(200);
  expect([200, 409, 412]).toContain(back.status);
  const now = await setup();
  // Gone back before the replacement, or refused; or gone back from it, to what it replaced.
  const current = [next, before, secret].find((text) => text.slice(-4) === now.client_secret_hint);
  expect(current).toBeDefined();
  if (current === secret) expect([back.status, now.previous_secret.hint]).toEqual([200, next.slice(-4)]);
  secret = current ?? '';
  takes(secret);
  await renews();
});

test('a person who was at the provider while it was replaced comes back and is signed in', async () => {
  let goOn: () => void = () => {};
  const until = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const isThere = new Promise<void>((arrived) => trial.provider.fail({ kind: 'hold', arrived, until }));
  const signedIn = trial.signIn({ name: 'Second' });
  await isThere;
  await rotated();
  takes(secret);
  goOn();
  const { id } = await signedIn;
  expect((await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json.state).toBe('connected');
  expect((await setup()).problem).toBeNull();
});

test('its dates go with it, are listed and warn; the time for roll-back ends by itself', async () => {
  const day = (days: number) => new Date(clock.now().getTime() + days * 86_400_000).toISOString();
  const dated = await put({ client_secret_ends_at: day(60), rotate_at: day(50) });
  expect(dated.json).toMatchObject({ verdict: null, client_secret_hint: secret.slice(-4) });
  const listed = async () =>
    (await trial.app.owner.get('/v1/expiries')).json.data.map(
      ({ kind, subject }: { kind: string; subject: { kind: string; id: string } }) => [
        kind,
        subject.kind,
        subject.id,
      ],
    );
  expect(await listed()).toEqual([
    ['rotation', 'sign_in_setup', 'trial'],
    ['client_secret', 'sign_in_setup', 'trial'],
  ]);
  await rotated();
  expect([await listed(), (await setup()).client_secret_ends_at]).toEqual([[], null]);
  expect((await deed('rollback')).status).toBe(200);
  expect(await listed()).toHaveLength(2);
  clock.forward(25 * 3_600_000);
  expect((await setup()).previous_secret).toBeNull();
  expect((await deed('rollback')).json.reason).toBe('no_previous_secret');
});
