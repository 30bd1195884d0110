import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuthorizationId, ConnectionId, WorkspaceId } from '@keyrail/contract/ids';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/database.ts';
import { type Listening, listenOn } from '../../../test/door.ts';
import { authMethodSchema, type OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { AppError } from '../../lib/app-error.ts';
import { newId } from '../../lib/id.ts';
import { Secret } from '../../lib/secret.ts';
import { sealOperatorSecret } from '../../oauth/setups/app-secret.ts';
import { createOperatorAppStore } from '../../oauth/setups/app-store.ts';
import { createKeyring } from '../../vault/keyring.ts';
import { masterKey } from '../../vault/master-key.ts';
import { onlyKey } from '../../vault/master-keys.ts';
import { dataKeyStore } from '../../vault/store.ts';
import type { Who } from '../../workspaces/who.ts';
import { deleteConnection, listConnections, lockIntegration } from '../connection-store.ts';
import { definitionAt, forgetJobs, openRoom, type Room, standingClock } from '../under-test.ts';
import { createWithdrawalSweepStore } from './sweep-store.ts';
import { withdrawalMessage } from './words.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

let database: TestDatabase;
let room: Room;
let other: Room;
let desk: Listening & { url: string };
let who: Who;
const seen: Seen[] = [];
/** What the provider answers, one after the other; then 200. */
const answers: { status: number; headers?: Record<string, string>; body?: string }[] = [];
let isCopy = false;
const clock = standingClock();
const master = masterKey(randomBytes(32));
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CLIENT = { id: 'client:1 +%é', secret: 'fake:secret%with +é/0001' };

beforeAll(async () => {
  database = await freshDatabase();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(parts).toString() });
    const answer = answers.shift() ?? { status: 200 };
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body ?? '{}');
  });
  const listening = await listenOn(server);
  desk = { ...listening, url: `http://127.0.0.1:${listening.port}` };
  const mayLeave = () => {
    if (isCopy) throw new AppError('quarantined');
    return undefined;
  };
  const definitions = [definitionAt(desk.url)];
  const options = { database, definitions, ports: [desk.port], clock, master, mayLeave };
  room = openRoom(options);
  other = openRoom(options);
  const keyring = createKeyring({ store: dataKeyStore(database.db.system), masterKeys: onlyKey(master) });
  const place = { integration: 'acme', version: 1 };
  await createOperatorAppStore(database.db.system).save({
    ...place,
    clientId: CLIENT.id,
    sealed: await sealOperatorSecret({ keyring }, place, CLIENT.secret),
    secretHint: null,
    updatedAt: clock.now(),
  });
});
beforeEach(async () => {
  who = await room.owner();
  seen.length = 0;
  answers.length = 0;
});
afterAll(async () => {
  await Promise.all([room.close(), other.close(), desk.close()]);
  await database.close();
});

function methodWith(more: object): OAuth2Method {
  const method = authMethodSchema.parse({
    type: 'oauth2',
    authorize_url: `${desk.url}/authorize`,
    token_url: `${desk.url}/token`,
    revoke_url: `${desk.url}/revoke`,
    remove_url: 'https://acme.example/apps',
    ...more,
  });
  if (method.type !== 'oauth2') throw new Error('no sign-in');
  return method;
}

interface Got {
  access?: string;
  refresh?: string | null;
  account?: string | null;
}

/** Access of a sign-in that came to nothing; the withdrawal's id. */
async function givenUp(more: object, { access, refresh, account }: Got = {}): Promise<string> {
  const definition = definitionAt(desk.url);
  const workspaceId = who.workspaceId as WorkspaceId;
  const minted = {
    accessToken: new Secret(access ?? 'fake-access-token-0001'),
    refreshToken: refresh === null ? null : new Secret(refresh ?? 'fake-refresh-token-0001'),
    expiresInSeconds: 3600,
    refreshExpiresInSeconds: null,
    grantEndsInSeconds: null,
    scopes: null,
    fields: {},
  };
  const authorization = {
    id: newId<AuthorizationId>('aut'),
    workspaceId,
    clientId: CLIENT.id,
    redirectUri: 'http://127.0.0.1/oauth/callback/acme',
    wanted: { fields: {} },
  } as never;
  await database.db.transact(workspaceId, (tx) =>
    room.connections.withdrawals.refuse(tx, {
      authorization,
      definition,
      method: methodWith(more),
      minted,
      account: account === undefined ? { id: 'acc-1', name: 'Ada' } : account && { id: account, name: null },
      told: {},
    } as never),
  );
  // The clock stands still, so the list has no order.
  clock.move(1);
  return (await one()).id;
}

