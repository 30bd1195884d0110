import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { AppError } from '../lib/app-error.ts';
import type { Who } from '../workspaces/who.ts';
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
  trace,
} from './under-test.ts';

let database: TestDatabase;
let sink: Provider;
let room: Room;
let who: Who;

const field = (name: string, kind: 'text' | 'host' | 'url') => [{ name, label: 'Address', kind }];
const shapes = {
  url: ['{url}', field('url', 'url')],
  host: ['https://{host}', field('host', 'host')],
  label: ['https://{label}.acme.example', field('label', 'text')],
  path: ['https://acme.example/{label}', field('label', 'text')],
} as const;

beforeAll(async () => {
  database = await freshDatabase();
  sink = await startProvider();
  const definitions = Object.entries(shapes).flatMap(([slug, [baseUrl, connectionFields]]) => [
    definitionAt(baseUrl, { slug, connection_fields: [...connectionFields] }),
    definitionAt(baseUrl, {
      slug: `${slug}-blind`,
      connection_fields: [...connectionFields],
      probe: undefined,
    }),
  ]);
  room = openRoom({
    database,
    definitions,
    ports: [],
    clock: standingClock(),
    settings: { checkTimeoutMs: 3_000 },
  });
  who = await room.owner();
});
afterAll(async () => {
  await room.close();
  await sink.close();
  await database.close();
});

/** Ways to write an address that is nobody else's business, as far as a field can hold them. */
const addresses = () => {
  const hosts = [
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0177.0.0.1',
    '127.1',
    '0x7f.1',
    '[::1]',
    '[::]',
    '0',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::a9fe:a9fe]',
    '[2002:a9fe:a9fe::]',
    '169.254.169.254',
    '2852039166',
    '0xA9FEA9FE',
    '169.254.43518',
    'metadata.google.internal',
    'metadata',
    '100.100.100.200',
    '192.0.0.192',
    '169.254.170.2',
    '[fd00:ec2::254]',
    '10.0.0.5',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    'localhost',
    'localhost.',
    'LOCALHOST',
    'foo.localhost',
    'localhost.localdomain',
    'ip6-localhost',
  ];
  return [
    ...hosts.flatMap((host) => [
      host,
      `${host}:${sink.port}`,
      `https://${host}`,
      `https://${host}:${sink.port}/`,
      `http://${host}:${sink.port}`,
    ]),
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_',
    'data:text/plain,hi',
    'javascript:alert(1)',
    'ws://127.0.0.1',
    'unix:/var/run/docker.sock',
    'http://unix:/var/run/docker.sock:/containers/json',
    `https://user:pass@127.0.0.1:${sink.port}/`,
    `https://api.example.com@127.0.0.1:${sink.port}/`,
    `https://127.0.0.1:${sink.port}\\@api.example.com/`,
    `https://127.0.0.1:${sink.port}#@api.example.com/`,
    `http:127.0.0.1:${sink.port}/`,
    `https:\\\\127.0.0.1\\`,
    `\thttps://127.0.0.1:${sink.port}/`,
    `ht\ntps://127.0.0.1:${sink.port}/`,
    `127.0.0.1:${sink.port}/#`,
    `127.0.0.1:${sink.port}?`,
    `x@127.0.0.1:${sink.port}`,
    '../..',
    '..',
    '%2e%2e',
    'a/../../b',
    'a\r\nHost: b',
  ];
};

it.each(Object.keys(shapes).flatMap((slug) => [slug, `${slug}-blind`]))(
  'an address entered as a field of "%s" never leads inside, and nothing is saved for it',
  async (integration) => {
    const before = await trace(database, who);
    const name = integration.startsWith('path') ? 'label' : integration.replace('-blind', '');
    // A label or path segment that is a plain word leads to the integration's own address, which is not inside.
    for (const address of addresses().filter((one) => !isPlainLabel(name, one))) {
      const credentials = { api_key: GOOD_KEY, [name]: address };
      const input = {
        integration,
        name: undefined,
        method: undefined,
        credentials,
        saveUnverified: false,
        makeDefault: false,
      };
      const failed = await room.connections.connect(who, input).catch((error: unknown) => error);
      expect(failed, address).toBeInstanceOf(AppError);
      expect(['invalid_input', 'egress_denied'], `${address}: ${failed}`).toContain(
        (failed as AppError).code,
      );
    }
    expect(sink.seen).toEqual([]);
    expect(await trace(database, who)).toBe(before);
  },
  60_000,
);

