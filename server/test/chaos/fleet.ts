import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { Agent } from 'undici';
import { type ServerProcess, startServerProcess } from '../../../sandbox/server-process.ts';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from '../authorization-server.ts';
import { assertAltered, type Change, preloaded } from './altered.ts';
import { signInThrough } from './sign-in-through.ts';

/** What a provider does with refresh tokens, and its catalog file says of it. */
export type Mode = 'static' | 'grace' | 'strict';

const MODES: Record<Mode, { provider: AuthorizationServerOptions; lines: Record<string, unknown> }> = {
  static: { provider: {}, lines: { refresh: 'static' } },
  grace: { provider: { graceSeconds: 60 }, lines: { refresh: 'rotating', refresh_grace_seconds: 60 } },
  strict: { provider: { strict: true }, lines: { refresh: 'rotating' } },
};

export interface FleetOptions {
  databaseUrl: string;
  /** Another way to it for the test's own looks. */
  watchUrl?: string;
  /** Everything is written below it. */
  folder: string;
  modes: readonly Mode[];
  provider?: AuthorizationServerOptions;
  settings?: Record<string, string>;
}

/** Real server processes over one database, and a real authorization server for each way to rotate refresh tokens. */
export interface Fleet {
  provider(mode: Mode): AuthorizationServer;
  /** A process more. Of one name there may be several, one after the other: they have the same data folder. */
  start(name?: string, options?: MemberOptions): Promise<Member>;
  /** So many API tokens, which may read credentials. */
  tokens(count: number): Promise<string[]>;
  /** So many connections to a provider, each signed in for by an account of its own. */
  connect(mode: Mode, count: number): Promise<Connected[]>;
  database: pg.Pool;
  /** Ends every process that is left, and the providers. */
  close(): Promise<void>;
}

export interface MemberOptions {
  without?: readonly Change[];
  clockFile?: string;
  settings?: Record<string, string>;
}

export interface Member {
  process: ServerProcess;
  /** A call through the proxy with the connection's token: the status of the answer, or 0 where there was none. */
  call(connectionId: string, hangUp?: AbortSignal): Promise<number>;
  get(path: string): Promise<{ status: number; json: Record<string, unknown> }>;
}

export interface Connected {
  id: string;
  accountId: string;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const providers = new Map<Mode, AuthorizationServer>();
  for (const mode of options.modes) {
    const provider = await startAuthorizationServer({ ...options.provider, ...MODES[mode].provider });
    providers.set(mode, provider);
  }
  const catalog = join(options.folder, 'catalog');
  mkdirSync(catalog, { recursive: true });
  for (const [mode, provider] of providers) {
    writeFileSync(join(catalog, `${mode}.yaml`), JSON.stringify(fileOf(mode, provider)));
  }
  const agent = new Agent({ connections: 256, headersTimeout: 60_000 });
  const database = new pg.Pool({ connectionString: options.watchUrl ?? options.databaseUrl, max: 4 });
  database.on('error', () => {});
  const running = new Set<ServerProcess>();
  /** The first process and its owner. */
  let first: { url: string; cookie: string; workspaceId: string; token: string } | null = null;

  let accounts = 0;

  const provider = (mode: Mode) => {
    const found = providers.get(mode);
    if (found === undefined) throw new Error(`the fleet has no provider ${mode}`);
    return found;
  };
  const launch = async (name: string, given: MemberOptions) => {
    const changes = given.without ?? [];
    const started = await startServerProcess({
      HOME: options.folder,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(options.folder, 'compiled'),
      DATABASE_URL: options.databaseUrl,
      KEYRAIL_DATA_DIR: join(options.folder, name),
      KEYRAIL_MASTER_KEY_FILE: join(options.folder, 'master.key'),
      KEYRAIL_CATALOG_DIR: catalog,
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: [...providers.values()].map(({ port }) => `127.0.0.1:${port}`).join(','),
      KEYRAIL_REQUESTS_PER_SECOND: '100000',
      KEYRAIL_TOKEN_LEASE_SECONDS: '2',
      KEYRAIL_DATABASE_POOL_SIZE: '5',
      KEYRAIL_LOG_LEVEL: 'warn',
      // Nothing renews of its own accord: a sweep that comes by now and then would put right what another process is seen to get
      // wrong, or meet the failure that was meant for that one.
      KEYRAIL_ROLE: 'api',
      ...options.settings,
      ...given.settings,
      ...preloaded(changes, given.clockFile ?? null),
    });
    running.add(started);
    assertAltered(changes, started.said());
    return started;
  };
  const ownerOf = async (started: ServerProcess) => {
    const made = await ask(
      agent,
      started.url,
      'POST',
      '/v1/setup',
      {},
      {
        name: 'Olive Owner',
        email: 'olive@example.com',
        password: 'a-fine-Password-0001',
        workspace_name: 'Acme',
        code: new URL(started.setupLink ?? '').searchParams.get('code'),
      },
    );
    const workspaceId = (made.json.workspaces as { id: string }[])[0]?.id ?? '';
    const owner = { url: started.url, cookie: made.cookies, workspaceId };
    for (const mode of options.modes) {
      const redirectUris = [`${started.url}/oauth/callback/${mode}`];
      const client = await provider(mode).addClient({ redirectUris });
      const app = { client_id: client.clientId, client_secret: client.clientSecret };
      const put = await ask(agent, started.url, 'PUT', `/v1/oauth/apps/${mode}`, headersOf(owner), app);
      if (put.status !== 200) throw new Error(`the setup was not saved: ${put.status}`);
    }
    const scopes = ['connections:read', 'connections:use', 'credentials:read'];
    const token = await ask(agent, started.url, 'POST', '/v1/tokens', headersOf(owner), {
      name: 'x',
      scopes,
    });
    return { ...owner, token: String(token.json.token) };
  };
  const memberOf = (started: ServerProcess, token: string): Member => {
    const headers = { authorization: `Bearer ${token}` };
    const get = (path: string, signal?: AbortSignal) =>
      ask(agent, started.url, 'GET', path, headers, undefined, signal);
    return {
      process: started,
      get,
      call: async (id, hangUp) =>
        (await get(`/v1/proxy/${id}/me`, hangUp).catch(() => ({ status: 0 }))).status,
    };
  };

