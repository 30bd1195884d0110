import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { ConnectionId, OAuthAppId } from '@keyrail/contract/ids';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { type Listening, listenOn } from '../../test/door.ts';
import { newId } from '../lib/id.ts';
import { Secret } from '../lib/secret.ts';
import { NO_DATES } from '../oauth/setups/app.ts';
import { sealAppSecret, sealOperatorSecret } from '../oauth/setups/app-secret.ts';
import { createOperatorAppStore, findApp, saveApp } from '../oauth/setups/app-store.ts';
import type { TokenOwner } from '../tokens/mint.ts';
import { createKeyring } from '../vault/keyring.ts';
import { masterKey } from '../vault/master-key.ts';
import { onlyKey } from '../vault/master-keys.ts';
import { seal } from '../vault/seal.ts';
import { dataKeyStore } from '../vault/store.ts';
import type { Who } from '../workspaces/who.ts';
import { credentialPlace, credentialText } from './credential.ts';
import { definitionAt, forgetJobs, jobsOf, openRoom, type Room, standingClock, told } from './under-test.ts';

let database: TestDatabase;
let desk: Listening;
/** Two processes on one database. */
let rooms: Room[];
const clock = standingClock();
const master = masterKey(randomBytes(32));
const asked: string[] = [];
/** Everything the provider was sent. */
const bodies: string[] = [];
/** By refresh token; for the others `usual`. */
const answers = new Map<string, [number, object]>();
let usual: [number, object] = [200, {}];
const INVALID_CLIENT: [number, object] = [401, { error: 'invalid_client', error_description: 'Unknown app' }];
const MANY = 200;
const HOUR_MS = 3_600_000;
const STEP_MS = 30_000;

beforeAll(async () => {
  database = await freshDatabase();
  keyring = createKeyring({ store: dataKeyStore(database.db.system), masterKeys: onlyKey(master) });
  desk = await listenOn(
    createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      bodies.push(Buffer.concat(parts).toString());
      const form = new URLSearchParams(bodies.at(-1));
      const refreshToken = form.get('refresh_token') ?? '';
      if (request.url === '/token') asked.push(refreshToken);
      const [status, body] =
        request.url === '/token' ? (answers.get(refreshToken) ?? usual) : ([200, {}] as const);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    }),
  );
  const url = `http://127.0.0.1:${desk.port}`;
  const auth = { type: 'oauth2' as const, authorize_url: `${url}/authorize`, token_url: `${url}/token` };
  // Of which people may have a server of their own, wherever they say.
  const atAnyHost = `http://{host}:${desk.port}`;
  const forge = definitionAt(atAnyHost, {
    slug: 'forge',
    connection_fields: [{ name: 'host', label: 'Host', kind: 'host', default: 'forge.example' }],
    auth: [
      {
        type: 'oauth2',
        authorize_url: `${atAnyHost}/authorize`,
        token_url: `${atAnyHost}/token`,
        revoke_url: `${atAnyHost}/revoke`,
      },
    ],
  });
  const definitions = [definitionAt(url, { auth: [auth] }), forge];
  const options = { database, definitions, ports: [desk.port], clock, master };
  rooms = [openRoom(options), openRoom(options)];
});
beforeEach(async () => {
  asked.length = 0;
  bodies.length = 0;
  answers.clear();
  usual = [200, { access_token: 'fake-new-access', token_type: 'bearer', expires_in: 3600 }];
  await createOperatorAppStore(database.db.system).remove('acme');
});
afterAll(async () => {
  await Promise.all([...rooms.map((one) => one.close()), desk.close()]);
  await database.close();
});

const room = (index = 0): Room => rooms[index % rooms.length] as Room;
let keyring: ReturnType<typeof createKeyring>;

async function setUp(who: Who, version = 1, integration = 'acme'): Promise<void> {
  const id = newId<OAuthAppId>('app');
  const before = await database.db.transact(who.workspaceId, (tx) =>
    findApp(tx, who.workspaceId, integration),
  );
  const place = { workspaceId: who.workspaceId, id: before?.id ?? id, version };
  const sealed = await sealAppSecret({ keyring }, place, `fake-client-secret-000${version}`);
  await database.db.transact(who.workspaceId, (tx) =>
    saveApp(tx, {
      ...place,
      integration,
      methodId: 'oauth2',
      clientId: 'client-1',
      sealed,
      secretHint: null,
      updatedAt: clock.now(),
      updatedBy: null,
      addressStamp: null,
      dates: NO_DATES,
    }),
  );
}