it('a saved key goes to no other address than the one it was entered for: a new address wants it again', async () => {
  const [first, second] = [await startProvider(), await startProvider()];
  for (const one of [first, second]) one.on(GOOD_KEY, account('acc_1', 'jane@acme.example'));
  const port = [{ name: 'port', label: 'Port' }];
  const mobile = openRoom({
    database,
    definitions: [definitionAt('http://127.0.0.1:{port}', { slug: 'mobile', connection_fields: port })],
    ports: [first.port, second.port],
    clock: standingClock(),
  });
  const { connection } = await mobile.connections.connect(who, {
    integration: 'mobile',
    name: undefined,
    method: undefined,
    credentials: { port: String(first.port), api_key: GOOD_KEY },
    saveUnverified: false,
    makeDefault: false,
  });
  const moveTo = (credentials: Record<string, string>) =>
    mobile.connections.update(
      who,
      connection.id,
      { name: undefined, credentials, saveUnverified: true },
      null,
    );
  await expect(moveTo({ port: String(second.port) })).rejects.toMatchObject({
    code: 'invalid_input',
    fields: [{ path: 'credentials.api_key', message: 'API key is missing.' }],
  });
  expect(second.seen).toEqual([]);
  expect((await moveTo({ api_key: GOOD_KEY })).connection.fields).toEqual({ port: String(first.port) });
  const oldAddress = { port: String(first.port) };
  const running = mobile.connections.credentialSource(who.workspaceId, connection.id, oldAddress);
  expect((await running.current()).kind).toBe('credential');
  const moved = await moveTo({ port: String(second.port), api_key: GOOD_KEY });
  expect(moved.connection.fields).toEqual({ port: String(second.port) });
  expect(second.seen).toEqual([GOOD_KEY]);
  // A call that was prepared for the old address is given nothing new, before it is sent or after it was refused.
  expect(await running.current()).toEqual({ kind: 'unavailable', because: 'broken' });
  expect(await running.refused(1)).toBeNull();
  await Promise.all([mobile.close(), first.close(), second.close()]);
});

it('a key entered for a new address in the middle of a check is not sent to the old one', async () => {
  const [first, second] = [await startProvider(), await startProvider()];
  for (const one of [first, second])
    for (const key of [GOOD_KEY, OTHER_GOOD_KEY]) one.on(key, account('acc_1', 'jane@acme.example'));
  let betweenReads: (() => Promise<unknown>) | null = null;
  const transact: typeof database.db.transact = async (workspaceId, work) => {
    const result = await database.db.transact(workspaceId, work);
    const next = betweenReads;
    betweenReads = null;
    await next?.();
    return result;
  };
  const port = [{ name: 'port', label: 'Port' }];
  const shared = {
    definitions: [definitionAt('http://127.0.0.1:{port}', { slug: 'moving', connection_fields: port })],
    ports: [first.port, second.port],
    clock: standingClock(),
  };
  const steady = openRoom({ database, ...shared });
  const interrupted = openRoom({ database: { ...database, db: { ...database.db, transact } }, ...shared });
  const entered = (at: Provider, api_key: string) => ({ port: String(at.port), api_key });
  const { connection } = await steady.connections.connect(who, {
    integration: 'moving',
    name: undefined,
    method: undefined,
    credentials: entered(first, GOOD_KEY),
    saveUnverified: false,
    makeDefault: false,
  });
  betweenReads = () =>
    steady.connections.reconnect(
      who,
      connection.id,
      { credentials: entered(second, OTHER_GOOD_KEY), saveUnverified: false },
      null,
    );
  await expect(interrupted.connections.verify(who, connection.id)).rejects.toMatchObject({
    code: 'conflict',
    reason: 'changed_meanwhile',
  });
  expect(first.seen).toEqual([GOOD_KEY]);
  expect((await steady.connections.get(who, connection.id)).status).toBe('connected');
  await Promise.all([steady.close(), interrupted.close(), first.close(), second.close()]);
});

function isPlainLabel(name: string, address: string): boolean {
  return name === 'label' && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(address) && !address.includes('..');
}