  return {
    provider,
    database,
    start: async (name = 'a', given = {}) => {
      const started = await launch(name, given);
      first ??= await ownerOf(started);
      return memberOf(started, first.token);
    },
    tokens: async (count) => {
      const owner = first;
      if (owner === null) throw new Error('start a process first');
      const made: string[] = [];
      for (let n = 0; n < count; n += 1) made.push(await newToken(agent, owner, `reader ${n}`));
      return made;
    },
    connect: async (mode, count) => {
      const owner = first;
      if (owner === null) throw new Error('start a process first');
      const connected: Connected[] = [];
      for (let n = 0; n < count; n += 1) {
        // People do not sign in dozens of times in ten minutes, and are kept from it: those before are long ago.
        await database.query("update authorizations set created_at = created_at - interval '1 hour'");
        accounts += 1;
        const accountId = `${mode}-${accounts}`;
        const signIn = { integration: mode, name: accountId };
        connected.push({ id: await signInThrough(owner, provider(mode), signIn, accountId), accountId });
      }
      return connected;
    },
    close: async () => {
      await Promise.all([...running].map((one) => one.kill()));
      await agent.close();
      await database.end();
      await Promise.all([...providers.values()].map((one) => one.close()));
    },
  };
}

async function newToken(
  agent: Agent,
  owner: { url: string; cookie: string; workspaceId: string },
  name: string,
): Promise<string> {
  const scopes = ['connections:read', 'connections:use', 'credentials:read'];
  const made = await ask(agent, owner.url, 'POST', '/v1/tokens', headersOf(owner), { name, scopes });
  if (made.status !== 201) throw new Error(`no token was made: ${JSON.stringify(made.json)}`);
  return String(made.json.token);
}

function headersOf(owner: { cookie: string; workspaceId: string }): Record<string, string> {
  return { cookie: owner.cookie, 'keyrail-workspace': owner.workspaceId };
}

interface Asked {
  status: number;
  json: Record<string, unknown>;
  cookies: string;
}

async function ask(
  agent: Agent,
  origin: string,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  headers: Record<string, string>,
  body?: object,
  signal?: AbortSignal,
): Promise<Asked> {
  const sent = body === undefined ? headers : { ...headers, 'content-type': 'application/json' };
  const text = body === undefined ? null : JSON.stringify(body);
  const answer = await agent.request({
    origin,
    path,
    method,
    headers: sent,
    body: text,
    signal: signal ?? null,
  });
  const read = await answer.body.text();
  const lines = [answer.headers['set-cookie'] ?? []].flat();
  return {
    status: answer.statusCode,
    json: read.startsWith('{') ? (JSON.parse(read) as Record<string, unknown>) : {},
    cookies: lines.map((line) => line.split(';')[0]).join('; '),
  };
}

function fileOf(mode: Mode, provider: AuthorizationServer): object {
  return {
    slug: mode,
    name: `Trial, ${mode}`,
    category: 'CRM',
    description: 'A tool that people sign in to.',
    homepage: 'https://trial.example',
    docs_url: 'https://trial.example/docs',
    icon: { text: 'T', color: '#335577' },
    base_url: `${provider.issuer}/api`,
    auth: [
      {
        type: 'oauth2',
        register_url: 'https://trial.example/apps',
        setup_note: 'Choose a web app.',
        authorize_url: provider.authorizeUrl,
        token_url: provider.tokenUrl,
        token_auth_method: 'client_secret_basic',
        scopes: [{ name: 'openid' }, { name: 'contacts.read' }],
        ...MODES[mode].lines,
      },
    ],
    probe: { request: { method: 'GET', path: '/me' }, account: { label: 'name', id: 'id' } },
    error_message: ['error'],
    sources: [{ at: 'a trial', for: ['auth'] }],
    checked: '2026-11-01',
  };
}
