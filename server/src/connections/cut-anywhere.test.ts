import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { type ManyWays, startManyWays, WAYS, type Way } from '../../test/many-ways.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { sameForAll } from '../catalog/catalogs.ts';
import { definitionSchema } from '../catalog/definition.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import { clientOf } from '../oauth/setups/client.ts';
import { createOAuthApps } from '../oauth/setups/oauth-apps.ts';
import { httpServer, testOutbound } from '../outbound/under-test.ts';
import { createKeyring } from '../vault/keyring.ts';
import { masterKey } from '../vault/master-key.ts';
import { onlyKey } from '../vault/master-keys.ts';
import { dataKeyStore } from '../vault/store.ts';
import type { Who } from '../workspaces/who.ts';
import { definitionAt, openRoom, type Room, standingClock } from './under-test.ts';

/**
 * Credentials of every kind are replaced, and the process goes away before, or right after, any statement it sends to the
 * database: what the database then holds is what a kill -9 at that step leaves.
 */
// Assertions are signed by it, and the provider looks at its own.
const clock = standingClock(new Date().toISOString());
const master = masterKey(randomBytes(32));
let database: TestDatabase;
let provider: ManyWays;
let room: Room;
let who: Who;

/** Statements until the connection goes, and whether the last one still gets there; null: it stays. */
let cut: { after: number; isSent: boolean; happened: boolean } | null = null;
type Cuttable = pg.Client & { connection: { stream: { destroy(): void } } };
const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
function cutting(this: Cuttable, ...args: unknown[]): unknown {
  if (cut === null || cut.happened) return query.apply(this, args);
  if (cut.after > 0) {
    cut.after -= 1;
    return query.apply(this, args);
  }
  cut.happened = true;
  if (!cut.isSent) this.connection.stream.destroy();
  const sent = query.apply(this, args);
  // What was written is on its way; nobody hears the answer.
  if (cut.isSent) setImmediate(() => this.connection.stream.destroy());
  return sent;
}

beforeAll(async () => {
  database = await freshDatabase();
  provider = await startManyWays();
  const definitions = Object.values(provider.files).map((file) => definitionSchema.parse(JSON.parse(file)));
  const ports = provider.hosts.split(',').map((host) => Number(host.split(':')[1]));
  room = openRoom({ database, definitions, ports, clock, master });
  who = await room.owner();
  pg.Client.prototype.query = cutting as typeof pg.Client.prototype.query;
});
afterAll(async () => {
  pg.Client.prototype.query = query as typeof pg.Client.prototype.query;
  await room.close();
  await provider.close();
  await database.close();
});

async function connected({ slug, make }: Way): Promise<string> {
  const { connection } = await room.connections.connect(who, {
    integration: slug,
    name: undefined,
    method: undefined,
    credentials: make(),
    saveUnverified: false,
    makeDefault: false,
    endsAt: new Date(clock.now().getTime() + 90 * 86_400_000),
  });
  return connection.id;
}

/** Everything there is of a connection that a replacement changes, and how often each was told. */
async function kept(id: string): Promise<Record<string, unknown>> {
  const { rows } = await database.db.systemPool.query(
    `select c.version, c.status,
       (select string_agg(version || ' ' || state || ' ' || (sealed is not null), ', ' order by version)
        from credentials where connection_id = c.id) as credentials,
       (select string_agg(credential_version || ' ' || generation, ', ' order by credential_version)
        from tokens where connection_id = c.id) as tokens,
       (select count(*)::int from connection_events where connection_id = c.id and kind in ('rotated', 'rolled_back')) as told,
       (select count(*)::int from audit_entries where subject_id = c.id
        and action in ('connection.rotated', 'connection.rolled_back')) as recorded,
       (select string_agg(ends_at::text, ', ' order by ends_at) from expiries where connection_id = c.id and is_current) as ends,
       (select string_agg(at::text, ', ' order by at) from credentials, unnest(array[expires_at, ends_at]) as at
        where connection_id = c.id and state = 'current' and at is not null) as known_ends,
       (select max(version) from credentials where connection_id = c.id and state = 'current') as current
     from connections c where c.id = $1`,
    [id],
  );
  return rows[0];
}

const MOST_STATEMENTS = 100;

/** Does it again and again, cut off one statement later each time, until it comes about; how often that was. */
async function cutEverywhere(
  id: string,
  deed: () => Promise<unknown>,
  sent: (step: number) => boolean,
  each = 1,
): Promise<{ before: number; after: number }> {
  const seen = { before: 0, after: 0 };
  for (let step = 0; step < MOST_STATEMENTS; step += each) {
    const was = await kept(id);
    cut = { after: step, isSent: sent(step), happened: false };
    const done = await deed().then(
      () => true,
      () => false,
    );
    const { happened } = cut;
    cut = null;
    const is = await settled(id);
    if (Number(is.version) === Number(was.version)) {
      expect(is).toEqual(was);
      expect(done).toBe(false);
      seen.before += 1;
    } else {
      expect(is).toMatchObject({
        version: Number(was.version) + 1,
        status: 'connected',
        told: Number(was.told) + 1,
        recorded: Number(was.recorded) + 1,
        current: Number(was.current) + 1,
        ends: is.known_ends,
        credentials: expect.stringContaining(
          `${was.current} previous true, ${Number(was.current) + 1} current true`,
        ),
      });
      seen.after += 1;
    }
    // Whichever it is, it is whole: it opens, and the provider takes it.
    const { connection } = await room.connections.verify(who, id);
    expect(connection.status).toBe('connected');
    if (!happened) return seen;
  }
  throw new Error('it never comes about');
}