/** The newest. */
async function one() {
  const [first] = await room.connections.withdrawals.list(who, { state: undefined, before: null, limit: 10 });
  if (first === undefined) throw new Error('there is no withdrawal');
  return first;
}

const tell = (id: string, from = room) => from.connections.withdrawals.tell(who.workspaceId, id);
const form = ({ body }: Seen) => Object.fromEntries(new URLSearchParams(body));
const sent = () => {
  const [first] = seen;
  if (first === undefined) throw new Error('the provider was not told');
  return first;
};
/** RFC 6749 §2.3.1. */
const basic = `Basic ${Buffer.from(
  [CLIENT.id, CLIENT.secret].map((part) => new URLSearchParams({ p: part }).toString().slice(2)).join(':'),
).toString('base64')}`;

describe('a provider is told in its own way', () => {
  it('RFC 7009: the refresh token and what it is, as a form, with the client as at the token address', async () => {
    await tell(await givenUp({}));
    expect([sent().method, sent().url, form(sent())]).toEqual([
      'POST',
      '/revoke',
      {
        token: 'fake-refresh-token-0001',
        token_type_hint: 'refresh_token',
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
      },
    ]);
    expect((await one()).state).toBe('withdrawn');
  });

  it('with Basic, client id and secret encoded first, and the access token as JSON', async () => {
    await tell(
      await givenUp({
        revoke_request: 'json',
        revoke_token: 'access_token',
        token_auth_method: 'client_secret_basic',
      }),
    );
    expect(sent().headers.authorization).toBe(basic);
    expect(JSON.parse(sent().body)).toEqual({ token: 'fake-access-token-0001' });
  });

  it('by DELETE at an address with the client id in it, which stays one step of the path', async () => {
    const grant = {
      revoke_url: `${desk.url}/applications/{client_id}/grant`,
      revoke_method: 'DELETE',
      revoke_request: 'json',
      revoke_token: 'access_token',
      revoke_token_param: 'access_token',
      revoke_auth: 'client_secret_basic',
      revoke_gone_statuses: [404],
    };
    answers.push({ status: 404 });
    await tell(await givenUp(grant, { refresh: null }));
    expect([sent().method, sent().url]).toEqual([
      'DELETE',
      `/applications/${encodeURIComponent(CLIENT.id)}/grant`,
    ]);
    expect(sent().headers.authorization).toBe(basic);
    expect(JSON.parse(sent().body)).toEqual({ access_token: 'fake-access-token-0001' });
    // The file says what a 404 means here: there was nothing left.
    expect((await one()).state).toBe('withdrawn');
  });

  it('with the token as bearer and without a body', async () => {
    await tell(await givenUp({ revoke_request: 'bearer', revoke_method: 'DELETE' }, { refresh: null }));
    const { method, headers, body } = sent();
    expect([method, headers.authorization, body]).toEqual(['DELETE', 'Bearer fake-access-token-0001', '']);
    expect(headers['content-type']).toBeUndefined();
  });

  it('with headers and parameters of its own, and the token in the address', async () => {
    await tell(
      await givenUp(
        {
          revoke_url: `${desk.url}/refresh-tokens/{token}`,
          revoke_auth: 'none',
          revoke_token_param: '',
          revoke_headers: { Authorization: 'Client {client_secret}' },
          revoke_params: { client_key: '{client_id}', user: '{account_id}' },
        },
        { refresh: 'fake/refresh ?#1' },
      ),
    );
    expect(sent().url).toBe(`/refresh-tokens/${encodeURIComponent('fake/refresh ?#1')}`);
    expect(sent().headers.authorization).toBe(`Client ${CLIENT.secret}`);
    expect(form(sent())).toEqual({ client_key: CLIENT.id, user: 'acc-1' });
  });
});

