// What the tests of this room share: a provider that behaves as its key says, and the room over a real database.
import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConnectionId, UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { z } from 'zod';
import { packedOnce } from '../../test/bomb.ts';
import type { TestDatabase } from '../../test/database.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { sameForAll } from '../catalog/catalogs.ts';
import { type Definition, definitionSchema } from '../catalog/definition.ts';
import { readKeyForms } from '../catalog/key-forms.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import { createRefusalStore } from '../oauth/setups/refusal-store.ts';
import { guardPolicy } from '../outbound/guard-policy.ts';
import type { OutboundLimits } from '../outbound/limits.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { budgetStore, usageOf, usageStore } from '../outbound/store.ts';
import { createTokenSweepStore } from '../tokens/token-sweep-store.ts';
import { createKeyring } from '../vault/keyring.ts';
import { masterKey } from '../vault/master-key.ts';
import { onlyKey } from '../vault/master-keys.ts';
import { dataKeyStore } from '../vault/store.ts';
import { scopesOfRole } from '../workspaces/policy.ts';
import type { Who } from '../workspaces/who.ts';
import { type Connections, createConnections } from './connections.ts';
import type { DependentsSource } from './dependents-source.ts';
import { createExpirySweepStore } from './expiries/sweep-store.ts';
import { type ConnectionSettings, DEFAULT_CONNECTION_SETTINGS } from './settings.ts';
import { createSweepStore } from './sweep-store.ts';
import { createWithdrawalSweepStore } from './withdrawals/sweep-store.ts';

type Behaviour = (response: ServerResponse, key: string, request: IncomingMessage) => void;

export interface Provider {
  port: number;
  /** Keys (or user names) of the requests that came, in order. */
  seen: string[];
  /** What a key is answered with; keys not named here are not accepted. */
  on(key: string, behaviour: Behaviour): void;
  close(): Promise<void>;
}

export const GOOD_KEY = 'fake-key-good-0001';
export const OTHER_GOOD_KEY = 'fake-key-good-0002';

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Behaviour {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function account(id: string, email: string): Behaviour {
  return json(200, { id, email, plan: 'Starter', credits: 412 });
}

/** The body is small on the wire and 200 MB decoded. */
export const bomb: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  response.end(packedOnce());
};

/** Like a careless provider: it repeats what it was sent, key and all. */
const refuse: Behaviour = (response, key, request) => {
  response.writeHead(401, { 'content-type': 'application/json' });
  const echo = `No user with the key ${key} (${request.headers.authorization ?? request.headers['x-api-key']})`;
  response.end(JSON.stringify({ error: { message: echo } }));
};

