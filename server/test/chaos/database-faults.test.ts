import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withClient } from '../../src/backup/under-test.ts';
import { processesIn } from '../../src/db/embedded/processes.ts';
import { type Client, clientOf, cookieOf, OWNER, startApp, type TestApp } from '../app.ts';
import { described } from '../crm.ts';
import { freshDatabase, type TestDatabase } from '../database.ts';
import { type Door, doorTo, listenOn } from '../door.ts';
import { surroundings } from '../server-process.ts';
import { until } from '../until.ts';
import { killWhileWriting } from './kill-writes.ts';

/* What can become of a database under a server, each told in words, within seconds, and over by itself. */

/** Some four seconds, and what a busy machine adds; what waits for as long as a statement may take is told after thirty. */
const TOLD_MS = 20_000;

// 500 and 100 kills: node server/test/chaos/kill-writes.ts
test('server and PostgreSQL are killed while people write: what was confirmed is there, nothing is there by half', async () => {
  const written = await killWhileWriting(['server', 'postgres', 'immediate'], 200);
  expect(written).toMatchObject({ lost: [], halves: [] });
  for (const count of Object.values(written.confirmed)) expect(count).toBeGreaterThan(0);
  // A start alone takes twenty seconds where the machine is busy; what is stuck until a lease or a lock is over takes minutes.
  expect(written.slowestBackMs).toBeLessThan(100_000);
});