describe('what a provider answers', () => {
  it.each([
    [
      'an error in a 200 of a token that has ended',
      { status: 200, body: '{"ok":false,"error":"token_revoked"}' },
    ],
    ['that the token is not known', { status: 400, body: '{"error":"invalid_token"}' }],
  ])('%s: nothing is left to withdraw', async (_, answer) => {
    answers.push(answer);
    await tell(await givenUp({ token_errors: { token_revoked: 'revoked' } }, { refresh: null }));
    expect(await one()).toMatchObject({ state: 'withdrawn', sealed: null });
  });

  it('that it withdraws no such tokens: said at once, with its own words and where a person does it', async () => {
    const body = JSON.stringify({ error: 'unsupported_token_type', error_description: 'Not here.' });
    answers.push({ status: 400, body });
    await tell(await givenUp({}));
    const found = await one();
    expect(found).toMatchObject({
      state: 'not_offered',
      words: 'Not here.',
      sealed: null,
      nextAttemptAt: null,
    });
    expect(found.removeUrl).toBe('https://acme.example/apps');
    expect(withdrawalMessage(found)).toContain('Acme says: “Not here”.');
  });

  it('a failure in a 200 is none of success, and its words come without the token', async () => {
    answers.push({ status: 200, body: '{"ok":false,"error":"cannot end fake-refresh-token-0001 now"}' });
    await tell(await givenUp({}));
    const found = await one();
    expect(found).toMatchObject({ state: 'pending', problem: 'did not do it.' });
    expect(found.words).toBe('cannot end [secret] now');
  });

  it('that an access token has run out: a new one is had for the refresh token, kept, and withdrawn', async () => {
    answers.push(
      { status: 401, body: '{"error":"expired_access_token"}' },
      {
        status: 200,
        body: '{"access_token":"fake-new-access","refresh_token":"fake-new-refresh","token_type":"bearer"}',
      },
      { status: 503 },
      { status: 200 },
    );
    const id = await givenUp({ revoke_request: 'bearer' });
    await tell(id);
    expect(seen.map(({ url, headers }) => [url, headers.authorization ?? null])).toEqual([
      ['/revoke', 'Bearer fake-access-token-0001'],
      ['/token', null],
      ['/revoke', 'Bearer fake-new-access'],
    ]);
    expect((await one()).state).toBe('pending');
    clock.move(MINUTE_MS);
    await tell(id);
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer fake-new-access');
    expect((await one()).state).toBe('withdrawn');
  });
});

describe('an access token that has run out', () => {
  it('is not what is withdrawn while there is a refresh token: many say that it is done, and keep that one', async () => {
    const id = await givenUp({ revoke_token: 'access_token' });
    clock.move(2 * HOUR_MS);
    answers.push({ status: 200, body: '{"access_token":"fake-new-access","expires_in":3600}' });
    await tell(id);
    expect(seen.map(({ url, body }) => [url, new URLSearchParams(body).get('token')])).toEqual([
      ['/token', null],
      ['/revoke', 'fake-new-access'],
    ]);
    expect((await one()).state).toBe('withdrawn');
  });
});

