import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { movableClock } from './clock.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';
import { until } from './until.ts';

/** What becomes of one sign-in over days: its known end, failing renewals, an address that moves. */
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Some renewals below are seconds before an end. */
const clock = movableClock({ isStanding: true });
let trial: SignInTrial;
beforeAll(async () => {
  trial = await startSignInTrial({
    clock,
    provider: { strict: true },
    method: `base_url: "ISSUER/{pod}"
    refresh: rotating
    refresh_token_lifetime: fixed_where_said
    refresh_token_ttl_seconds: 15552000`,
    file: `connection_fields:
  - { name: pod, label: Pod, pattern: "^api[0-9]*$", filled_from: { source: token_response, path: pod } }`,
  });
});
afterAll(() => trial.close());
// What is renewed in the background would meet what was meant for the connection of another test.
afterEach(async () => {
  const { data } = (await trial.app.owner.get('/v1/connections?limit=200')).json;
  for (const { id } of data) await trial.app.owner.post(`/v1/connections/${id}/disconnect`);
});

/** The next token answer says this as well. */
function answering(more: Record<string, unknown>): void {
  trial.provider.fail({
    kind: 'rewrite',
    rewrite: (answer) => ({ body: JSON.stringify({ ...answer, ...more }) }),
  });
}

async function connected(more: Record<string, unknown> = {}, ask: object = {}): Promise<string> {
  answering({ pod: 'api', ...more });
  const { id } = await trial.signIn(ask);
  const outcome = (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json;
  if (outcome.connection_id === null) throw new Error(JSON.stringify(outcome));
  return outcome.connection_id;
}

const get = async (id: string) => (await trial.app.owner.get(`/v1/connections/${id}`)).json;
const me = (id: string, path = 'me') => trial.app.owner.get(`/v1/proxy/${id}/${path}`);

interface Event {
  kind: string;
  message: string;
}
async function events(id: string, kind: string): Promise<string[]> {
  const { data } = (await trial.app.owner.get(`/v1/connections/${id}/events`)).json;
  return (data as Event[]).filter((event) => event.kind === kind).map(({ message }) => message);
}

async function audited(id: string, because: string): Promise<unknown[]> {
  const { data } = (await trial.app.owner.get('/v1/audit?limit=200')).json;
  return (data as { subject: { id: string } | null; detail: { because?: string } | null }[]).filter(
    (entry) => entry.subject?.id === id && entry.detail?.because === because,
  );
}

/** What is due now: swept, and its jobs done. */
async function sweep(): Promise<void> {
  const { systemPool } = trial.app.database.db;
  await systemPool.query(
    `select keyrail_enqueue('tokens.sweep', '{}'::json, null, null, 'replace', null, null, null)`,
  );
  await until(async () => {
    const { rows } = await systemPool.query(
      `select 1 from graphile_worker._private_jobs jobs join graphile_worker._private_tasks tasks
       on tasks.id = jobs.task_id where identifier like 'tokens.%' and (locked_at is not null or attempts < max_attempts)`,
    );
    return rows.length === 0;
  });
}

test('access that ends after a week is said ahead of it, once, without any check, and a new sign-in clears it', async () => {
  const id = await connected({ refresh_token_expires_in: 604_800 });
  const first = await get(id);
  const days = (Date.parse(first.expires_at) - clock.now().getTime()) / DAY_MS;
  expect(days).toBeGreaterThan(6.9);
  expect(days).toBeLessThanOrEqual(7);
  expect([first.status, first.token.problem, first.token.ended_because]).toEqual(['connected', null, null]);
  expect(Date.parse(first.token.next_renewal_at)).toBeLessThan(Date.parse(first.token.expires_at));

  // Not from its first day on; and its end stays through renewals that say nothing of it.
  await trial.app.database.db.systemPool.query('update connections set next_check_at = null');
  clock.forward(4 * DAY_MS);
  await sweep();
  const later = await get(id);
  expect([later.status, later.expires_at]).toEqual(['connected', first.expires_at]);
  expect(Date.parse(later.token.renewed_at)).toBeGreaterThan(Date.parse(first.token.renewed_at));

  clock.forward(1.5 * DAY_MS);
  await sweep();
  await sweep();
  const soon = await get(id);
  expect(soon.status).toBe('expiring_soon');
  expect(soon.status_reason).toMatch(
    /^The access to Trial ends on \d{4}-\d\d-\d\d at \d\d:\d\d UTC and cannot be renewed beyond that\. Sign in again before, and nothing stops\.$/,
  );
  expect(await events(id, 'status_changed')).toEqual([soon.status_reason]);
  expect(await audited(id, 'access_ends')).toHaveLength(1);
  // A check that goes well does not take the warning away, and does not say it again.
  const { json } = await trial.app.owner.post(`/v1/connections/${id}/verify`);
  expect([json.status, json.verdict.kind]).toEqual(['expiring_soon', 'ok']);
  expect(await events(id, 'status_changed')).toHaveLength(1);
  expect((await me(id)).status).toBe(200);

  await connected({}, { connection: id });
  const again = await get(id);
  expect([again.status, again.status_reason, again.expires_at]).toEqual(['connected', null, null]);
  clock.forward(3 * DAY_MS);
  await sweep();
  expect((await get(id)).status).toBe('connected');
});

test('a renewal that fails is a line of the timeline, once in a row, and so is the one that works again', async () => {
  const id = await connected();
  trial.provider.failAlways({ kind: 'answer', status: 429, body: '{"error":"slow_down"}' });
  clock.forward(0.995 * HOUR_MS);
  for (const _ of [1, 2, 3]) {
    expect((await me(id)).status).toBe(200);
    clock.forward(5_000);
  }
  const failing = await get(id);
  expect(failing.status).toBe('connected');
  expect(failing.token.problem).toMatch(
    /^The last renewal did not come about; it is tried again by itself\./,
  );
  const [line, ...more] = await events(id, 'refresh_failed');
  expect(more).toEqual([]);
  expect(line).toMatch(
    /^The access to Trial could not be renewed just now\. .*What there is stays in use until .* UTC; it is tried again by itself\.$/,
  );
  expect(await events(id, 'refreshed')).toEqual([]);
  trial.provider.failAlways(null);
  clock.forward(60_000);
  expect((await me(id)).status).toBe(200);
  expect(await events(id, 'refreshed')).toEqual([
    expect.stringMatching(/^The access to Trial is renewed again, after \d tries that failed\.$/),
  ]);
  expect((await get(id)).token).toMatchObject({ problem: null, problem_kind: null, is_refused: false });
  clock.forward(2 * HOUR_MS);
  expect((await me(id)).status).toBe(200);
  expect(await events(id, 'refreshed')).toHaveLength(1);
});

test('a renewal whose answer was lost is named so to people and programs, where the provider then refuses', async () => {
  const id = await connected();
  clock.forward(0.999 * HOUR_MS);
  trial.provider.fail({ kind: 'drop', acted: true });
  expect((await me(id)).status).toBe(200);
  expect((await get(id)).token.problem).toMatch(/^The last renewal did not come about/);
  clock.forward(HOUR_MS);
  const answer = await me(id);
  expect([answer.status, answer.json.code]).toEqual([409, 'connection_broken']);
  const broken = await get(id);
  expect([broken.status, broken.token.ended_because]).toEqual(['expired', 'renewal_interrupted']);
  expect(broken.status_reason).toMatch(
    /^Renewing the access to Trial was interrupted, so the answer was lost/,
  );
  expect(await audited(id, 'renewal_interrupted')).toHaveLength(1);
  await connected({}, { connection: id });
  expect((await get(id)).token.ended_because).toBeNull();
});

test('an address that comes with a new token is taken over with it, and one that may not be is not', async () => {
  const id = await connected();
  expect((await me(id)).status).toBe(200);
  answering({ pod: 'evil.example.com' });
  clock.forward(2 * HOUR_MS);
  expect((await me(id)).status).toBe(200);
  expect((await get(id)).fields).toEqual({ pod: 'api' });
  expect(await events(id, 'address_changed')).toEqual([]);

  answering({ pod: 'api2' });
  clock.forward(2 * HOUR_MS);
  // The call that finds out is made to the new address, where this provider knows nothing.
  expect((await me(id)).status).toBe(404);
  expect((await get(id)).fields).toEqual({ pod: 'api2' });
  expect(await events(id, 'address_changed')).toEqual([
    'Trial gave another address with the renewed access: api2. Calls go there from now on.',
  ]);
  answering({ pod: 'api' });
  clock.forward(2 * HOUR_MS);
  expect((await me(id)).status).toBe(200);
});

test('nothing of all this is left in the journal', () => {
  const { journalDir, dataDir } = trial.app.config;
  expect(journalDir).toBe(join(dataDir, 'token-journal'));
  expect(readdirSync(journalDir)).toEqual([]);
});
