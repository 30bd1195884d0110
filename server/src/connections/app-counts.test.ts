import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { systemClock } from '../lib/clock.ts';
import type { Who } from '../workspaces/who.ts';
import {
  account,
  definitionAt,
  GOOD_KEY,
  openRoom,
  type Provider,
  type Room,
  startProvider,
} from './under-test.ts';

/** "Your connected apps" reads counts that the database keeps up; here they are held against counting anew. */
let database: TestDatabase;
let provider: Provider;
let room: Room;
let who: Who;

beforeAll(async () => {
  database = await freshDatabase();
  provider = await startProvider();
  const base = `http://127.0.0.1:${provider.port}`;
  const definitions = [definitionAt(base), definitionAt(base, { slug: 'other', name: 'Other' })];
  room = openRoom({ database, definitions, ports: [provider.port], clock: systemClock });
  who = await room.owner();
  provider.on(GOOD_KEY, account('acc_1', 'jane@acme.example'));
});
afterAll(async () => {
  await room.close();
  await provider.close();
  await database.close();
});

async function connected(integration: string) {
  const input = {
    integration,
    name: undefined,
    method: 'api_key',
    credentials: { api_key: GOOD_KEY },
    saveUnverified: false,
    makeDefault: false,
  };
  return (await room.connections.connect(who, input)).connection.id;
}

async function recounted(): Promise<unknown[]> {
  const { rows } = await database.db.systemPool.query(
    `select integration, count(*)::int as connection_count, max(keyrail_status_rank(status))::int as worst
     from connections where workspace_id = $1 group by integration order by worst desc, integration`,
    [who.workspaceId],
  );
  return rows;
}

async function kept(): Promise<unknown[]> {
  const { rows } = await database.db.systemPool.query(
    `select integration, connection_count, worst::int from connected_apps
     where workspace_id = $1 order by worst desc, integration`,
    [who.workspaceId],
  );
  return rows;
}

it('the kept counts are those there are, after many changes at once', async () => {
  const made = await Promise.all(
    Array.from({ length: 12 }, (_, index) => connected(index % 3 === 0 ? 'other' : 'acme')),
  );
  expect(await kept()).toEqual(await recounted());
  const change = { newDefault: undefined, version: null };
  await Promise.allSettled([
    ...made.slice(0, 5).map((id) => room.connections.disconnect(who, id)),
    ...made.slice(5, 8).map((id) => room.connections.remove(who, id, change)),
    ...made.slice(8).map((id) => room.connections.reportOutOfCredits(who.workspaceId, id, 'Used up.')),
    connected('other'),
  ]);
  expect(await kept()).toEqual(await recounted());
  expect((await room.connections.apps(who, { limit: null, cursor: undefined })).data).toMatchObject(
    (await recounted()).map((row) => ({ integration: (row as { integration: string }).integration })),
  );
});

it('a workspace that goes takes its counts along', async () => {
  await database.db.systemPool.query('delete from workspaces where id = $1', [who.workspaceId]);
  expect(await kept()).toEqual([]);
});
