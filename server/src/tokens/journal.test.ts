import { copyFile, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import { type Door, doorTo } from '../../test/door.ts';
import { until } from '../../test/until.ts';
import { createJournal } from './journal.ts';
import type { Mint, TokenOwner } from './mint.ts';
import type { TokenOutcome } from './token.ts';
import { saveReplayed } from './token-lease-store.ts';
import { findToken } from './token-store.ts';
import { given, HOUR_MS, minted, notNow, type TokenProcess, text, tokensUnderTest } from './under-test.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyrail-journal-'));
});
afterAll(() => rm(root, { recursive: true }));

// The last hook comes first: doors open, processes end through them, doors go.
const doors: Door[] = [];
afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.shut()));
});
const room = tokensUnderTest();
afterEach(async () => {
  await Promise.all(doors.map((door) => door.open()));
});

const HOUR_LATER = 2 * HOUR_MS;
const QUICK = { journalAfterMs: 100, replayPauseMs: 100, leaseMs: 300 };

type Clock = ReturnType<typeof movableClock>;
type Start = typeof room.start;

const start: Start = (mint, { settings, ...more } = {}) =>
  room.start(mint, { settings: { ...QUICK, ...settings }, ...more });

const newFolder = () => mkdtemp(join(root, 'of-'));
const entriesIn = async (folder: string) => (await readdir(folder)).filter((name) => name.endsWith('.json'));
const asideIn = (folder: string) => readdir(join(folder, 'aside')).catch(() => []);

const signedIn = (process: TokenProcess) => room.signedIn(process, minted('old', { refresh: 'old-refresh' }));

/** A provider of another process that is never asked, unless the test says so. */
function unasked(outcome: Awaited<ReturnType<Mint>> = given(minted('asked-again', { refresh: 'again' }))) {
  const asked: string[] = [];
  const mint: Mint = async (_, refreshToken) => {
    asked.push(refreshToken?.reveal() ?? '');
    return outcome;
  };
  return { asked, mint };
}

/** Like a provider that takes a refresh token that comes twice for stolen. */
function strict() {
  const { asked, mint } = unasked();
  const careful: Mint = async (owner, refreshToken, cutOff, mayAsk) =>
    cutOff === null ? mint(owner, refreshToken, cutOff, mayAsk) : { kind: 'held' };
  return { asked, mint: careful };
}

/**
 * A process that gets a new token at the moment its database goes away, and cannot write it: it stands in the journal. The
 * database stays away for this process until `door.open()`.
 */
async function cutOff(more: { clock?: Clock; folder?: string; soonOver?: boolean } = {}) {
  const clock = more.clock ?? movableClock();
  const folder = more.folder ?? (await newFolder());
  const door = await doorTo(room.database().url);
  doors.push(door);
  const mint: Mint = async () => {
    await door.shut();
    return given(minted('new', { refresh: 'new-refresh' }));
  };
  const process = await start(mint, { clock, url: door.url, journalFolder: folder });
  const other = await start(unasked().mint, { clock });
  const owner = await signedIn(other);
  clock.forward(more.soonOver ? HOUR_MS - 20_000 : HOUR_LATER);
  const call = process.tokens.current(owner).catch((error: unknown) => error as TokenOutcome);
  await until(async () => process.logged.includes('a new token was written to the journal'));
  return { clock, folder, door, process, owner, call };
}

async function stored(owner: TokenOwner): Promise<[string | undefined, string | undefined]> {
  const reader = room.processes.at(-1) as TokenProcess;
  const secrets = await room
    .database()
    .db.transact(owner.workspaceId, (tx) => reader.tokens.forRevoking(tx, owner));
  return [secrets?.accessToken.reveal(), secrets?.refreshToken?.reveal()];
}

async function rowOf(owner: TokenOwner) {
  const [row] = await room.rowsOf(owner);
  if (row === undefined) throw new Error('it has no row');
  return row;
}

const NEW = ['new', 'new-refresh'];

