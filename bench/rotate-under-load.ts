import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import type { ServerProcess } from '../sandbox/server-process.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../server/test/authorization-server.ts';
import { signInThrough } from '../server/test/chaos/sign-in-through.ts';
import { startManyWays } from '../server/test/many-ways.ts';
import { type Calls, calling } from './calling.ts';
import { isFull, median, report, tell } from './report.ts';
import { type Owner, signUp, startMeasured } from './server.ts';

/**
 * Whether replacing credentials makes calls fail, by every method: 200 proxied calls a second run through one connection on two
 * processes over one database, half of them with a body, while its credentials are replaced again and again, through the one
 * process and the other in turn, and the provider takes the old ones, and every token made of them, no more a second after the
 * new ones are current. At last the client secret of a sign-in setup, at a strict authorization server, with tokens of a few
 * seconds. Beside it as many calls straight to the provider with credentials that stay.
 */
const ROTATIONS = isFull ? 100 : 10;
const EVERY_MS = isFull ? 500 : 300;
const REVOKED_AFTER_MS = 1_000;
/** Far longer than a call takes on a busy machine: one that ends on its way is no matter of rotation. */
const TOKEN_SECONDS = isFull ? 8 : 3;
const CALLS_PER_SECOND = 200;
/** `-- --only=certificate`: one method. */
const only = process.argv.find((one) => one.startsWith('--only='))?.slice('--only='.length) ?? null;
const isWanted = (name: string) => only === null || only === name;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const silent = { info() {}, warn() {}, error: console.error };
const provider = await startManyWays({ answerMs: 5, tokenSeconds: 3 });
const signIn = await startAuthorizationServer({ strict: true, accessTokenSeconds: TOKEN_SECONDS });
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const agent = new Agent({ connections: 64 });
const servers: ServerProcess[] = [];

interface Measured extends Calls {
  name: string;
  rotations: number;
}

try {
  for (const [name, text] of Object.entries(provider.files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'signed-in.yaml'), JSON.stringify(signedInFile(signIn)));
  for (let n = 0; n < 2; n += 1) {
    servers.push(
      await startMeasured(folder, postgres.url, {
        KEYRAIL_CATALOG_DIR: folder,
        KEYRAIL_ALLOWED_PRIVATE_HOSTS: `${provider.hosts},127.0.0.1:${signIn.port}`,
        KEYRAIL_REQUESTS_PER_SECOND: '10000',
      }),
    );
  }
  // Each start makes a new link, and the one before is good no more.
  const owner = await signUp(servers.at(-1) as ServerProcess);
  const made = await ask(owner, 0, 'POST', '/v1/tokens', { name: 'bench', scopes: ['connections:use'] });
  const headers = { authorization: `Bearer ${made.token}` };
  const through = (id: string, path: string) => ({
    agent,
    perSecond: CALLS_PER_SECOND,
    headers,
    urlOf: (index: number) => `${urlOf(index)}/v1/proxy/${id}${path}`,
  });

  const measured: Measured[] = [];
  for (const way of provider.ways.filter(({ name }) => isWanted(name))) {
    let current = way.make();
    const { id } = await ask(owner, 0, 'POST', '/v1/connections', {
      integration: way.slug,
      credentials: current,
    });
    const seen = await rotating(way.name, through(String(id), '/find?name=n'), async (turn) => {
      const [before, next] = [current, way.make()];
      await ask(owner, turn, 'PATCH', `/v1/connections/${id}`, { credentials: next });
      current = next;
      return () => way.revoke(before);
    });
    measured.push(seen);
  }
  if (isWanted('sign_in_setup')) measured.push(await rotatingSetup(owner, through));
  const bare = await straight();

  const all = measured.flatMap(({ ms }) => ms);
  const failed = measured.flatMap(({ name, failed: of }) => of.map((text) => `${name}: ${text}`));
  const calls = measured.reduce((sum, one) => sum + one.calls, 0);
  const seconds = measured.reduce((sum, one) => sum + one.seconds, 0);
  tell(`median ${median(all).toFixed(1)} ms, straight to the provider ${median(bare.ms).toFixed(1)} ms`);
  tell(`${provider.refused()} requests came to the provider with credentials that were withdrawn`);
  if (failed.length > 0) tell(JSON.stringify(failed.slice(0, 10), null, 1));
  report({
    bench: 'rotate-under-load',
    value: failed.length,
    unit: 'failed calls',
    against: { name: `failed of ${bare.calls} calls straight to the provider`, value: bare.failed.length },
    ratio: failed.length / calls,
    goal: '0 failed calls',
    met: failed.length === 0,
    checks: [
      ...measured.map(({ name, rotations, failed: of }) => ({
        name: `${name}: failed calls in ${rotations} rotations`,
        value: of.length,
        unit: '',
        goal: `= 0 in ${ROTATIONS}`,
        met: of.length === 0 && rotations === ROTATIONS,
      })),
      {
        name: 'calls per second',
        value: calls / seconds,
        unit: 'calls/s',
        goal: `>= ${CALLS_PER_SECOND * 0.95}`,
        met: calls / seconds >= CALLS_PER_SECOND * 0.95,
      },
    ],
  });
} finally {
  for (const server of servers) await server.stop();
  await agent.close();
  await postgres.stop();
  await provider.close();
  await signIn.close();
  rmSync(folder, { recursive: true, force: true });
}