export async function startProvider(): Promise<Provider> {
  const behaviours = new Map<string, Behaviour>();
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const key = basic
      ? Buffer.from(basic, 'base64').toString('utf8')
      : String(request.headers['x-api-key'] ?? '');
    seen.push(key);
    (behaviours.get(key) ?? refuse)(response, key, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    on: (key, behaviour) => behaviours.set(key, behaviour),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An integration at the provider's address. */
export function definitionAt(
  baseUrl: string,
  more: Partial<z.input<typeof definitionSchema>> = {},
): Definition {
  return definitionSchema.parse({
    slug: 'acme',
    name: 'Acme',
    category: 'Test',
    description: 'A tool for tests.',
    homepage: 'https://acme.example',
    docs_url: 'https://acme.example/docs',
    icon: { text: 'A', color: '#123456' },
    base_url: baseUrl,
    auth: [
      {
        type: 'api_key',
        fields: [{ name: 'api_key', label: 'API key' }],
        send: [{ in: 'header', name: 'X-Api-Key', value: '{api_key}' }],
        key_help: { location: 'Settings > API keys', url: 'https://acme.example/keys' },
      },
      {
        type: 'basic',
        fields: [
          { name: 'user', label: 'User name', secret: false },
          { name: 'password', label: 'Password' },
        ],
        username: '{user}',
        password: '{password}',
      },
    ],
    probe: {
      request: { method: 'GET', path: '/me' },
      account: { label: 'email', id: 'id', plan: 'plan', credits_left: 'credits' },
    },
    // biome-ignore-start lint/suspicious/noThenProperty: a word of the file format; nobody awaits a rule.
    answers: [
      { when: { status: 401, body: { path: 'code', equals: 'expired' } }, then: 'expired' },
      { when: { status: 401, body: { path: 'code', equals: 'revoked' } }, then: 'revoked' },
      { when: { status: 200, body: { path: 'error', exists: true } }, then: 'rejected' },
      { when: { status: 403 }, then: 'missing_permission', permission_path: 'needs' },
    ],
    // biome-ignore-end lint/suspicious/noThenProperty: as above.
    sources: [{ at: 'a test', for: ['auth'] }],
    checked: '2026-01-01',
    ...more,
  });
}

export interface Room {
  connections: Connections;
  /** An owner of a new workspace. */
  owner(): Promise<Who>;
  /** Everything the log was given. */
  logged: unknown[];
  outbound: { flush(): Promise<void> };
  close(): Promise<void>;
}

interface RoomOptions {
  database: TestDatabase;
  definitions: readonly Definition[];
  /** Private addresses that may be called: the ports of providers. */
  ports: readonly number[];
  clock: Clock;
  settings?: Partial<ConnectionSettings>;
  limits?: Partial<OutboundLimits>;
  master?: ReturnType<typeof masterKey>;
  /** Throws: nothing may leave. */
  mayLeave?: () => undefined;
  /** Whether this process has the files that the one started last has read. */
  readLast?: () => Promise<boolean>;
}

const noDependents: DependentsSource = { list: async () => [], count: async () => new Map() };
const testMaster = masterKey(randomBytes(32));

export function openRoom(options: RoomOptions): Room {
  const { db } = options.database;
  const logged: unknown[] = [];
  const outbound = createOutbound({
    policy: guardPolicy({
      allowedPrivateHosts: options.ports.map((port) => `127.0.0.1:${port}`),
      ownAddresses: [],
      ownHosts: [],
    }),
    budgetStore: budgetStore(db.system),
    usageStore: usageStore(db.system),
    ...(options.limits && { limits: options.limits }),
  });
  const connections = createConnections({
    transact: db.transact,
    ownTransact: db.transact,
    clock: options.clock,
    keyring: createKeyring({
      store: dataKeyStore(db.system),
      masterKeys: onlyKey(options.master ?? testMaster),
    }),
    catalogs: sameForAll(createCatalog(options.definitions, [])),
    keyForms: readKeyForms([
      {
        service: 'Slack bot token',
        integration: 'slack',
        pattern: '^xoxb-[0-9]{10,13}-[0-9]+$',
        source: 'test',
      },
    ]),
    outbound,
    dependents: noDependents,
    usage: (tx, workspaceId, connectionId, since) => usageOf(tx, workspaceId, connectionId, 'hour', since),
    sweepStore: createSweepStore(db.system),
    tokenSweepStore: createTokenSweepStore(db.system),
    withdrawalSweepStore: createWithdrawalSweepStore(db.system),
    expirySweepStore: createExpirySweepStore(db.system),
    operatorApps: createOperatorAppStore(db.system),
    refusals: createRefusalStore(db.system, db.transact),
    keyedHash: (text) => createHmac('sha256', 'test').update(text).digest('base64url'),
    settings: { ...DEFAULT_CONNECTION_SETTINGS, ...options.settings },
    ...(options.mayLeave && { mayLeave: options.mayLeave }),
    ...(options.readLast && { readLast: options.readLast }),
    log: { warn: (fields, message) => logged.push(fields, message) },
  });
  return {
    connections,
    owner: async () => whoIn(await newWorkspace(options.database)),
    logged,
    outbound,
    close: () => outbound.close(),
  };
}

async function newWorkspace({ db }: TestDatabase): Promise<WorkspaceId> {
  const id = newId<WorkspaceId>('wsp');
  await db.system.insertInto('workspaces').values({ id, name: 'Test' }).execute();
  return id;
}

export function whoIn(workspaceId: WorkspaceId, bound: readonly ConnectionId[] | null = null): Who {
  return {
    workspaceId,
    userId: newId<UserId>('usr'),
    tokenId: null,
    role: 'owner',
    scopes: scopesOfRole.owner,
    connectionIds: bound === null ? null : new Set(bound),
    label: 'Jane Doe',
    ip: '127.0.0.1',
  };
}

/** A clock that stands until it is moved. */
export function standingClock(start = '2026-03-01T12:00:00Z'): Clock & { move(ms: number): void } {
  let now = new Date(start).getTime();
  return {
    now: () => new Date(now),
    sleep: async () => {},
    move: (ms) => {
      now += ms;
    },
  };
}

/** What there is of connections in a database, to see whether something left a trace. */
export async function trace({ db }: TestDatabase, who: Who): Promise<string> {
  const { workspaceId } = who;
  const of = async (table: 'connections' | 'credentials' | 'connection_events' | 'audit_entries') =>
    db.system.selectFrom(table).selectAll().where('workspace_id', '=', workspaceId).execute();
  return JSON.stringify([
    await of('connections'),
    await of('credentials'),
    await of('connection_events'),
    await of('audit_entries'),
  ]);
}

/** Connection ids in waiting jobs of a kind. */
export async function jobsOf({ db }: TestDatabase, name: string): Promise<string[]> {
  const { rows } = await db.systemPool.query<{ id: string }>(
    `select payload->>'connection_id' as id from graphile_worker._private_jobs jobs
     join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
     where tasks.identifier = $1 order by jobs.id`,
    [name],
  );
  return rows.map((row) => row.id);
}

/** What people were told, oldest first: kind, about what kind of thing, and whether it is over. */
export async function told(
  { db }: TestDatabase,
  { workspaceId }: Pick<Who, 'workspaceId'>,
): Promise<string[]> {
  const rows = await db.system
    .selectFrom('notices')
    .select(['kind', 'subject_kind', 'over_at'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('id')
    .execute();
  return rows.map((row) => `${row.kind} ${row.subject_kind}${row.over_at === null ? '' : ' (over)'}`);
}

export async function forgetJobs({ db }: TestDatabase): Promise<void> {
  await db.systemPool.query('delete from graphile_worker._private_jobs');
}