describe('a new token that comes while the database is away', () => {
  it('is on disk at once, sealed, for its owner alone, and in its row as soon as the database is back', async () => {
    const { folder, door, owner, call } = await cutOff();
    const [name = ''] = await entriesIn(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const written = await readFile(join(folder, name), 'utf8');
    for (const secret of ['new', 'old', 'refresh', owner.connectionId]) {
      expect(written.replace(/"sealed"/g, '')).not.toContain(secret);
    }
    await door.open();
    expect(text(await call)).toBe('new');
    expect(await stored(owner)).toEqual(NEW);
    await until(async () => (await entriesIn(folder)).length === 0);
  });

  it('is on disk, too, when the database hangs rather than refuses', async () => {
    const clock = movableClock();
    const folder = await newFolder();
    const door = await doorTo(room.database().url);
    doors.push(door);
    const mint: Mint = async () => {
      door.mute();
      return given(minted('new', { refresh: 'new-refresh' }));
    };
    const process = await start(mint, { clock, url: door.url, journalFolder: folder });
    const other = await start(unasked().mint, { clock });
    const owner = await signedIn(other);
    clock.forward(HOUR_LATER);
    void process.tokens.current(owner).catch(() => null);
    await until(async () => (await entriesIn(folder)).length === 1);
    // Cut off for good, as by a power cut: another process of this machine finds it.
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    expect(await stored(owner)).toEqual(NEW);
    door.unmute();
    await door.shut();
  });

  it('is written at the next start, before anything is renewed, after its process was killed', async () => {
    const { clock, folder, owner } = await cutOff();
    const { asked, mint } = unasked();
    const next = await start(mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    expect(text(await next.tokens.current(owner))).toBe('new');
    expect(asked).toEqual([]);
    expect(await entriesIn(folder)).toEqual([]);
  });

  it('is used by another process of the machine in place of asking again, when the lease has run out', async () => {
    const { clock, folder, owner } = await cutOff();
    const { asked, mint } = unasked();
    const neighbour = await start(mint, { clock, journalFolder: folder });
    expect(text(await neighbour.tokens.current(owner))).toBe('new');
    expect(asked).toEqual([]);
  });

  it('stands above what a process on another machine noted meanwhile, where the token was still good', async () => {
    const { clock, door, owner } = await cutOff({ soonOver: true });
    const elsewhere = strict();
    const other = await start(elsewhere.mint, { clock, settings: { keepInMemoryMs: 0 } });
    await sleep(QUICK.leaseMs);
    // It takes the lease, and holds still: asking again might end the grant.
    expect(text(await other.tokens.current(owner))).toBe('old');
    await until(async () => (await rowOf(owner)).retry_at !== null);
    await door.open();
    await until(async () => (await stored(owner))[0] === 'new');
    expect(text(await other.tokens.current(owner))).toBe('new');
    expect(elsewhere.asked).toEqual([]);
    expect(await rowOf(owner)).toMatchObject({ retry_at: null, interrupted_at: null, generation: 2 });
  });

  it('is waited for by a process on another machine before that asks again and may end the grant', async () => {
    const { clock, door, owner } = await cutOff();
    const elsewhere = strict();
    const settings = { leaseMs: 9_000 };
    const other = await start(elsewhere.mint, { clock, settings });
    await sleep(QUICK.leaseMs);
    const call = other.tokens.current(owner);
    await until(async () => (await rowOf(owner)).lease_is_waiting);
    await door.open();
    expect(text(await call)).toBe('new');
    expect(elsewhere.asked).toEqual([]);
  });

  it('does not get in the way of a renewal under way, and is put aside when that brought a newer token', async () => {
    const { clock, folder, door, process, owner } = await cutOff();
    let answer: (outcome: ReturnType<typeof given>) => void = () => {};
    const hanging: Mint = () => new Promise((resolve) => (answer = resolve));
    const other = await start(hanging, { clock, settings: { leaseMs: 60_000 } });
    await sleep(QUICK.leaseMs);
    const call = other.tokens.current(owner);
    await until(async () => (await rowOf(owner)).lease_generation === 2);
    await door.open();
    await sleep(300);
    expect((await stored(owner))[0]).toBe('old');
    answer(given(minted('newer', { refresh: 'newer-refresh' })));
    expect(text(await call)).toBe('newer');
    await until(async () => (await asideIn(folder)).length === 1);
    expect(await stored(owner)).toEqual(['newer', 'newer-refresh']);
    expect(process.logged).toContain('an entry of the token journal was put aside');
  });

  it('brings a connection back that was given up as interrupted meanwhile', async () => {
    const { clock, door, process, owner } = await cutOff();
    const refused = { kind: 'ended', because: 'revoked', words: null } as const;
    const other = await start(unasked(refused).mint, { clock });
    await sleep(QUICK.leaseMs);
    expect(await other.tokens.current(owner)).toMatchObject({ kind: 'ended', because: 'interrupted' });
    await door.open();
    await until(async () => (await stored(owner))[0] === 'new');
    expect(text(await other.tokens.current(owner))).toBe('new');
    expect(process.told).toContain('recovered');
  });

  it('is dropped, and said, where its connection was disconnected meanwhile', async () => {
    const { folder, door, process, owner } = await cutOff();
    await room
      .database()
      .db.system.updateTable('credentials')
      .set({ state: 'retired', sealed: null, destroyed_at: new Date() })
      .where('connection_id', '=', owner.connectionId)
      .execute();
    await door.open();
    await until(() => /dropped: its connection was disconnected/.test(JSON.stringify(process.logged)));
    expect([await entriesIn(folder), await asideIn(folder)]).toEqual([[], []]);
    expect(await stored(owner)).toEqual([undefined, undefined]);
  });

  it('waits where its process is told to stop, and is there at the next start', async () => {
    const { clock, folder, process, owner } = await cutOff();
    await process.tokens.drain();
    expect(await entriesIn(folder)).toHaveLength(1);
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    expect(await stored(owner)).toEqual(NEW);
  });
});

describe('an entry of the journal', () => {
  it('is written once by two processes that find it at the same moment', async () => {
    const { clock, folder, owner } = await cutOff();
    const both = await Promise.all([1, 2].map(() => start(unasked().mint, { clock, journalFolder: folder })));
    await Promise.all(both.map(({ tokens }) => tokens.replay()));
    expect(await stored(owner)).toEqual(NEW);
    expect((await rowOf(owner)).generation).toBe(2);
    expect(await entriesIn(folder)).toEqual([]);
    expect(await asideIn(folder)).toEqual([]);
  });

  it('is not written over a newer token that came between looking and writing', async () => {
    const { clock, folder, owner } = await cutOff();
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    const { id, lease_generation: leaseGeneration } = await rowOf(owner);
    const lease = { id, owner, holder: 'proc_gone', leaseGeneration };
    const token = { ...(await newTokenOf(owner)), sealed: 'v1.old.old' };
    for (const generation of [1, 2, 4]) {
      const isWritten = await room
        .database()
        .db.transact(owner.workspaceId, (tx) => saveReplayed(tx, lease, { ...token, generation }));
      expect(isWritten).toBe(false);
    }
    expect(await stored(owner)).toEqual(NEW);
  });

  it('that is in its row already, as after a kill between the two, is removed', async () => {
    const { clock, folder, owner } = await cutOff();
    const [name = ''] = await entriesIn(folder);
    const copy = join(root, name);
    await copyFile(join(folder, name), copy);
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    await rename(copy, join(folder, name));
    await next.tokens.replay();
    expect(await entriesIn(folder)).toEqual([]);
    expect(await asideIn(folder)).toEqual([]);
    expect(await stored(owner)).toEqual(NEW);
  });

  it('that was left between writing and renaming is taken in; half of one is not', async () => {
    const { clock, folder, owner } = await cutOff();
    const [name = ''] = await entriesIn(folder);
    const left = join(folder, `.${name}.0123456789ab`);
    await rename(join(folder, name), left);
    const whole = await readFile(left, 'utf8');
    const half = join(folder, `.${name}.ba9876543210`);
    await writeFile(half, whole.slice(0, 100));
    const longAgo = new Date(Date.now() - 3_600_000);
    const { utimes } = await import('node:fs/promises');
    for (const path of [left, half]) await utimes(path, longAgo, longAgo);
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    expect(await stored(owner)).toEqual(NEW);
    expect((await readdir(folder)).filter((entry) => entry !== 'aside')).toEqual([]);
  });

  it('that is cut short, altered, or under the name of another is put aside with a line in the log, and stops nothing', async () => {
    const { clock, folder, owner } = await cutOff();
    const [name = ''] = await entriesIn(folder);
    const whole = await readFile(join(folder, name), 'utf8');
    const [id = ''] = name.split('.');
    const other = `${id.slice(0, -1)}${id.endsWith('a') ? 'b' : 'a'}`;
    await writeFile(join(folder, `${id}.1.9.json`), whole.slice(0, whole.length / 2));
    await writeFile(join(folder, `${other}.2.1.json`), whole);
    await writeFile(join(folder, `${other}.2.2.json`), whole.replaceAll(id, other).replace(':1,', ':2,'));
    // As if it had been got under a later lease.
    const later = whole.replace(/"lease_generation":\d+/, '"lease_generation":77');
    await writeFile(join(folder, name.replace(/\d+\.json$/, '77.json')), later);
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    expect(await stored(owner)).toEqual(NEW);
    expect(await entriesIn(folder)).toEqual([]);
    expect(await asideIn(folder)).toHaveLength(4);
    // By whichever process came first: the one that was cut off sees the folder, too.
    const logged = room.processes.flatMap((one) => one.logged);
    expect(logged.filter((line) => String(line).includes('put aside'))).toHaveLength(4);
  });

  it('of a row that is older than it, as in a restored database, is put aside', async () => {
    const { clock, folder, owner } = await cutOff();
    await room
      .database()
      .db.system.updateTable('tokens')
      .set({ generation: 0, sealed: null, has_refresh_token: false })
      .where('connection_id', '=', owner.connectionId)
      .execute();
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    expect(await asideIn(folder)).toHaveLength(1);
    expect(JSON.stringify(next.logged)).toContain('restored database');
  });
});

describe('a journal that cannot be written', () => {
  it('is said in the log, the token waits in memory, and is written when the database is back', async () => {
    const file = join(root, 'not-a-folder');
    await writeFile(file, '');
    const { door, process, owner, call } = await cutOff({ folder: file });
    expect(JSON.stringify(process.logged)).toContain('cannot be written: kept in memory');
    // Its own calls do not ask again meanwhile either.
    await sleep(QUICK.leaseMs);
    await door.open();
    expect(text(await call)).toBe('new');
    expect(await stored(owner)).toEqual(NEW);
  });

  it('lets go of what it has in memory, whatever stands in the place of its folder', async () => {
    const file = join(root, 'no-folder-either');
    await writeFile(file, '');
    const journal = createJournal({ folder: file, log: { warn: () => {} } });
    const entry = { id: 'tkn_0', workspaceId: 'wsp_0', generation: 1, leaseGeneration: 1, sealed: '' };
    for (const letGo of [journal.remove, journal.putAside]) {
      expect(await journal.keep(entry)).toBe('memory');
      for (const kept of await journal.entries('tkn_0')) await letGo(kept);
      expect(await journal.entries()).toEqual([]);
    }
  });

  it('is written as soon as that works again, while the database is still away', async () => {
    const folder = join(root, 'full');
    await writeFile(folder, '');
    const { clock, owner } = await cutOff({ folder });
    await rm(folder);
    await until(async () => (await readdir(folder).catch(() => [])).length === 1);
    const next = await start(unasked().mint, { clock, journalFolder: folder });
    await next.tokens.replay();
    expect(await stored(owner)).toEqual(NEW);
  });
});

describe('where the database is back', () => {
  it('tokens of many connections are all written, and what fails does not keep off the others', async () => {
    const clock = movableClock();
    const folder = await newFolder();
    const door = await doorTo(room.database().url);
    doors.push(door);
    let left = 5;
    let allAsked = () => {};
    const all = new Promise<void>((resolve) => (allAsked = resolve));
    const mint: Mint = async (owner) => {
      left -= 1;
      if (left === 0) await door.shut();
      if (left === 0) allAsked();
      await all;
      return given(minted(`new-${owner.connectionId}`, { refresh: 'new-refresh' }));
    };
    const process = await start(mint, { clock, url: door.url, journalFolder: folder });
    const reader = await start(async () => notNow(false), { clock });
    const owners = await Promise.all([1, 2, 3, 4, 5].map(() => signedIn(reader)));
    clock.forward(HOUR_LATER);
    const calls = owners.map((owner) => process.tokens.current(owner));
    await until(async () => (await entriesIn(folder)).length === 5);
    await door.open();
    expect((await Promise.all(calls)).map(text)).toEqual(
      owners.map(({ connectionId }) => `new-${connectionId}`),
    );
    await until(async () => (await entriesIn(folder)).length === 0);
  });
});

async function newTokenOf(owner: TokenOwner) {
  const row = await room.database().db.transact(owner.workspaceId, (tx) => findToken(tx, owner));
  if (row === null) throw new Error('it has no token');
  const now = new Date();
  return { ...row, mintedAt: row.mintedAt ?? now, renewAt: null, sealed: row.sealed ?? '' };
}
