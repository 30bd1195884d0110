import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../../test/database.ts';
import { FIXTURE, FIXTURE_KEY } from '../../test/schemas/fill.ts';
import { until } from '../../test/until.ts';
import { masterKey } from '../vault/master-key.ts';
import { CHUNK_BYTES, MAGIC, TAG_BYTES } from './file-format.ts';
import { checkBackup } from './read-backup.ts';
import { differences, restoreBackup } from './restore.ts';
import { backUp, contentOf, fill, having, KEY, OTHER_KEY, schemaOf, withClient } from './under-test.ts';

let folder: string;
let source: TestDatabase;
let target: TestDatabase;
let path: string;

/** Rows that do not compress, so that there are several chunks. */
const MANY_ROWS = `
  insert into table_rows (workspace_id, table_id, id, position, values)
  select t.workspace_id, t.id, 'row_' || n, n + 100, jsonb_build_object('1', encode(sha256(convert_to(n || 'a', 'UTF8')), 'hex') || md5(n || 'b') || md5(n || 'c'))
  from (select workspace_id, id from tables order by id limit 1) t, generate_series(1, 3000) n`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-backup-'));
  source = await freshDatabase();
  await fill(source.url);
  await withClient(source.url, async (client) => {
    await client.query(MANY_ROWS);
    await client.query(JOBS);
  });
  path = join(folder, 'whole.backup');
  await backUp(source.url, path);
  target = await emptyDatabase();
});
afterAll(async () => {
  await source?.close();
  await target?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Due, later, one after the other, under a key, under way by a process that is gone, and failed for good. */
const JOBS = `
  select graphile_worker.add_job('test.due', '{"n": 1}');
  select graphile_worker.add_job('test.later', '{"n": 2}', run_at := '2030-01-01', priority := 3, max_attempts := 7);
  select graphile_worker.add_job('test.one_by_one', '{"n": 3}', queue_name := 'line');
  select graphile_worker.add_job('test.keyed', '{"n": 4}', job_key := 'the key', flags := array['a', 'b']);
  select graphile_worker.add_job('test.running', '{"n": 5}', job_key := 'running', max_attempts := 2);
  update graphile_worker._private_jobs set locked_at = now(), locked_by = 'gone', attempts = 2 where key = 'running';
  select graphile_worker.add_job('test.failed', '{"n": 6}', job_key := 'failed');
  update graphile_worker._private_jobs set attempts = max_attempts where key = 'failed'`;

function jobsOf(url: string): Promise<unknown[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query(`
      select j.task_identifier as task, p.payload, j.queue_name as queue, j.run_at, j.max_attempts, j.key, j.priority, j.flags,
        j.locked_at is null and j.attempts < j.max_attempts as "isWaiting"
      from graphile_worker.jobs j join graphile_worker._private_jobs p using (id) order by task`);
    return rows;
  });
}

/** Nothing of it is there: an empty database still. */
async function expectUntouched(): Promise<void> {
  const tables = await withClient(target.url, (client) =>
    client.query("select relname from pg_class where relnamespace = 'public'::regnamespace"),
  );
  expect(tables.rows).toEqual([]);
}

