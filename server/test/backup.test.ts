import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drill } from '../src/backup/drill.ts';
import { checkBackup } from '../src/backup/read-backup.ts';
import { backUp, contentOf, fill, having, KEY, withClient } from '../src/backup/under-test.ts';
import { readConfig } from '../src/config.ts';
import { migrate } from '../src/db/migrate.ts';
import { systemClock } from '../src/lib/clock.ts';
import { backupVerify, restore } from '../src/operator/backup.ts';
import type { FileCommand } from '../src/operator/command.ts';
import { openAllRecords } from '../src/operator/open-records.ts';
import { clientOf, cookieOf, OWNER } from './app.ts';
import { copyDatabase, emptyDatabase, freshDatabase, type TestDatabase } from './database.ts';
import { listenOn } from './door.ts';
import { FIXTURE, FIXTURE_KEY } from './schemas/fill.ts';
import { startServer, surroundings } from './server-process.ts';
import { until } from './until.ts';

/* Backing up and restoring as an operator does it: commands, settings, a fresh machine, kill -9. */

let folder: string;
let source: TestDatabase;
let file: string;
/** The fresh machine's, restored by the test before the one that starts it. */
let fresh: TestDatabase;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-operator-backup-'));
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'temporary'), { mode: 0o711 });
  writeFileSync(join(folder, 'master.key'), FIXTURE_KEY, { mode: 0o600 });
  file = join(folder, 'keyrail.backup');
  [source, fresh] = [await freshDatabase(), await emptyDatabase()];
  await fill(source.url);
});
afterAll(async () => {
  await fresh?.close();
  await source?.close();
  rmSync(folder, { recursive: true, force: true });
});

const operator = fileURLToPath(new URL('../src/operator/main.ts', import.meta.url));

function launch(args: string[], settings: Record<string, string> = {}) {
  const child = spawn(process.execPath, [operator, ...args], {
    env: {
      ...surroundings(),
      HOME: folder,
      TMPDIR: join(folder, 'temporary'),
      KEYRAIL_DATA_DIR: join(folder, 'data'),
      KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal,
    said,
  }));
  return { child, ended };
}

/** What the command does, in this process: what it refuses is printed without a stack, as for the others. */
const here = (command: FileCommand, settings: Record<string, string>) =>
  command.run(
    {
      config: readConfig({
        HOME: folder,
        KEYRAIL_DATA_DIR: join(folder, 'data'),
        KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
        ...settings,
      }),
      clock: systemClock,
      announce: () => {},
    },
    file,
  );

const keyrail = (args: string[], settings?: Record<string, string>) => launch(args, settings).ended;

