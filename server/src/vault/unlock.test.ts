import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { Secret } from '../lib/secret.ts';
import { createKeyring } from './keyring.ts';
import { masterKey, SAMPLE_MASTER_KEY } from './master-key.ts';
import { seal } from './seal.ts';
import { canaryStore, dataKeyStore } from './store.ts';
import { unlock } from './unlock.ts';

let database: TestDatabase;
let folder: string;
let keyFile: string;
let announced: string[];
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  // As before the first start.
  await database.db.system.deleteFrom('vault_canary').execute();
  await database.db.system.deleteFrom('data_keys').execute();
  folder = await mkdtemp(join(tmpdir(), 'vault-'));
  keyFile = join(folder, 'keys', 'master.key');
  announced = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function start(key?: string, file = keyFile) {
  const deps = {
    store: canaryStore(database.db.system),
    announce: (message: string) => announced.push(message),
  };
  return unlock(deps, { key, keyFile: file });
}

const base64 = (bytes: Buffer) => bytes.toString('base64');

describe('a first start', () => {
  it('makes a key file that its owner alone can read, asks once to back it up, and is used again', async () => {
    const first = await start();
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'keys'))).mode & 0o777).toBe(0o700);
    expect(announced).toHaveLength(1);
    expect(announced[0]).toContain(keyFile);
    expect(announced[0]).toContain(first.id);
    expect(announced[0]).not.toContain((await readFile(keyFile, 'utf8')).trim());
    expect((await start()).id).toBe(first.id);
    expect(announced).toHaveLength(1);
  });

  it('that happens twice at once ends with one key', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => start()));
    expect(new Set(keys.map((key) => key.id)).size).toBe(1);
    expect(announced).toHaveLength(1);
    expect(await readdir(join(folder, 'keys'))).toEqual(['master.key']);
  });

  it('on two machines over one database leaves one of them running', async () => {
    const starts = await Promise.allSettled([start(), start(undefined, join(folder, 'other', 'master.key'))]);
    const running = starts.filter((result) => result.status === 'fulfilled');
    expect(running).toHaveLength(1);
  });

  it('takes a key from the environment in base64, base64url or hex, and makes no file', async () => {
    const bytes = Buffer.from(`${'3e'.repeat(31)}ff`, 'hex');
    const { id } = await start(base64(bytes));
    expect((await start(bytes.toString('hex'))).id).toBe(id);
    expect((await start(` ${bytes.toString('base64url')}\n`)).id).toBe(id);
    expect(id).toBe(masterKey(bytes).id);
    await expect(stat(keyFile)).rejects.toThrow();
  });
});

describe('a start that is refused', () => {
  it('names the key it needs and the key it was given', async () => {
    const right = randomBytes(32);
    const wrong = Buffer.from(right);
    wrong[31] = (wrong[31] ?? 0) ^ 1;
    await start(base64(right));
    const refused = start(base64(wrong));
    await expect(refused).rejects.toThrow(masterKey(right).id);
    await expect(refused).rejects.toThrow(masterKey(wrong).id);
    await expect(refused).rejects.not.toThrow(base64(wrong));
  });

  it('is one without a key over a database that needs one: no new key is made', async () => {
    const bytes = randomBytes(32);
    const key = await start(base64(bytes));
    await expect(start()).rejects.toThrow(key.id);
    await expect(stat(keyFile)).rejects.toThrow();

    // Even if the canary was lost, data keys say which master key they need.
    const keyring = createKeyring({ store: dataKeyStore(database.db.system), masterKeys: key.masterKeys });
    const place = { workspaceId: 'wsp_a', recordId: 'con_a', version: 1, purpose: 'credential' };
    await seal({ keyring }, place, new Secret('fake-key-good-0001'));
    await database.db.system.deleteFrom('vault_canary').execute();
    await expect(start()).rejects.toThrow(key.id);
    await expect(start(base64(randomBytes(32)))).rejects.toThrow(key.id);
    await expect(stat(keyFile)).rejects.toThrow();
    expect((await start(base64(bytes))).id).toBe(key.id);
  });

  it.each([
    ['empty', '', /empty/],
    ['white space', '  ', /empty/],
    ['31 bytes', base64(randomBytes(31)), /31 bytes/],
    ['33 bytes', randomBytes(33).toString('hex'), /33 bytes/],
    ['a pass phrase', 'correct horse battery staple', /neither base64 nor hex/],
    ['the documented sample', SAMPLE_MASTER_KEY, /sample/],
    ['zeros', '0'.repeat(64), /sample/],
    ['counting bytes', base64(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), /sample/],
  ])('is one whose key is %s', async (_, key, message) => {
    await expect(start(key)).rejects.toThrow(message);
    expect(await database.db.system.selectFrom('vault_canary').selectAll().execute()).toEqual([]);
  });

  it.each([0o644, 0o640, 0o660, 0o604])('is one whose key file has mode %o', async (mode) => {
    await start();
    await chmod(keyFile, mode);
    await expect(start()).rejects.toThrow(/chmod 600/);
  });

  it('is one whose key file is empty', async () => {
    await start();
    await writeFile(keyFile, '');
    await expect(start()).rejects.toThrow(/empty/);
  });

  it('is one over a canary that was changed', async () => {
    const key = base64(randomBytes(32));
    await start(key);
    const { sealed } = await database.db.system
      .selectFrom('vault_canary')
      .select('sealed')
      .executeTakeFirstOrThrow();
    const last = sealed.at(-3) === 'A' ? 'B' : 'A';
    await database.db.system
      .updateTable('vault_canary')
      .set({ sealed: sealed.slice(0, -3) + last + sealed.slice(-2) })
      .execute();
    await expect(start(key)).rejects.toThrow(/changed/);
  });
});