describe('a withdrawal', () => {
  it('that fails is made again with growing pauses for a day at least, then given up, said, and its secrets destroyed', async () => {
    const id = await givenUp({});
    const begun = clock.now().getTime();
    const pauses: number[] = [];
    for (;;) {
      answers.push({ status: 500, body: '{"error":"server_error","error_description":"Out to lunch"}' });
      await tell(id);
      const { state, nextAttemptAt, sealed } = await one();
      if (state !== 'pending') break;
      expect(sealed).not.toBeNull();
      pauses.push((nextAttemptAt?.getTime() ?? 0) - clock.now().getTime());
      clock.move(pauses.at(-1) ?? 0);
    }
    expect(clock.now().getTime() - begun).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(seen.length).toBeGreaterThan(24);
    expect(pauses[0]).toBeLessThan(20_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1.25 * HOUR_MS);
    expect(new Set(pauses).size).toBeGreaterThan(10);
    const found = await one();
    expect(found).toMatchObject({
      state: 'failed',
      sealed: null,
      nextAttemptAt: null,
      words: 'Out to lunch',
    });
    expect(withdrawalMessage(found)).toBe(
      "Acme could not be told that access has ended. It answered with 500. Acme says: “Out to lunch”. Withdraw it there, in the account's settings.",
    );
  });

  it('waits as long as the provider says before the next attempt', async () => {
    answers.push({ status: 503, headers: { 'retry-after': '7200' } });
    const id = await givenUp({});
    await tell(id);
    const at = clock.now().getTime();
    expect((await one()).nextAttemptAt?.getTime()).toBe(at + 2 * HOUR_MS);
    clock.move(2 * HOUR_MS - 1);
    await tell(id);
    expect(seen).toHaveLength(1);
    clock.move(1);
    await tell(id);
    expect([seen.length, (await one()).state]).toEqual([2, 'withdrawn']);
  });

  it('is made by one process at a time, and by another after the time of one that died in it', async () => {
    const id = await givenUp({});
    await Promise.all([tell(id), tell(id, other), tell(id), tell(id, other)]);
    expect(seen).toHaveLength(1);
    const second = await givenUp({}, { account: 'acc-2' });
    // As after a kill -9 with the attempt begun: the row is taken, and nobody comes back to it.
    await database.db.system
      .updateTable('withdrawals')
      .set({ attempts: 1, next_attempt_at: new Date(clock.now().getTime() + 2 * MINUTE_MS) })
      .where('id', '=', second)
      .execute();
    await tell(second, other);
    expect(seen).toHaveLength(1);
    clock.move(2 * MINUTE_MS);
    await forgetJobs(database);
    await room.connections.withdrawals.sweep();
    expect(await jobsFor(second)).toBe(1);
    await tell(second, other);
    expect([seen.length, (await one()).state]).toEqual([2, 'withdrawn']);
  });

  it('is one of its workspace at a time, and many of one workspace leave room for those of others', async () => {
    const [slow, mine] = [await room.owner(), await room.owner()];
    who = slow;
    for (let count = 0; count < 3; count += 1) await givenUp({});
    who = mine;
    const id = await givenUp({});
    const store = createWithdrawalSweepStore(database.db.system);
    for (const deed of ['given up', 'swept']) {
      const queued = await queuesOf([slow.workspaceId, mine.workspaceId]);
      expect([deed, queued]).toEqual([deed, { [slow.workspaceId]: [3, 1], [mine.workspaceId]: [1, 1] }]);
      await store.enqueueDue(clock.now(), 1_000);
    }
    await forgetJobs(database);
    await database.db.system
      .updateTable('withdrawals')
      .set({ next_attempt_at: null })
      .where('workspace_id', 'not in', [slow.workspaceId, mine.workspaceId])
      .execute();
    // The oldest of each first.
    await store.enqueueDue(clock.now(), 2);
    expect(await jobsFor(id)).toBe(1);
  });

  it('whose record was moved to another row, or written by somebody else, sends nothing anywhere', async () => {
    const first = await givenUp({});
    const { sealed } = await one();
    await tell(first);
    seen.length = 0;
    const second = await givenUp({ revoke_url: `${desk.url}/elsewhere` });
    await database.db.system.updateTable('withdrawals').set({ sealed }).where('id', '=', second).execute();
    await tell(second);
    expect(seen).toEqual([]);
    expect(await one()).toMatchObject({ state: 'failed', sealed: null });
  });

  it('waits while another connection is of the same account, also one of an account nobody knows', async () => {
    await connected('con-a', 'acc-1');
    const id = await givenUp({});
    await tell(id);
    expect([seen.length, await one()]).toMatchObject([
      0,
      { state: 'pending', nextAttemptAt: null, attempts: 0 },
    ]);
    expect(withdrawalMessage(await one())).toContain('another connection uses the same account');
    const stranger = await givenUp({}, { account: null });
    await tell(stranger);
    // It was asked whose it is, and did not say.
    expect(seen.map(({ url }) => url)).toEqual(['/me']);
    seen.length = 0;
    // Where the file says that it ends what one sign-in gave, the others go on.
    await tell(await givenUp({ revoke_ends: 'sign_in' }));
    expect(seen).toHaveLength(1);
    // Of another account: nobody is hurt.
    await tell(await givenUp({}, { account: 'acc-9' }));
    expect(seen).toHaveLength(2);
  });

  it('that is looked at while the last other connection of its account goes does not wait for ever', async () => {
    await connected('con-a', 'acc-1');
    const { workspaceId } = who;
    const id = await givenUp({});
    const giveUp = await room.connections.withdrawals.givingUp(workspaceId);
    let look = () => {};
    // Another process looks while the transaction is open, and would still see the connection.
    const looking = new Promise<void>((resolve) => (look = resolve)).then(() => tell(id, other));
    await database.db.transact(workspaceId, async (tx) => {
      await lockIntegration(tx, workspaceId, 'acme');
      const [connection] = await listConnections(tx, workspaceId, {
        integration: 'acme',
        status: undefined,
        ids: null,
        after: null,
        limit: 1,
      });
      if (connection === undefined) throw new Error('it is gone');
      await giveUp(tx, connection, [], 'deleted');
      await deleteConnection(tx, workspaceId, connection.id);
      look();
      await sleep(100);
    });
    await looking;
    expect([seen.length, (await one()).state]).toEqual([1, 'withdrawn']);
  });

  it('that waits for its account too long is dropped with its secrets; settled ones stay in the list for their time', async () => {
    await connected('con-a', 'acc-1');
    await tell(await givenUp({}));
    answers.push({ status: 400, body: '{"error":"unsupported_token_type"}' });
    await tell(await givenUp({}, { account: 'acc-2' }));
    clock.move(31 * 24 * HOUR_MS);
    await room.connections.withdrawals.sweep();
    const left = await room.connections.withdrawals.list(who, { state: undefined, before: null, limit: 10 });
    expect(left.map(({ state }) => state)).toEqual(['not_offered']);
  });

  it('is not made while this server may be a copy of another one, and is not lost', async () => {
    const id = await givenUp({});
    isCopy = true;
    await tell(id);
    isCopy = false;
    expect([seen.length, (await one()).attempts]).toEqual([0, 0]);
    await tell(id);
    expect(seen).toHaveLength(1);
  });
});