const ACME = { integration: 'acme', fields: {} };

/** Connections that people signed in for, with tokens that live so long. */
function signedIn(
  who: Who,
  count: number,
  livesMs: (n: number) => number,
  { integration, fields }: { integration: string; fields: Record<string, string> } = ACME,
): Promise<TokenOwner[]> {
  const { workspaceId } = who;
  const one = async (_: unknown, n: number): Promise<TokenOwner> => {
    const connectionId = newId<ConnectionId>('con');
    const values = new Secret({ client_id: 'client-1', redirect_uri: 'http://127.0.0.1/back' });
    const place = credentialPlace(workspaceId, connectionId, 1);
    const sealed = await seal({ keyring }, place, credentialText(values));
    const at = clock.now();
    const { system } = database.db;
    const shared = { method: 'oauth2', method_id: 'oauth2', created_at: at };
    const row = {
      id: connectionId,
      workspace_id: workspaceId,
      integration,
      name: `n${n}`,
      fields: JSON.stringify(fields),
    };
    await system
      .insertInto('connections')
      .values({ ...row, ...shared, name_key: `n${n}`, status: 'connected', status_since: at, updated_at: at })
      .execute();
    await system
      .insertInto('credentials')
      .values({
        ...shared,
        workspace_id: workspaceId,
        connection_id: connectionId,
        version: 1,
        state: 'current',
        sealed,
        fields: JSON.stringify(fields),
      })
      .execute();
    const owner = { workspaceId, connectionId, credentialVersion: 1 };
    const minted = {
      accessToken: new Secret(`fake-access-${n}`),
      refreshToken: new Secret(`fake-refresh-${n}`),
      expiresInSeconds: livesMs(n) / 1000,
      refreshExpiresInSeconds: null,
      grantEndsInSeconds: null,
      scopes: null,
      fields: {},
    };
    await database.db.transact(workspaceId, (tx) =>
      room().connections.tokens.put(tx, owner, minted, 'refresh_token'),
    );
    return owner;
  };
  return Promise.all(Array.from({ length: count }, one));
}

/** What the sweep's jobs do, over both processes. */
async function renewAll(owners: readonly TokenOwner[]): Promise<void> {
  await Promise.all(
    owners.map((owner, n) =>
      room(n)
        .connections.tokens.fresh(owner, 24 * 3600)
        .catch(() => null),
    ),
  );
}

