import { afterAll, beforeAll, beforeEach } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import type { Who } from '../workspaces/who.ts';
import type { Listed } from './look.ts';
import {
  account,
  definitionAt,
  GOOD_KEY,
  OTHER_GOOD_KEY,
  openRoom,
  type Provider,
  type Room,
  standingClock,
  startProvider,
} from './under-test.ts';

export let database: TestDatabase;
export let provider: Provider;
export let room: Room;
export let who: Who;
export const clock = standingClock();

/** A room, and a provider that takes two keys, for the tests of one file. */
export function useConnections(): void {
  beforeAll(async () => {
    database = await freshDatabase();
    provider = await startProvider();
    const base = `http://127.0.0.1:${provider.port}`;
    const definitions = [definitionAt(base), definitionAt(base, { slug: 'other', name: 'Other' })];
    room = openRoom({ database, definitions, ports: [provider.port], clock });
  });
  afterAll(async () => {
    await room.close();
    await provider.close();
    await database.close();
  });
  beforeEach(async () => {
    who = await room.owner();
    provider.on(GOOD_KEY, account('acc_1', 'jane@acme.example'));
    provider.on(OTHER_GOOD_KEY, account('acc_1', 'jane@acme.example'));
  });
}

interface More {
  name?: string;
  key?: string;
  integration?: string;
  makeDefault?: boolean;
}

export async function connected(more: More = {}, as: Who = who): Promise<Listed> {
  const { connection } = await room.connections.connect(as, {
    integration: more.integration ?? 'acme',
    name: more.name,
    method: 'api_key',
    credentials: { api_key: more.key ?? GOOD_KEY },
    saveUnverified: false,
    makeDefault: more.makeDefault ?? false,
  });
  return connection;
}

/** What the provider is sent by a call with this connection, through the door calls use. */
export async function sentBy(id: string): Promise<string | null> {
  const current = await room.connections.credentialSource(who.workspaceId, id, {}).current();
  if (current.kind !== 'credential') return null;
  const request = { method: 'GET', url: 'http://127.0.0.1/', headers: {} };
  return (await current.credential.apply(request, new Date())).headers['x-api-key'] ?? null;
}

export const change = (name: string) => ({ name, credentials: undefined, saveUnverified: false });
export const replacing = (api_key: string) => ({
  name: undefined,
  credentials: { api_key },
  saveUnverified: false,
});
/** A list that leaves nothing out. */
export const all = { integration: undefined, status: undefined, limit: 50, cursor: undefined };