test('a backup is one closed file, and the drill says in words that it opens', async () => {
  const made = await keyrail(['backup', file], { DATABASE_URL: source.url });
  expect(made).toMatchObject({ code: 0 });
  expect(made.said).toMatch(
    new RegExp(`Backed up to ${file}: \\d+ rows of \\d+ tables[\\s\\S]*master key ${KEY.id} alone`),
  );
  expect(made.said).not.toContain(FIXTURE_KEY);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const noted = await withClient(source.url, (client) => client.query('select row_count from backups'));
  expect(noted.rows.length).toBeGreaterThan(0);

  const drill = await keyrail(['backup', 'verify', file]);
  expect(drill.said).toMatch(
    /This backup is good[\s\S]*all as they were backed up[\s\S]*: 1 secret, all there are/,
  );
  expect(drill.code).toBe(0);
  // Nothing of it is left, and nothing was made anywhere else.
  expect(readdirSync(join(folder, 'temporary', `keyrail-drill-${userInfo().uid}`))).toEqual([]);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

test('a drill finds what does not open any more', async () => {
  const [database, target] = [await copyDatabase(source), await emptyDatabase()];
  const damaged = join(folder, 'damaged.backup');
  try {
    await withClient(database.url, (client) =>
      client.query("update credentials set sealed = overlay(sealed placing 'AAAA' from 60)"),
    );
    await backUp(database.url, damaged);
    const drilled = await drill(
      {
        startDatabase: async () => ({ url: target.url, stop: async () => {} }),
        migrate: (url) => migrate({ url }),
        openRecords: (url) => openAllRecords(url, { key: FIXTURE_KEY, keyFile: '' }),
      },
      await checkBackup(having(KEY), damaged),
    );
    expect(drilled).toMatchObject({ different: [], opened: 0, unreadable: new Map([['credentials', 1]]) });
  } finally {
    await database.close();
    await target.close();
  }
});

test('without the key, or with another one, both are refused by the id of the key that is needed', async () => {
  const database = await emptyDatabase();
  try {
    const keyFile = join(folder, 'no.key');
    const none = { DATABASE_URL: database.url, KEYRAIL_MASTER_KEY_FILE: keyFile };
    const other = {
      DATABASE_URL: database.url,
      KEYRAIL_MASTER_KEY: Buffer.from('another key of thirty-two bytes!').toString('base64'),
    };
    const words = new RegExp(`opens with the master key ${KEY.id} alone`);
    const { code, said } = await keyrail(['restore', file], none);
    expect(code).toBe(1);
    expect(said).toMatch(words);
    expect(said).not.toMatch(/\n\s+at /);
    for (const [command, settings] of [
      [restore, other],
      [backupVerify, none],
      [backupVerify, other],
    ] as const)
      await expect(here(command, settings)).rejects.toThrow(words);
    expect(await contentOf(database.url)).toEqual({});
    // No key is made in the place of the one that is missing.
    expect(existsSync(keyFile)).toBe(false);
  } finally {
    await database.close();
  }
});

test('kill -9 in the middle: no half file under the name, no half database; the same again goes through', async () => {
  const half = join(folder, 'half.backup');
  await withClient(source.url, async (client) => {
    // It waits at this table, with some of the others written.
    await client.query('begin; lock table tables in access exclusive mode');
    const { child, ended } = launch(['backup', half], { DATABASE_URL: source.url });
    await seen(source, 'keyrail backup', "wait_event_type = 'Lock'", ended);
    child.kill('SIGKILL');
    await ended;
    await client.query('rollback');
  });
  expect(existsSync(half)).toBe(false);
  await backUp(source.url, half);

  const way = await stuckInRows(fresh.url);
  const { child, ended } = launch(['restore', half], { DATABASE_URL: way.url });
  await seen(fresh, 'keyrail restore', 'backend_xid is not null', ended);
  child.kill('SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
  await way.close();
  const settings = { DATABASE_URL: fresh.url };
  expect(await contentOf(fresh.url)).toEqual({});
  const restored = await keyrail(['restore', half], settings);
  expect(restored.code).toBe(0);
  expect(restored.said).toMatch(/Restored: \d+ rows[\s\S]*pause until you say which it is/);
  const { backups: _, ...content } = await contentOf(fresh.url);
  const { backups: __, ...before } = await contentOf(source.url);
  expect(content).toEqual(before);
});

test('restored on a fresh machine, with the key, it serves what it held, and sends nothing until it is told what it is', async () => {
  const settings = { DATABASE_URL: fresh.url };
  const env = {
    HOME: folder,
    ...settings,
    KEYRAIL_DATA_DIR: join(folder, 'fresh'),
    KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
  };
  const server = startServer(env);
  try {
    const url = await server.url();
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ is_quarantined: true });
    const session = await clientOf(url, {}).post('/v1/session', {
      email: OWNER.email,
      password: OWNER.password,
    });
    const owner = clientOf(url, { cookie: cookieOf(session), 'keyrail-workspace': FIXTURE.workspaceId });
    expect((await owner.get(`/v1/connections/${FIXTURE.connectionId}`)).json).toMatchObject({ name: 'Main' });

    expect((await keyrail(['instance', 'keep'], settings)).said).toMatch(/is the original/);
    await until(async () => /"is_quarantined":false/.test(await (await fetch(`${url}/health/ready`)).text()));
  } finally {
    expect(await server.end('SIGTERM')).toBe(0);
  }
  // What is there is not written over.
  await expect(here(restore, settings)).rejects.toThrow(/is not empty[\s\S]*Make an empty database/);
});

/** A way to the database on which nothing is sent on once a table's rows are to come in: whoever restores stays in the middle of it. */
async function stuckInRows(url: string): Promise<{ url: string; close(): Promise<void> }> {
  const way = await listenOn(
    createServer((client) => {
      const upstream = connect(`${new URL(url).searchParams.get('host')}/.s.PGSQL.5432`);
      let isStuck = false;
      client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
      upstream.on('error', () => client.destroy()).pipe(client);
      client.on('data', (part) => {
        if (!isStuck) upstream.write(part);
        isStuck ||= /from stdin/i.test(part.toString('latin1'));
      });
    }),
  );
  const through = new URL(url);
  through.searchParams.delete('host');
  through.host = `127.0.0.1:${way.port}`;
  return { url: through.href, close: way.close };
}

/** Resolves when a connection of that name is in the middle of its work: it waits at a table, or has written something. */
async function seen(
  { url }: TestDatabase,
  name: string,
  isInTheMiddle: string,
  ended: Promise<unknown>,
): Promise<void> {
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  await withClient(url, async (client) => {
    for (let found = 0; found === 0; ) {
      if (isOver) throw new Error(`${name} was over before it was seen`);
      const { rowCount } = await client.query(
        `select from pg_stat_activity where datname = current_database() and application_name = $1 and ${isInTheMiddle}`,
        [name],
      );
      found = rowCount ?? 0;
    }
  });
}