async function statuses(who: Who): Promise<Record<string, number>> {
  const rows = await database.db.system
    .selectFrom('connections')
    .select(['status', 'status_reason'])
    .where('workspace_id', '=', who.workspaceId)
    .execute();
  const counts: Record<string, number> = {};
  for (const { status, status_reason: reason } of rows) {
    const said = reason?.includes('sign-in setup') ? `${status} because of the setup` : status;
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}

async function audit(who: Who): Promise<string[]> {
  const rows = await database.db.system
    .selectFrom('audit_entries')
    .select('action')
    .where('workspace_id', '=', who.workspaceId)
    .orderBy('id')
    .execute();
  return rows.map(({ action }) => action);
}

async function jobPayloads(name: string): Promise<unknown[]> {
  const { rows } = await database.db.systemPool.query<{ payload: unknown }>(
    `select payload from graphile_worker._private_jobs jobs
     join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id where tasks.identifier = $1`,
    [name],
  );
  return rows.map(({ payload }) => payload);
}

const refusal = async (who: Who) =>
  (await database.db.transact(who.workspaceId, (tx) => findApp(tx, who.workspaceId, 'acme')))?.refusal ??
  null;

describe('a sign-in setup that the provider refuses', () => {
  it('costs one token request for each step, whatever the number of connections and processes, and is said once', async () => {
    const who = await room().owner();
    await setUp(who);
    // Half of them have run out, half live on for hours.
    const owners = await signedIn(who, MANY, (n) => (n % 2 === 0 ? 1000 : 5 * HOUR_MS));
    clock.move(HOUR_MS);
    usual = INVALID_CLIENT;
    await renewAll(owners.slice(0, 1));
    expect(asked).toHaveLength(1);
    expect(await refusal(who)).toMatchObject({ words: 'Unknown app', since: clock.now() });
    // Nobody asks, neither those that have run out nor those that are due.
    await renewAll(owners);
    expect(asked).toHaveLength(1);
    for (const [step, waitMs] of [STEP_MS, 2 * STEP_MS, 4 * STEP_MS].entries()) {
      clock.move(waitMs);
      await renewAll(owners.slice(0, 40));
      expect(asked).toHaveLength(step + 2);
    }
    expect(await statuses(who)).toEqual({ 'invalid because of the setup': MANY / 2, connected: MANY / 2 });
    expect(await audit(who)).toEqual(['oauth_app.refused']);
    expect(await told(database, who)).toEqual(['needs_attention sign_in_setup']);
  });

  it('goes on by itself for all its connections once one try succeeds', async () => {
    const who = await room().owner();
    await setUp(who);
    const owners = await signedIn(who, 20, () => 1000);
    clock.move(HOUR_MS);
    usual = INVALID_CLIENT;
    await renewAll(owners.slice(0, 1));
    await renewAll(owners);
    usual = [200, { access_token: 'fake-new-access', token_type: 'bearer', expires_in: 3600 }];
    await renewAll(owners);
    expect(asked).toHaveLength(1);
    clock.move(STEP_MS);
    await forgetJobs(database);
    await renewAll(owners);
    // One try opens the door; nobody waits for a pause of their own any more, not even who was being put off meanwhile.
    expect(await refusal(who)).toBeNull();
    const later = await jobPayloads('connections.setup_works_again');
    expect(later).toEqual([{ workspace_id: who.workspaceId, integration: 'acme' }]);
    await room(1).connections.tryRenewalsAgain(who.workspaceId, 'acme');
    await renewAll(owners);
    expect(asked).toHaveLength(21);
    expect(await audit(who)).toEqual(['oauth_app.refused', 'oauth_app.accepted_again']);
    // Their statuses are looked at again.
    expect(new Set(await jobsOf(database, 'connections.check')).size).toBe(20);
  });

  it('is asked at once under a secret that was entered anew', async () => {
    const who = await room().owner();
    await setUp(who);
    const [owner] = (await signedIn(who, 1, () => 1000)) as [TokenOwner];
    clock.move(HOUR_MS);
    usual = INVALID_CLIENT;
    await renewAll([owner]);
    usual = [200, { access_token: 'fake-new-access', token_type: 'bearer', expires_in: 3600 }];
    await setUp(who, 2);
    await database.db.transact(who.workspaceId, (tx) => room().connections.tokens.tryAgain(tx, [owner]));
    const outcome = await room(1).connections.tokens.current(owner);
    expect([outcome.kind, asked.length, await refusal(who)]).toEqual(['token', 2, null]);
  });

  it('is said of a connection whose token is refused before its end, too', async () => {
    const who = await room().owner();
    await setUp(who);
    const [refused] = (await signedIn(who, 2, () => 5 * HOUR_MS)) as [TokenOwner];
    usual = INVALID_CLIENT;
    const outcome = await room().connections.tokens.renewed(refused, 1);
    expect(outcome.kind).toBe('setup_rejected');
    expect(await statuses(who)).toEqual({ 'invalid because of the setup': 1, connected: 1 });
  });

  it('is left to another connection to try than the one that was refused', async () => {
    const who = await room().owner();
    await setUp(who);
    const [bad, good] = (await signedIn(who, 2, () => 1000)) as [TokenOwner, TokenOwner];
    clock.move(HOUR_MS);
    // One provider says invalid_client where it means this one grant: the others are not lost with it.
    answers.set('fake-refresh-0', INVALID_CLIENT);
    await renewAll([bad]);
    clock.move(STEP_MS);
    await renewAll([bad]);
    expect(asked).toEqual(['fake-refresh-0']);
    await renewAll([good]);
    expect([asked.at(-1), await refusal(who)]).toEqual(['fake-refresh-1', null]);
  });

  it('is not refused as a whole where one connection asks for what it may not', async () => {
    const who = await room().owner();
    await setUp(who);
    const [bad, good] = (await signedIn(who, 2, () => 1000)) as [TokenOwner, TokenOwner];
    clock.move(HOUR_MS);
    answers.set('fake-refresh-0', [400, { error: 'unauthorized_client' }]);
    await renewAll([bad]);
    await renewAll([good]);
    expect([asked, await refusal(who)]).toEqual([['fake-refresh-0', 'fake-refresh-1'], null]);
  });

  it("that is the operator's is one for all workspaces, and each of them reads of it once", async () => {
    const place = { integration: 'acme', version: 1 };
    const operatorApps = createOperatorAppStore(database.db.system);
    const sealed = await sealOperatorSecret({ keyring }, place, 'fake-operator-secret-0001');
    const common = { clientId: 'client-1', sealed, secretHint: null, updatedAt: clock.now() };
    await operatorApps.save({ ...place, ...common });
    const [ann, ben] = [await room().owner(), await room().owner()];
    const owners = [...(await signedIn(ann, 3, () => 1000)), ...(await signedIn(ben, 3, () => 1000))];
    clock.move(HOUR_MS);
    usual = INVALID_CLIENT;
    await renewAll(owners.slice(0, 1));
    await renewAll(owners);
    expect(asked).toHaveLength(1);
    expect((await operatorApps.find('acme'))?.refusal?.words).toBe('Unknown app');
    expect([await audit(ann), await audit(ben)]).toEqual([['oauth_app.refused'], ['oauth_app.refused']]);
    usual = [200, { access_token: 'fake-new-access', token_type: 'bearer', expires_in: 3600 }];
    clock.move(2 * STEP_MS);
    await renewAll(owners);
    for (const { workspaceId } of [ann, ben]) await room().connections.tryRenewalsAgain(workspaceId, 'acme');
    await renewAll(owners);
    expect([asked.length, (await operatorApps.find('acme'))?.refusal]).toEqual([7, null]);
  });
});

describe('a client secret is not sent to a host it was not made at', () => {
  const atEvil = { integration: 'forge', fields: { host: '127.0.0.1' } };

  async function renewedAndGivenUp(who: Who): Promise<void> {
    const [owner] = (await signedIn(who, 1, () => 1000, atEvil)) as [TokenOwner];
    clock.move(HOUR_MS);
    const outcome = await room().connections.tokens.current(owner);
    expect(outcome.kind).toBe('setup_rejected');
    await room().connections.disconnect(who, owner.connectionId);
    const any = { state: undefined, before: null, limit: 10 };
    for (const { id } of await room().connections.withdrawals.list(who, any))
      await room().connections.withdrawals.tell(who.workspaceId, id);
  }

  it("by a connection that named the operator's client id while another setup with it was the workspace's", async () => {
    const place = { integration: 'forge', version: 1 };
    const sealed = await sealOperatorSecret({ keyring }, place, 'fake-operator-secret-0001');
    const app = { clientId: 'client-1', sealed, secretHint: null, updatedAt: clock.now() };
    await createOperatorAppStore(database.db.system).save({ ...place, ...app });
    // Signed in at a host of the attacker's under a setup of theirs, which was then removed.
    await renewedAndGivenUp(await room().owner());
    expect(bodies.join()).toContain('token=fake-refresh-0');
    expect(bodies.join()).not.toContain('fake-operator-secret');
    expect((await createOperatorAppStore(database.db.system).find('forge'))?.refusal).toBeNull();
  });

  it('by a connection from before the secret was entered and first sent elsewhere', async () => {
    const who = await room().owner();
    await setUp(who, 1, 'forge');
    await database.db.system
      .updateTable('oauth_apps')
      .set({ token_host: 'forge.example' })
      .where('workspace_id', '=', who.workspaceId)
      .execute();
    await renewedAndGivenUp(who);
    expect(bodies.join()).toContain('token=fake-refresh-0');
    expect(bodies.join()).not.toContain('fake-client-secret');
  });
});
