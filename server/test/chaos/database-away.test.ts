import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/start.ts';
import { type Door, doorTo } from '../door.ts';
import { setOff, until } from '../until.ts';
import type { Change } from './altered.ts';
import { expire } from './expire.ts';
import { type Connected, type Fleet, type Member, startFleet } from './fleet.ts';
import { JOURNAL } from './guards.ts';

/** A PostgreSQL of its own, which is killed, or cannot be reached, between a provider's answer and its writing. */
let folder: string;
let postgres: EmbeddedPostgres;
let door: Door;
let fleet: Fleet;
let steady: Member;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-chaos-'));
  chmodSync(folder, 0o711);
  const log = { info() {}, warn() {}, error() {} };
  postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log });
  door = await doorTo(postgres.url);
  fleet = await startFleet({ databaseUrl: door.url, watchUrl: postgres.url, folder, modes: ['strict'] });
  steady = await fleet.start('steady');
});
afterAll(async () => {
  await fleet?.close();
  await door?.shut();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const reuses = () => fleet.provider('strict').counts().refresh_token?.reuses ?? 0;

/** A renewal that was carried out, and whose answer waits until `release`. */
async function answered(id: string, by: Member): Promise<{ release(): void; call: Promise<number> }> {
  await expire(fleet.database, [id]);
  let release = () => {};
  let isActed = false;
  const isReleased = new Promise<void>((open) => (release = open));
  fleet.provider('strict').fail({ kind: 'hold_answer', acted: () => (isActed = true), until: isReleased });
  const { answer } = await setOff(
    () => by.call(id),
    () => isActed,
  );
  return { release, call: answer };
}

test('PostgreSQL is killed between answer and writing: the new token is in its row when it is back', async () => {
  const [{ id }] = (await fleet.connect('strict', 1)) as [Connected];
  const { release, call } = await answered(id, steady);
  process.kill(postgres.pid(), 'SIGKILL');
  release();
  await call;
  await until(async () => (await steady.call(id)) === 200);
  await expire(fleet.database, [id]);
  await until(async () => (await steady.call(id)) === 200);
  expect(reuses()).toBe(0);
});

/** The database is away when the answer comes, and is back only after the process was killed; the next one starts on its folder. */
async function killedWhileAway(without: readonly Change[]): Promise<{ status: number; reuses: number }> {
  const member = await fleet.start('b', { without });
  const [{ id }] = (await fleet.connect('strict', 1)) as [Connected];
  const before = reuses();
  const { release, call } = await answered(id, member);
  await door.shut();
  release();
  await until(() => /a new token was written to the journal/.test(member.process.said()));
  await member.process.kill();
  await call;
  await door.open();
  const next = await fleet.start('b');
  let status = 0;
  await until(async () => {
    status = await next.call(id);
    return status === 200 || status === 409;
  });
  await next.process.kill();
  return { status, reuses: reuses() - before };
}

test('the database is away and the process is killed: the next start brings the token from the journal', async () => {
  expect(await killedWhileAway([])).toEqual({ status: 200, reuses: 0 });
});

test('control: without the journal on disk the grant is lost', async () => {
  expect(await killedWhileAway(JOURNAL)).toEqual({ status: 409, reuses: 1 });
});