describe('a database that', () => {
  let database: TestDatabase;
  let door: Door;
  let app: TestApp;
  beforeAll(async () => {
    database = await freshDatabase();
    door = await doorTo(database.url);
    app = await startApp({ database: { ...database, url: door.url } });
  });
  afterAll(async () => {
    await app?.close();
    await door?.shut();
    await database?.close();
  });

  const read = () => app.owner.get('/v1/tables');
  const write = () => app.owner.post('/v1/tables', { name: `Leads ${Math.random()}` });
  const isBack = async () => (await write()).status === 201;

  /** Told within seconds, in words that say what it is; the process lives and says that it is not ready. */
  async function expectTold(answer: Awaited<ReturnType<typeof read>>, words: RegExp): Promise<void> {
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ code: 'unavailable', detail: expect.stringMatching(words) });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  async function timed<T>(work: Promise<T>): Promise<[T, number]> {
    const at = performance.now();
    return [await work, performance.now() - at];
  }

  test('goes away and comes back is told at once, and is used again by itself', async () => {
    await door.shut();
    const [answers, ms] = await timed(Promise.all([read(), write(), app.owner.get('/v1/connections')]));
    for (const answer of answers) await expectTold(answer, /cannot be reached at the moment/);
    expect(ms).toBeLessThan(TOLD_MS);
    expect((await app.anonymous.get('/health/ready')).status).toBe(503);
    expect((await app.anonymous.get('/health/live')).status).toBe(200);
    await door.open();
    await until(isBack);
    // Its other ways to the database are back a moment later.
    await until(async () => (await app.anonymous.get('/health/ready')).status === 200);
  });

  test('is full of others’ connections says so, and is used again when there is room', async () => {
    await door.shut();
    const full = await listenOn(createServer(tooManyClients), door.port);
    try {
      await until(async () => /takes no more connections/.test((await write()).text));
      await expectTold(await write(), /takes no more connections/);
    } finally {
      await full.close();
      await door.open();
    }
    await until(isBack);
  });

  test('turns read-only, as in a fail-over, is read and says why it takes nothing', async () => {
    const name = new URL(database.url).pathname.slice(1);
    const alter = (what: string) =>
      withClient(database.url, async (client) => {
        await client.query('begin read write');
        await client.query(`alter database ${name} ${what}`);
        await client.query('commit');
      });
    await alter('set default_transaction_read_only = on');
    await door.shut();
    await door.open();
    await until(async () => (await read()).status === 200);
    await expectTold(await write(), /takes no changes at the moment: it is read-only/);
    await alter('reset default_transaction_read_only');
    await door.shut();
    await door.open();
    await until(isBack);
  });

  test('takes what it is sent and answers nothing is told within seconds; so is a pool that is used up', async () => {
    const few = await startApp({
      database,
      keyFile: app.config.masterKeyFile,
      settings: { KEYRAIL_DATABASE_POOL_SIZE: '2', KEYRAIL_ROLE: 'api' },
    });
    try {
      const silent = async () => {
        door.mute();
        const [answers, ms] = await timed(Promise.all([read(), write()]));
        for (const answer of answers) await expectTold(answer, /cannot be reached at the moment/);
        door.unmute();
        await door.shut();
        await door.open();
        await until(isBack);
        return ms;
      };
      const usedUp = () =>
        withClient(database.url, async (client) => {
          // Nobody but these two asks for it: who else waits for a lock is not counted.
          await client.query('begin; lock table invitations in access exclusive mode');
          const waiting = [
            few.owner.get('/v1/invitations'),
            few.owner.post('/v1/invitations', { role: 'viewer' }),
          ];
          await until(async () => (await waitingFor(database)) >= 2);
          const [answer, ms] = await timed(few.owner.get('/v1/connections'));
          await expectTold(answer, /cannot be reached at the moment/);
          await client.query('rollback');
          // Whoever had a connection gets the answer, and the next one a connection.
          for (const late of await Promise.all(waiting)) expect(late.status).toBeLessThan(300);
          expect((await few.owner.get('/v1/connections')).status).toBe(200);
          return ms;
        });
      const took = await Promise.all([usedUp(), silent()]);
      expect(Math.max(...took)).toBeLessThan(TOLD_MS);
    } finally {
      await few.close();
    }
  });

  test('loses the answer to a COMMIT: it is done once, nobody is told that nothing was saved, and the same key says that it was', async () => {
    const lossy = await losing(database.url);
    const signIns = async () => (await app.owner.get('/v1/audit?action=session')).json.data.length;
    const signInsBefore = await signIns();
    const other = await startApp({
      database: { ...database, url: lossy.url },
      keyFile: app.config.masterKeyFile,
      settings: { KEYRAIL_ROLE: 'api' },
    });
    try {
      // Written behind its answer, it would be the first COMMIT that counts.
      await until(async () => (await signIns()) > signInsBefore);
      const made = await other.owner.post('/v1/custom-integrations', described('https://crm.example.com'));
      expect(made.status).toBe(201);
      const things: [path: string, body: object, list: string][] = [
        ['/v1/tables', { name: 'Once' }, '/v1/tables'],
        ['/v1/tokens', { name: 'Once', scopes: ['tables:read'] }, '/v1/tokens'],
        ['/v1/invitations', { role: 'viewer' }, '/v1/invitations'],
      ];
      for (const [path, body, list] of things) {
        const before = (await other.owner.get(list)).json.data.length;
        const key = { 'idempotency-key': `key-${path}` };
        // The first one is that of the key.
        lossy.lose(1);
        const first = await other.owner.post(path, body, key);
        const lost = lossy.keep();
        expect(lost, path).toBeGreaterThan(0);
        await expectTold(first, /may be saved.*same Idempotency-Key/);
        // It is not known to have been answered, and so not done again.
        await until(async () => (await other.owner.post(path, body, key)).json.reason === 'answer_lost');
        expect((await other.owner.get(list)).json.data.length, path).toBe(before + 1);
      }
    } finally {
      await other.close();
      await lossy.close();
    }
  });

  test('is away when the server stops: it ends in order, and says what was not written', async () => {
    const lines: string[] = [];
    const note = (_fields: object, message: string) => lines.push(message);
    const log = { debug: note, info: note, warn: note, error: note };
    const ownDoor = await doorTo(database.url);
    const stopping = await startApp({
      database: { ...database, url: ownDoor.url },
      keyFile: app.config.masterKeyFile,
      settings: { KEYRAIL_ALLOWED_PRIVATE_HOSTS: '127.0.0.1:1' },
      log: log as never,
    });
    await stopping.owner.delete('/v1/custom-integrations/custom-acme-crm');
    await stopping.owner.post('/v1/custom-integrations', described('http://127.0.0.1:1', { check: null }));
    const saved = await stopping.owner.post('/v1/connections', {
      integration: 'custom-acme-crm',
      credentials: { api_key: 'fake-acme-key-0001' },
    });
    // Whoever else writes counts is waited for, so that these are not written before the database goes away.
    const other = await database.db.systemPool.connect();
    await other.query('begin; lock table call_usage in exclusive mode');
    try {
      await stopping.owner.get(`/v1/proxy/${saved.json.id}/people`);
      await ownDoor.shut();
      await stopping.close();
    } finally {
      await other.query('rollback');
      other.release();
    }
    expect(lines).toContainEqual(expect.stringMatching(/stopped without the database: \d+ calls? stand/));
  });
});