/** A connection with a credential somebody signed in for. */
async function connected(name: string, accountId: string): Promise<void> {
  const { db } = database;
  const id = newId<ConnectionId>('con');
  const at = clock.now();
  await db.system
    .insertInto('connections')
    .values({
      id,
      workspace_id: who.workspaceId,
      integration: 'acme',
      name,
      name_key: name,
      method: 'oauth2',
      method_id: 'oauth2',
      status: 'connected',
      status_since: at,
      account_id: accountId,
      created_at: at,
      updated_at: at,
    })
    .execute();
  await db.system
    .insertInto('credentials')
    .values({
      workspace_id: who.workspaceId,
      connection_id: id,
      version: 1,
      state: 'current',
      sealed: 'v1.dk_none.x',
      method: 'oauth2',
      method_id: 'oauth2',
      created_at: at,
    })
    .execute();
}

async function jobsFor(id: string): Promise<number> {
  const { rows } = await database.db.systemPool.query(
    "select 1 from graphile_worker._private_jobs where payload->>'id' = $1",
    [id],
  );
  return rows.length;
}

/** By workspace: how many jobs wait to tell, and in how many queues. */
async function queuesOf(workspaceIds: string[]): Promise<Record<string, number[]>> {
  const { rows } = await database.db.systemPool.query<{ id: string; jobs: number; queues: number }>(
    `select payload->>'workspace_id' as id, count(*)::int as jobs, count(distinct job_queue_id)::int as queues
     from graphile_worker._private_jobs where payload->>'workspace_id' = any($1) group by 1`,
    [workspaceIds],
  );
  return Object.fromEntries(rows.map(({ id, jobs, queues }) => [id, [jobs, queues]]));
}
