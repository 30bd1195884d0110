import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../sandbox/server-process.ts';
import { type Sandbox, type SandboxOptions, sandboxUpstreams, startSandbox } from '../sandbox/start.ts';
import { newId } from '../server/src/lib/id.ts';
import { type Client, clientOf, cookieOf } from '../server/test/app.ts';
import { freshDatabase, type TestDatabase } from '../server/test/database.ts';
import { ownPort } from '../server/test/own-port.ts';

export const OWNER = {
  name: 'Olive Owner',
  email: 'olive@example.com',
  password: 'a-fine-Password-0001',
  workspace_name: 'Acme',
};

/** The real server as a process, on a database of its own, with the sandbox in place of third parties. */
export interface Stage {
  readonly server: ServerProcess;
  url: string;
  sandbox: Sandbox;
  /** Starts the server again at the same address, on the same data. */
  restart(): Promise<void>;
  /** Makes the owner through the API, for journeys that begin after that. */
  signIn(): Promise<SignedIn>;
  /** A second workspace of the owner's. */
  addWorkspace(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface SignedIn {
  api: Client;
  cookie: { name: string; value: string; url: string };
}

export interface StageOptions extends SandboxOptions {
  /** Private addresses the operator allows besides the sandbox's: `127.0.0.1:8080`. */
  allow?: readonly string[];
}

export async function startStage({ allow = [], ...options }: StageOptions = {}): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'keyrail-journey-'));
  const [database, sandbox] = await Promise.all([freshDatabase(), startSandbox(options)]);
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  const settings = {
    HOME: home,
    DATABASE_URL: database.url,
    // Its own also while it is away.
    KEYRAIL_PORT: String(await ownPort()),
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(home, 'master.key'),
    KEYRAIL_UPSTREAMS: upstreams,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: [allowedPrivateHosts, ...allow].join(','),
    KEYRAIL_DRAIN_TIMEOUT_SECONDS: '5',
  };
  let server = await startServerProcess(settings);
  return {
    get server() {
      return server;
    },
    url: server.url,
    sandbox,
    restart: async () => {
      server = await startServerProcess(settings);
    },
    signIn: () => signIn(server),
    addWorkspace: (name) => addWorkspace(database, name),
    close: () => close(server, sandbox, database, home),
  };
}

async function signIn(server: ServerProcess): Promise<SignedIn> {
  const code = new URL(server.setupLink ?? '').searchParams.get('code');
  const opened = await clientOf(server.url, {}).post('/v1/setup', { ...OWNER, code });
  if (opened.status !== 201) throw new Error(`the owner could not be made: ${opened.text}`);
  const cookie = cookieOf(opened);
  const [name = '', ...value] = cookie.split('=');
  return {
    api: clientOf(server.url, { cookie, 'keyrail-workspace': opened.json.workspaces[0].id }),
    cookie: { name, value: value.join('='), url: server.url },
  };
}

async function addWorkspace({ db }: TestDatabase, name: string): Promise<void> {
  const id = newId<string>('wsp');
  const { id: userId } = await db.system
    .selectFrom('users')
    .select('id')
    .where('email', '=', OWNER.email)
    .executeTakeFirstOrThrow();
  await db.system.insertInto('workspaces').values({ id, name }).execute();
  await db.system
    .insertInto('members')
    .values({ workspace_id: id, user_id: userId, role: 'owner' })
    .execute();
}

async function close(server: ServerProcess, sandbox: Sandbox, database: TestDatabase, home: string) {
  await server.stop();
  await sandbox.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
}
