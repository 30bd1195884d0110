import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from './database.ts';
import { ownPort } from './own-port.ts';
import { surroundings } from './server-process.ts';

/* The server as it is really run: a process, signals, its output. */

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const operator = fileURLToPath(new URL('../src/operator/main.ts', import.meta.url));

let home: string;
let database: TestDatabase;
let children: ChildProcess[];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-process-'));
  database = await freshDatabase();
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

interface Run {
  child: ChildProcess;
  /** What was printed so far, to a person and to the log. */
  said(): string;
  logged(): string;
  /** Resolves when that was printed. */
  until(text: RegExp): Promise<RegExpExecArray>;
  exit: Promise<number | null>;
}

function start(environment: Record<string, string> = {}, file = program, args: string[] = []): Run {
  const child = spawn(process.execPath, [file, ...args], {
    env: {
      ...surroundings(),
      HOME: home,
      KEYRAIL_PORT: '0',
      KEYRAIL_DATA_DIR: join(home, 'data'),
      DATABASE_URL: database.url,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let said = '';
  let logged = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  child.stdout?.on('data', (chunk) => {
    logged += chunk;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const until = (text: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = text.exec(said);
        if (found) resolve(found);
      };
      child.stderr?.on('data', look);
      void exit.then((code) => reject(new Error(`ended with ${code} before "${text}": ${said}${logged}`)));
      look();
    });
  return { child, said: () => said, logged: () => logged, until, exit };
}

async function urlOf(run: Run): Promise<string> {
  return (await run.until(/ready: (http\S+)/))[1] ?? '';
}

const owner = {
  name: 'Olive',
  email: 'olive@example.com',
  password: 'a-fine-Password-0001',
  workspace_name: 'Acme',
};

async function setUp(run: Run): Promise<{ url: string; headers: Record<string, string> }> {
  const url = await urlOf(run);
  const code = /setup\?code=(\S+)/.exec(run.said())?.[1];
  const answer = await fetch(`${url}/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...owner, code }),
  });
  expect(answer.status).toBe(201);
  const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  const { workspaces } = (await answer.json()) as { workspaces: { id: string }[] };
  return { url, headers: { cookie, 'keyrail-workspace': workspaces[0]?.id ?? '' } };
}

describe('starting', () => {
  test('prints the address and, while there is no owner, a new link each time; secrets are in no log', async () => {
    const first = start();
    await urlOf(first);
    const firstLink = /setup\?code=(\S+)/.exec(first.said())?.[1] ?? '';
    first.child.kill('SIGTERM');
    const second = start();
    expect(await first.exit).toBe(0);
    const { url } = await setUp(second);
    expect(second.said()).not.toContain(firstLink);
    const used = /setup\?code=(\S+)/.exec(second.said())?.[1] ?? '';
    await fetch(`${url}/v1/setup?code=${used}`);
    second.child.kill('SIGTERM');
    const third = start();
    expect(await second.exit).toBe(0);
    for (const secret of [firstLink, used, owner.password]) expect(second.logged()).not.toContain(secret);
    expect(second.logged()).toContain('"route":"/v1/setup"');
    await urlOf(third);
    expect(third.said()).not.toContain('setup?code');
  });

  test('opens no inspector, whoever signals it to', async () => {
    const run = start();
    await urlOf(run);
    run.child.kill('SIGUSR1');
    run.child.kill('SIGTERM');
    expect(await run.exit).toBe(0);
    expect(run.said()).not.toMatch(/debugger/i);
  });

  test('with a wrong master key ends, names the key it needs, and listens nowhere', async () => {
    const port = String(await ownPort());
    const first = start({ KEYRAIL_PORT: port });
    await urlOf(first);
    first.child.kill('SIGTERM');
    await first.exit;
    const keyId = /master key \((mk_\w+)\)/.exec(first.said())?.[1] ?? '';
    const second = start({
      KEYRAIL_MASTER_KEY: 'c29tZS1vdGhlci1rZXktMDAwMS1vdGhlci1rZXktMDE=',
      KEYRAIL_PORT: port,
    });
    expect(await second.exit).toBe(1);
    expect(second.said()).toContain(`needs ${keyId}`);
    expect(second.said()).not.toMatch(/\n\s+at /);
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
  });

  test('with mistakes in the settings ends at once and names them all, without a stack', async () => {
    const run = start({ KEYRAIL_PORT: 'x', KEYRAIL_ROLL: 'all' });
    expect(await run.exit).toBe(1);
    expect(run.said()).toMatch(/KEYRAIL_PORT[\s\S]*KEYRAIL_ROLL/);
    expect(run.said()).not.toMatch(/\n\s+at /);
  });

  test('on a port that is taken says so and what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const run = start({ KEYRAIL_PORT: String(port) });
    expect(await run.exit).toBe(1);
    expect(run.said()).toMatch(`Port ${port} on 127.0.0.1 is in use`);
    taken.close();
  });

  test('without its database says so, answers that it lives and is not ready, and goes on when it is there', async () => {
    const target = new URL(database.url);
    const socketFolder = target.searchParams.get('host');
    const later = new URL(database.url);
    const port = await ownPort();
    later.searchParams.delete('host');
    later.host = `127.0.0.1:${port}`;
    const served = await ownPort();
    const run = start({ DATABASE_URL: later.href, KEYRAIL_PORT: String(served) });
    await run.until(/does not answer yet/);
    const own = `http://127.0.0.1:${served}`;
    await expect
      .poll(() =>
        fetch(`${own}/health/live`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    const waiting = await fetch(`${own}/health/ready`);
    expect([waiting.status, waiting.headers.get('content-type')]).toEqual([
      503,
      expect.stringContaining('problem+json'),
    ]);
    expect((await fetch(`${own}/v1/session`)).status).toBe(503);
    const proxy = createServer((client) => {
      const upstream = socketFolder
        ? connect(`${socketFolder}/.s.PGSQL.${target.port || '5432'}`)
        : connect(Number(target.port), target.hostname);
      client.pipe(upstream).pipe(client);
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
    });
    proxy.listen(port, '127.0.0.1');
    await urlOf(run);
    await expect.poll(() => fetch(`${own}/health/ready`).then(({ status }) => status)).toBe(200);
    run.child.kill('SIGTERM');
    expect(await run.exit).toBe(0);
    proxy.close();
  });
});

describe('stopping', () => {
  test('finishes the requests in flight, takes no new ones, and ends with 0', async () => {
    const run = start({ KEYRAIL_DRAIN_TIMEOUT_SECONDS: '120' });
    const { url, headers } = await setUp(run);
    const slow = Array.from({ length: 100 }, () => slowRequest(url, headers));
    await Promise.all(slow.map(({ begun }) => begun));
    // What has not reached the server yet is not in flight: its connection is closed, and the client asks elsewhere.
    await untilInFlight(url, 100);
    run.child.kill('SIGTERM');
    await expect
      .poll(() =>
        fetch(`${url}/health/live`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed');
    expect(run.child.exitCode).toBeNull();
    // A few at a time: all at once they would wait for the same row for longer than a request waits for the database.
    for (let at = 0; at < slow.length; at += 10) {
      const answers = await Promise.all(slow.slice(at, at + 10).map(({ finish }) => finish()));
      expect(new Set(answers)).toEqual(new Set([200]));
    }
    expect(await run.exit).toBe(0);
    expect(run.logged()).toContain('"msg":"stopped"');
  });

  test('gives up on what does not end in time, and says so', async () => {
    const run = start({ KEYRAIL_DRAIN_TIMEOUT_SECONDS: '1' });
    const { url, headers } = await setUp(run);
    await slowRequest(url, headers).begun;
    await untilInFlight(url, 1);
    run.child.kill('SIGTERM');
    expect(await run.exit).toBe(0);
    expect(run.logged()).toContain('requests were cut off');
  });

  test('ends at once when told a second time', async () => {
    const run = start();
    const { url, headers } = await setUp(run);
    await slowRequest(url, headers).begun;
    await untilInFlight(url, 1);
    run.child.kill('SIGINT');
    await expect.poll(() => run.logged().includes('stopping')).toBe(true);
    run.child.kill('SIGINT');
    expect(await run.exit).toBe(1);
  });
});

describe('a server whose output nobody reads any more', () => {
  test('keeps serving', async () => {
    const run = start();
    const { url, headers } = await setUp(run);
    run.child.stdout?.destroy();
    run.child.stderr?.destroy();
    for (let i = 0; i < 20; i += 1) {
      expect((await fetch(`${url}/v1/session`, { headers })).status).toBe(200);
    }
    const dropped = async () =>
      Number(/keyrail_log_lines_dropped (\d+)/.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);
    await expect.poll(dropped).toBeGreaterThan(0);
  });
});

describe('the operator', () => {
  test('makes a token while the server runs, printed alone, and it works at once', async () => {
    const run = start();
    const { url } = await setUp(run);
    const made = start({}, operator, [
      ...['token', 'create', '--workspace', 'Acme', '--name', 'CI', '--scopes', 'tables:read,audit:read'],
    ]);
    expect(await made.exit).toBe(0);
    const token = made.logged().trim();
    expect(token).toMatch(/^kr_\w{39}$/);
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/v1/workspace`, { headers })).status).toBe(200);
    const audit = (await (await fetch(`${url}/v1/audit`, { headers })).json()) as { data: unknown[] };
    // The owner's own sign-in is written behind its answer, before or after it.
    const created = { action: 'token.created', actor: expect.objectContaining({ kind: 'operator' }) };
    expect(audit.data).toContainEqual(expect.objectContaining(created));
    expect((await fetch(`${url}/v1/tokens`, { headers })).status).toBe(403);
  });

  test('is told in words what is wrong', async () => {
    const wrong: [string[], RegExp][] = [
      [['token', 'create', '--name', 'x', '--scopes', 'all'], /no workspace yet/],
      [['token', 'create', '--nome', 'x'], /--nome[\s\S]*used like this/],
      [['tokens'], /no command "tokens"(?![\s\S]*KEYRAIL_MASTER_KEY_FILE)/],
    ];
    for (const [args, said] of wrong) {
      const run = start({}, operator, args);
      expect(await run.exit).not.toBe(0);
      expect(run.said()).toMatch(said);
      expect(run.said()).not.toMatch(/\n\s+at /);
    }
    const help = start({}, operator, ['--help']);
    expect(await help.exit).toBe(0);
    expect(help.logged()).toMatch(/token create[\s\S]*setup-link[\s\S]*KEYRAIL_MASTER_KEY_FILE/);
  });
});

/** A request whose body arrives in two parts, so that it is in flight for as long as a test wants. */
function slowRequest(
  url: string,
  headers: Record<string, string>,
): { begun: Promise<void>; finish: () => Promise<number> } {
  const body = JSON.stringify({ contact_for_help: 'The help desk' });
  const request = httpRequest(`${url}/v1/workspace`, {
    method: 'PATCH',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  const status = once(request, 'response').then(async ([response]) => {
    response.resume();
    await once(response, 'end');
    return response.statusCode as number;
  });
  status.catch(() => {});
  request.on('error', () => {});
  request.write(body.slice(0, 5));
  return {
    begun: once(request, 'socket').then(async ([socket]) => {
      if (socket.connecting) await once(socket, 'connect');
    }),
    finish: () => {
      request.end(body.slice(5));
      return status;
    },
  };
}

/** What is only under way to the server is not in flight there. The one that asks is another. */
async function untilInFlight(url: string, count: number): Promise<void> {
  const inFlight = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/keyrail_http_requests_in_flight (\d+)/.exec(text)?.[1]);
  };
  await expect.poll(inFlight).toBe(count + 1);
}