/** The database ends what was cut off by itself; it is waited for, so that nothing is seen that is still under way. */
async function settled(id: string): Promise<Record<string, unknown>> {
  await database.db.system
    .transaction()
    .execute((transaction) =>
      transaction.selectFrom('connections').select('id').where('id', '=', id).forUpdate().execute(),
    );
  return kept(id);
}

test.each(WAYS)(
  'credentials by %s are wholly the old ones or wholly the new ones, wherever it is cut off',
  async (name) => {
    const way = provider.ways.find((one) => one.name === name) as Way;
    const id = await connected(way);
    const replace = () =>
      room.connections.update(
        who,
        id,
        { name: undefined, credentials: way.make(), saveUnverified: false },
        null,
      );
    const isSent = (step: number) => (name === 'api_key' ? true : step % 2 === 0);
    const seen = await cutEverywhere(id, replace, isSent);
    expect(seen.before).toBeGreaterThan(5);
    expect(seen.after).toBeGreaterThan(0);
  },
);

test.each(['api_key', 'client_credentials'] as const)(
  'a roll-back of credentials by %s has wholly come about or not at all, wherever it is cut off',
  async (name) => {
    const way = provider.ways.find((one) => one.name === name) as Way;
    const id = await connected(way);
    const none = { name: undefined, credentials: way.make(), saveUnverified: false };
    await room.connections.update(who, id, none, null);
    const seen = await cutEverywhere(
      id,
      () => room.connections.rollBack(who, id, null),
      (step) => step % 8 === 0,
      4,
    );
    expect(seen.before).toBeGreaterThan(2);
    expect(seen.after).toBeGreaterThan(0);
  },
);

test('the client secret of a sign-in setup is wholly the old one or wholly the new one, wherever it is cut off', async () => {
  const { db } = database;
  const token = await httpServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const isTaken = new URLSearchParams(body).get('client_secret')?.startsWith('fake-client-secret-good');
    response.writeHead(isTaken ? 400 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: isTaken ? 'invalid_grant' : 'invalid_client' }));
  });
  const outbound = testOutbound({ allow: [`127.0.0.1:${token.port}`] });
  const method = {
    type: 'oauth2',
    authorize_url: `${token.origin}/auth`,
    token_url: `${token.origin}/token`,
  };
  const definition = definitionAt(token.origin, { auth: [method as never] });
  const keyring = createKeyring({
    store: dataKeyStore(db.system),
    masterKeys: onlyKey(master),
  });
  const apps = createOAuthApps({
    transact: db.transact,
    keyring,
    clock,
    outbound,
    outboundFor: () => outbound,
    catalogs: sameForAll(createCatalog([definition], [])),
    operatorApps: createOperatorAppStore(db.system),
    redirectUri: () => 'http://127.0.0.1:4400/oauth/callback/acme',
    signedInFields: async () => [],
    onChanged: async () => {},
  });
  let made = 0;
  const put = () => {
    made += 1;
    const secret = `fake-client-secret-good-${String(made).padStart(4, '0')}`;
    const change = {
      clientId: 'fake-client',
      clientSecret: secret,
      signInAgain: false,
      saveUnverified: false,
    };
    return apps.put(who, 'acme', { ...change, keepPreviousMs: 3_600_000 }, null);
  };
  await put();
  const seen = { before: 0, after: 0 };
  for (let step = 0, happened = true; happened; step += 1) {
    const was = await apps.get(who, 'acme');
    cut = { after: step, isSent: step % 2 === 0, happened: false };
    const deed = made % 3 === 0 && was.previous_secret !== null ? apps.rollBack(who, 'acme', null) : put();
    await deed.catch(() => {});
    happened = cut.happened;
    cut = null;
    await db.system
      .transaction()
      .execute((transaction) => transaction.selectFrom('oauth_apps').selectAll().forUpdate().execute());
    const is = await apps.get(who, 'acme');
    if (is.version === was.version) {
      expect(is).toEqual(was);
      seen.before += 1;
    } else {
      expect(is.version).toBe(was.version + 1);
      expect(is.previous_secret?.hint).toBe(was.client_secret_hint);
      seen.after += 1;
    }
    const found = await clientOf(
      { transact: db.transact, keyring, operatorApps: createOperatorAppStore(db.system) },
      who.workspaceId,
      definition,
      null,
    );
    expect(found.kind === 'client' && found.client.secret?.reveal().slice(-4)).toBe(is.client_secret_hint);
  }
  expect(seen.before).toBeGreaterThan(5);
  expect(seen.after).toBeGreaterThan(0);
  await outbound.close();
  await token.close();
});
