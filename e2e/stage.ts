import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../sandbox/server-process.ts';
import { type Sandbox, type SandboxOptions, sandboxUpstreams, startSandbox } from '../sandbox/start.ts';
import { type Client, clientOf, cookieOf } from '../server/test/app.ts';
import { freshDatabase, type TestDatabase } from '../server/test/database.ts';

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
  close(): Promise<void>;
}

export interface SignedIn {
  api: Client;
  cookie: { name: string; value: string; url: string };
}

export async function startStage(options: SandboxOptions = {}): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'keyrail-journey-'));
  const [database, sandbox] = await Promise.all([freshDatabase(), startSandbox(options)]);
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  const settings = {
    HOME: home,
    DATABASE_URL: database.url,
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(home, 'master.key'),
    KEYRAIL_UPSTREAMS: upstreams,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts,
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
      server = await startServerProcess({ ...settings, KEYRAIL_PORT: String(server.port) });
    },
    signIn: () => signIn(server),
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

async function close(server: ServerProcess, sandbox: Sandbox, database: TestDatabase, home: string) {
  await server.stop();
  await sandbox.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
}