/** Ends its session in the middle; whether there was one. */
function cutOff(database: TestDatabase, name: string, isInTheMiddle: string): Promise<boolean> {
  return withClient(database.url, async (client) => {
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = $1 and datname = current_database() and ${isInTheMiddle}`,
      [name],
    );
    return (rowCount ?? 0) > 0;
  });
}

async function restore(file: string, database = target, key = KEY) {
  return restoreBackup(database.url, await checkBackup(having(key), file));
}

describe('a backup that is not whole, or not ours', () => {
  const cases: [string, (whole: Buffer, other: Buffer, start: number) => Buffer, RegExp][] = [
    ['cut off in the middle', (whole) => whole.subarray(0, whole.length - 1000), /ends too early|damaged/],
    [
      'cut off between two pieces',
      (whole, _, start) => whole.subarray(0, start + 2 * SEALED),
      /ends too early/,
    ],
    ['cut off after its description', (whole, _, start) => whole.subarray(0, start), /damaged/],
    ['with one bit changed in the first piece', (whole, _, start) => flip(whole, start + 40), /damaged/],
    ['with one bit changed in the last piece', (whole) => flip(whole, whole.length - 3), /damaged/],
    ['with two pieces in each other’s place', swapped, /damaged/],
    ['with a piece twice', doubled, /damaged/],
    ['with something after its end', (whole) => Buffer.concat([whole, Buffer.from('more')]), /damaged/],
    ['with a piece of another backup', mixed, /damaged/],
    [
      'with another date in its description',
      (whole) => replaced(whole, '"made_at":"20', '"made_at":"19'),
      /damaged/,
    ],
    ['of a newer format', (whole) => replaced(whole, '"format":1', '"format":2'), /newer Keyrail/],
    ['that is no backup', () => Buffer.from('PGDMP and so on'), /is not a backup that Keyrail made/],
    ['that is empty', () => Buffer.alloc(0), /is not a backup that Keyrail made/],
  ];

  test.each(cases)('%s is refused in words, and nothing is written', async (_name, spoil, said) => {
    const whole = readFileSync(path);
    const spoiled = join(folder, 'spoiled.backup');
    const again = join(folder, 'again.backup');
    if (!readdirSync(folder).includes('again.backup')) await backUp(source.url, again);
    writeFileSync(spoiled, spoil(whole, readFileSync(again), headLength(whole)));
    await expect(restore(spoiled)).rejects.toThrow(said);
    await expectUntouched();
  });

  test('is refused where there is no such file', async () => {
    await expect(restore(join(folder, 'none.backup'))).rejects.toThrow(/There is no such file/);
  });
});

describe('the master key', () => {
  test('is named in clear and is not in the file, nor is anything that is in the database', () => {
    const file = readFileSync(path);
    const head = file.subarray(0, headLength(file)).toString();
    expect(JSON.parse(head.slice(MAGIC.length))).toMatchObject({
      format: 1,
      master_key: KEY.id,
      postgres: expect.stringMatching(/^\d+/),
      schema: expect.stringMatching(/^\d{4}_/),
    });
    for (const secret of [FIXTURE_KEY, Buffer.from(FIXTURE_KEY, 'base64'), FIXTURE.connectionId, 'Olive']) {
      expect(file.includes(secret)).toBe(false);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('that is missing or another one is asked for by its id, before anything is read or written', async () => {
    await expect(restore(path, target, OTHER_KEY)).rejects.toThrow(
      new RegExp(`opens with the master key ${KEY.id} alone.*KEYRAIL_MASTER_KEY`),
    );
    await expectUntouched();
  });

  test('of the backup is needed, whichever the database has by now', async () => {
    const old = masterKey(Buffer.alloc(32, 'an old key'));
    await expect(checkBackup(having(old), path)).rejects.toThrow(KEY.id);
    expect((await checkBackup(having(old, KEY), path)).key.id).toBe(KEY.id);
  });

  test('must be the database’s own for a backup to be made', async () => {
    const file = join(folder, 'wrong-key.backup');
    await expect(backUp(source.url, file, OTHER_KEY)).rejects.toThrow(
      new RegExp(`under the master key ${KEY.id}, and this machine does not have it`),
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('wrong-key'))).toEqual([]);
  });
});

describe('making a backup', () => {
  test('shows one moment, however much is written meanwhile, and keeps nobody waiting', async () => {
    // Whoever is kept waiting writes one thing more, when the backup is over.
    let after = 0;
    for (let turn = 0; turn < 5 && after < 3; turn += 1) {
      const { written, first, last } = await backedUpWhileWriting(join(folder, `moment-${turn}.backup`));
      expect(first).toBe(last);
      after = written - first;
    }
    expect(after).toBeGreaterThanOrEqual(3);
  });

  /** How much was written from its beginning to its end, and how much of that is in it. */
  async function backedUpWhileWriting(
    file: string,
  ): Promise<{ written: number; first: number; last: number }> {
    const database = await emptyDatabase();
    try {
      const written = await writeWhile(backUp(source.url, file));
      await restore(file, database);
      const { rows } = await withClient(database.url, (client) =>
        client.query(
          "select (select count(*)::int from api_tokens where name = 'w') as first, (select count(*)::int from users where name = 'w') as last",
        ),
      );
      return { written, ...rows[0] };
    } finally {
      await database.close();
      await withClient(source.url, (client) =>
        client.query("delete from api_tokens where name = 'w'; delete from users where name = 'w'"),
      );
    }
  }

  function writeWhile(making: Promise<unknown>): Promise<number> {
    return withClient(source.url, async (client) => {
      let count = 0;
      let isOver = false;
      const over = making.finally(() => {
        isOver = true;
      });
      // Each adds to the first and the last table alike: in one moment there are as many of both.
      while (!isOver) {
        count += 1;
        await client.query('begin');
        await client.query(
          "insert into api_tokens (id, workspace_id, name, hint, role, scopes, token_hash) values ($1, $2, 'w', 'x', 'owner', '{}', $3)",
          [`tok_w${count}`, FIXTURE.workspaceId, Buffer.from(`w${count}`)],
        );
        await client.query("insert into users (id, email, name, password_hash) values ($1, $2, 'w', 'x')", [
          `usr_w${count}`,
          `w${count}@example.com`,
        ]);
        await client.query('commit');
      }
      await over;
      return count;
    });
  }

  test('that is cut off leaves nothing under its name, and no second one writes over a first', async () => {
    const file = join(folder, 'cut.backup');
    await withClient(source.url, async (client) => {
      // There it stands still, with other tables read.
      await client.query('begin; lock table users in access exclusive mode');
      const ended = expect(backUp(source.url, file)).rejects.toThrow();
      await until(() => cutOff(source, 'keyrail backup', "wait_event_type = 'Lock'"));
      await ended;
    });
    expect(readdirSync(folder).filter((name) => name.startsWith('cut'))).toEqual([]);
    await expect(backUp(source.url, path)).rejects.toThrow(/no backup is written over/);
    await expect(backUp(source.url, join(folder, 'no', 'folder.backup'))).rejects.toThrow(
      /there is no such folder/,
    );
  });

  test('of a database that no server has worked on says so', async () => {
    await expect(backUp(target.url, join(folder, 'nothing.backup'))).rejects.toThrow(/nothing to back up/);
  });
});

describe('restoring', () => {
  test('that is cut off leaves nothing, and the second time takes it', async () => {
    const checked = await checkBackup(having(KEY), path);
    let left = 3;
    const frames = async function* () {
      for await (const frame of checked.frames()) {
        left -= 1;
        if (left === 0) expect(await cutOff(target, 'keyrail restore', 'backend_xid is not null')).toBe(true);
        yield frame;
      }
    };
    await expect(restoreBackup(target.url, { ...checked, frames })).rejects.toThrow(/terminat/);
    await expectUntouched();
    await restore(path);
  });

  test('gives the same database: rows, keys, triggers, rights and what works itself out', async () => {
    expect(await contentOf(target.url)).toEqual(await contentOf(source.url));
    expect(await schemaOf(target.url)).toEqual(await schemaOf(source.url));
    const { frames, ...checked } = await checkBackup(having(KEY), path);
    expect(checked.rows).toBeGreaterThan(3000);
  });

  test('loses no job that is due: what was under way is due again, and what had failed for good stays behind', async () => {
    const before = await jobsOf(source.url);
    const waiting = before
      .filter((job) => (job as { task: string }).task !== 'test.failed')
      .map((job) => ({ ...(job as object), isWaiting: true }));
    expect(waiting).toHaveLength(5);
    expect(await jobsOf(target.url)).toEqual(waiting);
  });

  test('into a database with anything of Keyrail in it is refused', async () => {
    const before = await contentOf(target.url);
    await expect(restore(path)).rejects.toThrow(/is not empty: Keyrail has made its tables in it/);
    expect(await contentOf(target.url)).toEqual(before);
  });

  test('finds by reading once more what is not as it was backed up', async () => {
    const database = await emptyDatabase();
    try {
      const loaded = await restore(path, database);
      expect(await differences(database.url, loaded)).toEqual([]);
      await withClient(database.url, (client) => client.query("update users set name = name || ' '"));
      expect(await differences(database.url, loaded)).toEqual(['users']);
    } finally {
      await database.close();
    }
  });
});

const SEALED = CHUNK_BYTES + TAG_BYTES;

function headLength(file: Buffer): number {
  return file.indexOf('\n', MAGIC.length) + 1;
}

function flip(file: Buffer, at: number): Buffer {
  const changed = Buffer.from(file);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

function piece(file: Buffer, start: number, number: number): Buffer {
  return file.subarray(start + number * SEALED, start + (number + 1) * SEALED);
}

function swapped(file: Buffer, _other: Buffer, start: number): Buffer {
  const rest = file.subarray(start + 2 * SEALED);
  return Buffer.concat([file.subarray(0, start), piece(file, start, 1), piece(file, start, 0), rest]);
}

function doubled(file: Buffer, _other: Buffer, start: number): Buffer {
  return Buffer.concat([
    file.subarray(0, start + SEALED),
    piece(file, start, 0),
    file.subarray(start + SEALED),
  ]);
}

function mixed(file: Buffer, other: Buffer, start: number): Buffer {
  const theirs = piece(other, headLength(other), 1);
  return Buffer.concat([file.subarray(0, start + SEALED), theirs, file.subarray(start + 2 * SEALED)]);
}

function replaced(file: Buffer, text: string, by: string): Buffer {
  const at = file.indexOf(text);
  return Buffer.concat([file.subarray(0, at), Buffer.from(by), file.subarray(at + text.length)]);
}