// A limit on the size of files is a full disk that can be had everywhere; `prlimit` lifts it, as somebody does who makes room.
test.runIf(process.platform === 'linux')(
  'a disk that is full: what does not fit is refused with the reason and leaves nothing, reading goes on, and with room all is well again',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyrail-full-'));
    chmodSync(folder, 0o711);
    const limited = startLimited('ulimit -S -f 40960', folder);
    const { said } = limited;
    try {
      const owner = await limited.owner();
      const { id } = (await owner.post('/v1/tables', { name: 'Leads' })).json;
      const rowCount = async () => (await owner.get(`/v1/tables/${id}`)).json.row_count;
      const more = () => owner.post(`/v1/tables/${id}/import`, LARGE, { 'content-type': 'text/csv' });
      let imported = 0;
      let answer = await more();
      for (; answer.status < 300 && imported < 40; answer = await more()) imported += 1;

      expect([answer.status, answer.json.code]).toEqual([503, 'unavailable']);
      expect(answer.json.detail).toMatch(
        /disk of the database is full; reading still works\. Nothing was saved/,
      );
      expect(await rowCount()).toBe(imported * LARGE_ROWS);
      expect((await owner.get(`/v1/tables/${id}/rows`)).status).toBe(200);
      await until(() => /File too large/.test(said()));

      // Its processes come and go: who was started before the first of them had its limit lifted is in the second list.
      const home = join(folder, 'data', 'postgres', 'data');
      for (const _ of ['first the one that starts the others', 'then all']) {
        for (const pid of processesIn(home).sort((one, other) => one - other)) {
          const isLifted = await liftLimit(pid);
          expect(isLifted || !processesIn(home).includes(pid)).toBe(true);
        }
      }
      expect((await more()).status).toBeLessThan(300);
      expect(await rowCount()).toBe((imported + 1) * LARGE_ROWS);
      // Nobody restarted anything.
      expect(said()).not.toMatch(/ended by itself/);
    } finally {
      await limited.end();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test('a process that has no more files to open lives, sheds what is too much, and serves again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-files-'));
  const database = await freshDatabase();
  const limited = startLimited('ulimit -n 128', folder, { DATABASE_URL: database.url });
  const sockets: Socket[] = [];
  try {
    const owner = await limited.owner();
    const port = Number(new URL(limited.url()).port);
    let shed = 0;
    for (let count = 0; count < 300; count += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {}).on('close', () => (shed += 1));
      sockets.push(socket);
    }
    await until(() => shed > 100);
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () =>
        owner.get('/v1/tables').then(
          ({ status }) => status,
          () => 0,
        ),
      ),
    );
    // 0: the connection was shed, as the others were.
    for (const status of statuses) expect([0, 200, 503]).toContain(status);
    for (const socket of sockets) socket.destroy();
    await until(() =>
      owner.get('/v1/tables').then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
  } finally {
    for (const socket of sockets) socket.destroy();
    expect(await limited.end()).toBe(0);
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The real server under a limit of the shell's. */
function startLimited(limit: string, folder: string, settings: Record<string, string> = {}) {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const child = spawn('sh', ['-c', `${limit}; exec "$0" "$1"`, process.execPath, main], {
    env: {
      ...surroundings(),
      HOME: folder,
      KEYRAIL_PORT: '0',
      KEYRAIL_DATA_DIR: join(folder, 'data'),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part));
  const exited = once(child, 'exit');
  return {
    said: () => said,
    url: () => /(http\S+)\/setup\?code=/.exec(said)?.[1] ?? '',
    owner: async (): Promise<Client> => {
      await until(() => /setup\?code=\S+\s/.test(said));
      return signUp(said);
    },
    end: async (): Promise<number | null> => {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}

const LARGE_ROWS = 4_000;
const LARGE = `a,b\n${Array.from({ length: LARGE_ROWS }, (_, row) => `${row},${'x'.repeat(1000)}`).join('\n')}\n`;

async function signUp(said: string): Promise<Client> {
  const link = /(http\S+)\/setup\?code=(\S+)/.exec(said);
  const url = link?.[1] ?? '';
  const session = await clientOf(url, {}).post('/v1/setup', { ...OWNER, code: link?.[2] });
  return clientOf(url, { cookie: cookieOf(session), 'keyrail-workspace': session.json.workspaces[0].id });
}

async function waitingFor({ db }: TestDatabase): Promise<number> {
  const { rowCount } = await db.systemPool.query(
    "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
  );
  return rowCount ?? 0;
}

/** As whoever PostgreSQL runs as: a process's own limits are its user's to lift. False where it has ended. */
async function liftLimit(pid: number): Promise<boolean> {
  try {
    const { uid, gid } = statSync(`/proc/${pid}`);
    const lifting = spawn('prlimit', ['--pid', String(pid), '--fsize=unlimited:'], { uid, gid });
    return (await once(lifting, 'exit'))[0] === 0;
  } catch {
    return false;
  }
}

/** What PostgreSQL says to whoever comes when all its connections are taken. */
function tooManyClients(socket: Socket): void {
  const fields = ['SFATAL', 'VFATAL', 'C53300', 'Msorry, too many clients already'];
  const body = Buffer.from(`${fields.join('\0')}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  socket.once('data', () => socket.end(Buffer.concat([head, body])));
  socket.on('error', () => {});
}

/** A way to the database on which, from `lose` to `keep`, each connection ends where a COMMIT was just confirmed, but for the first few. */
async function losing(url: string) {
  let toPass = Number.POSITIVE_INFINITY;
  let lost = 0;
  const way = await listenOn(
    createServer((client) => {
      const upstream = connect(`${new URL(url).searchParams.get('host')}/.s.PGSQL.5432`);
      client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      client.pipe(upstream);
      upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
      upstream.on('data', (part) => {
        const isCommit = part.includes('COMMIT\0');
        if (isCommit && toPass === 0) {
          lost += 1;
          client.destroy();
        } else client.write(part);
        if (isCommit && toPass > 0) toPass -= 1;
      });
    }),
  );
  const through = new URL(url);
  through.searchParams.delete('host');
  through.host = `127.0.0.1:${way.port}`;
  return {
    url: through.href,
    lose: (after: number) => {
      toPass = after;
      lost = 0;
    },
    keep: () => {
      toPass = Number.POSITIVE_INFINITY;
      return lost;
    },
    close: way.close,
  };
}
