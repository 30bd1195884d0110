import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Role, type Scope, scope } from '@keyrail/contract/people';
import type { RouteSummary } from '../src/api/app.ts';
import { type Config, readConfig } from '../src/config.ts';
import { type Clock, systemClock } from '../src/lib/clock.ts';
import { newId } from '../src/lib/id.ts';
import { type Log, silentLog } from '../src/lib/log.ts';
import { serve } from '../src/serve.ts';
import { freshDatabase, type TestDatabase } from './database.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; null where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any;
}

/** Makes requests as somebody. A body that is an object is sent as JSON; a string as it is, with the type in `headers`. */
export interface Client {
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** What says who asks, for requests made by other means (fetch with a stream, a browser). */
  headers: Record<string, string>;
}

export interface TestApp {
  url: string;
  database: TestDatabase;
  config: Config;
  workspaceId: string;
  userId: string;
  /** The owner, signed in in a browser, in the first workspace. */
  owner: Client;
  anonymous: Client;
  /** Somebody of that role in the first workspace, signed in. */
  member(role: Role): Promise<Client>;
  /** A second workspace, which the owner of the first is no member of, with its own owner. */
  outsider(): Promise<{ client: Client; workspaceId: string }>;
  routes: readonly RouteSummary[];
  /** A new API token with these scopes; all the owner's when left out. */
  token(scopes?: Scope[]): Promise<Client & { token: string; id: string }>;
  /** A client with headers of one's own. */
  as(headers: Record<string, string>): Client;
  /** Stops the server cleanly and drops the database. */
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** Settings as in the environment, such as { KEYRAIL_UPSTREAMS: … }. */
  settings?: Record<string, string>;
  clock?: Clock;
  log?: Log;
  /** An existing database: a second process on the same one. It is not dropped at the end. */
  database?: TestDatabase;
  /** The key file of the first process, for the second one. */
  keyFile?: string;
}

export const OWNER = {
  name: 'Olive Owner',
  email: 'olive@example.com',
  password: 'a-fine-Password-0001',
  workspace_name: 'Acme',
};

/**
 * The whole server in this process, on a database of its own and a free port, with an owner who is signed in:
 *
 *     let app: TestApp;
 *     beforeAll(async () => { app = await startApp({ settings: { KEYRAIL_UPSTREAMS: … } }); });
 *     afterAll(() => app.close());
 *     const answer = await app.owner.post('/v1/connections', { … });
 */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const home = mkdtempSync(join(tmpdir(), 'keyrail-test-'));
  const database = options.database ?? (await freshDatabase());
  const config = readConfig({
    HOME: home,
    KEYRAIL_PORT: '0',
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: options.keyFile ?? join(home, 'master.key'),
    KEYRAIL_REQUESTS_PER_SECOND: '100000',
    KEYRAIL_DRAIN_TIMEOUT_SECONDS: '5',
    KEYRAIL_DATABASE_POOL_SIZE: '5',
    DATABASE_URL: database.url,
    ...options.settings,
  });
  const serving = await serve({
    config,
    databaseUrl: database.url,
    log: options.log ?? silentLog,
    clock: options.clock ?? systemClock,
    announce: () => {},
  });
  const address = `http://${config.host}:${new URL(serving.localUrl).port}`;
  const anonymous = clientOf(address, {});
  const code = await serving.people.issueSetupCode();
  const session = await (code === null
    ? anonymous.post('/v1/session', { email: OWNER.email, password: OWNER.password })
    : anonymous.post('/v1/setup', { ...OWNER, code }));
  if (session.status >= 300) throw new Error(`the owner could not be made: ${session.text}`);
  const workspaceId = session.json.workspaces[0].id as string;
  const cookie = cookieOf(session);
  const owner = clientOf(address, { cookie, 'keyrail-workspace': workspaceId });
  return {
    url: address,
    database,
    config,
    workspaceId,
    userId: session.json.user.id,
    owner,
    anonymous,
    routes: serving.routes,
    member: async (role) => clientOf(address, await makeMember(database, anonymous, workspaceId, role)),
    outsider: async () => {
      const otherId = newId<string>('wsp');
      await database.db.system.insertInto('workspaces').values({ id: otherId, name: 'Other' }).execute();
      const headers = await makeMember(database, anonymous, otherId, 'owner');
      return { client: clientOf(address, headers), workspaceId: otherId };
    },
    token: async (scopes) => {
      const made = await owner.post('/v1/tokens', { name: 'test', scopes: scopes ?? scope.options });
      if (made.status !== 201) throw new Error(`no token was made: ${made.text}`);
      const { token, id } = made.json;
      return { ...clientOf(address, { authorization: `Bearer ${token}` }), token, id };
    },
    as: (headers) => clientOf(address, headers),
    close: async () => {
      await serving.stop();
      if (!options.database) await database.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Members come by invitation; until somebody can be invited, tests write them. The password is the owner's. */
async function makeMember(
  { db }: TestDatabase,
  anonymous: Client,
  workspaceId: string,
  role: Role,
): Promise<Record<string, string>> {
  const userId = newId<string>('usr');
  const email = `${userId}@example.com`;
  const { password_hash } = await db.system
    .selectFrom('users')
    .select('password_hash')
    .where('email', '=', OWNER.email)
    .executeTakeFirstOrThrow();
  await db.system
    .insertInto('users')
    .values({ id: userId, email, name: `A ${role}`, password_hash })
    .execute();
  await db.system
    .insertInto('members')
    .values({ workspace_id: workspaceId, user_id: userId, role })
    .execute();
  const session = await anonymous.post('/v1/session', { email, password: OWNER.password });
  return { cookie: cookieOf(session), 'keyrail-workspace': workspaceId };
}

/** `name=value` of the cookie an answer sets. */
export function cookieOf(answer: Answer): string {
  return (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

export function clientOf(url: string, who: Record<string, string>): Client {
  const request: Client['request'] = async (method, path, body, headers = {}) => {
    const isJson = body !== undefined && typeof body !== 'string';
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: { ...(isJson && { 'content-type': 'application/json' }), ...who, ...headers },
      body: isJson ? JSON.stringify(body) : ((body as string | undefined) ?? null),
    });
    const text = await response.text();
    const isParsed = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isParsed ? JSON.parse(text) : null,
    };
  };
  return {
    request,
    get: (path, headers) => request('GET', path, undefined, headers),
    post: (path, body, headers) => request('POST', path, body, headers),
    patch: (path, body, headers) => request('PATCH', path, body, headers),
    delete: (path, headers) => request('DELETE', path, undefined, headers),
    headers: who,
  };
}