/** `rotate` answers how the old credentials are withdrawn at the provider, which is done a while after. */
async function rotating(
  name: string,
  how: Parameters<typeof calling>[0],
  rotate: (turn: number) => Promise<() => void>,
): Promise<Measured> {
  let rotations = 0;
  await calling(how, () => sleep(500));
  const seen = await calling(how, async () => {
    for (let turn = 1; turn <= ROTATIONS; turn += 1) {
      const revoke = await rotate(turn);
      rotations += 1;
      setTimeout(revoke, REVOKED_AFTER_MS);
      if (turn % 20 === 0) tell(`${name}: ${turn}/${ROTATIONS}`);
      await sleep(EVERY_MS);
    }
    await sleep(REVOKED_AFTER_MS + 500);
  });
  tell(`${name}: ${rotations} rotations, ${seen.calls} calls, ${seen.failed.length} failed`);
  return { ...seen, name, rotations };
}

async function rotatingSetup(
  owner: Owner,
  through: (id: string, path: string) => Parameters<typeof calling>[0],
): Promise<Measured> {
  const first = servers[0] as ServerProcess;
  const client = await signIn.addClient({ redirectUris: [`${first.url}/oauth/callback/signed-in`] });
  const client_id = client.clientId;
  let [secret, made] = [client.clientSecret, 0];
  const taken = new Set([secret]);
  const takes = () => signIn.takesSecrets(client_id, [...taken]);
  takes();
  await ask(owner, 0, 'PUT', '/v1/oauth/apps/signed-in', { client_id, client_secret: secret });
  const who = { url: first.url, cookie: owner.cookie, workspaceId: owner['keyrail-workspace'] };
  const id = await signInThrough(who, signIn, { integration: 'signed-in', name: 'Ida' }, 'ida');
  return rotating('sign_in_setup', through(id, '/me'), async (turn) => {
    made += 1;
    const [before, next] = [secret, `fake-client-secret-${String(made).padStart(6, '0')}`];
    taken.add(next);
    takes();
    await ask(owner, turn, 'PUT', '/v1/oauth/apps/signed-in', { client_id, client_secret: next });
    secret = next;
    return () => {
      taken.delete(before);
      takes();
    };
  });
}

/** The same calls without us in between. */
async function straight(): Promise<Calls> {
  const [way] = provider.ways;
  const { api_key = '' } = way?.make() ?? {};
  const origin = `http://${provider.hosts.split(',')[0]}`;
  return calling(
    {
      agent,
      perSecond: CALLS_PER_SECOND,
      headers: { 'x-api-key': api_key },
      urlOf: () => `${origin}/find?name=n`,
    },
    () => sleep(2_000),
  );
}

function urlOf(index: number): string {
  return servers[index % servers.length]?.url ?? '';
}

async function ask(
  headers: Record<string, string>,
  index: number,
  method: string,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(urlOf(index) + path, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

function signedInFile({ issuer, authorizeUrl, tokenUrl }: AuthorizationServer): object {
  return {
    slug: 'signed-in',
    name: 'Signed in',
    category: 'Test',
    description: 'A tool that people sign in to.',
    homepage: 'https://ways.example',
    docs_url: 'https://ways.example/docs',
    icon: { text: 'S', color: '#335577' },
    base_url: `${issuer}/api`,
    auth: [
      {
        type: 'oauth2',
        register_url: 'https://ways.example/apps',
        authorize_url: authorizeUrl,
        token_url: tokenUrl,
        token_auth_method: 'client_secret_basic',
        refresh: 'rotating',
        scopes: [{ name: 'openid' }],
      },
    ],
    probe: { request: { method: 'GET', path: '/me' }, account: { label: 'name', id: 'id' } },
    sources: [{ at: 'a test', for: ['auth'] }],
    checked: '2026-11-21',
  };
}
