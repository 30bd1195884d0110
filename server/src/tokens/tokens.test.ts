import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { doorTo } from '../../test/door.ts';
import type { Secret } from '../lib/secret.ts';
import type { Mint, Minted, TokenOwner } from './mint.ts';
import type { TokenSettings } from './settings.ts';
import type { AsItIs, TokenOutcome } from './token.ts';
import { given, minted, newOwner, notNow, openProcess, type TokenProcess } from './under-test.ts';

let database: TestDatabase;
const processes: TokenProcess[] = [];
beforeAll(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.close()));
});
afterAll(() => database.close());

const HOUR_MS = 3_600_000;

async function start(
  mint: Mint,
  more: { settings?: Partial<TokenSettings>; clock?: ReturnType<typeof movableClock>; url?: string } = {},
) {
  const process = await openProcess(database, { mint, clock: movableClock(), ...more });
  processes.push(process);
  return process;
}

/** Gives numbered tokens, counts how often it was asked, and with which refresh token. */
function counting(more: Partial<Minted> & { refresh?: (n: number) => string } = {}) {
  const asked: (string | null)[] = [];
  const { refresh, ...rest } = more;
  const mint = async (_: TokenOwner, refreshToken: Secret<string> | null) => {
    const n = asked.push(refreshToken?.reveal() ?? null);
    await sleep(20);
    return given(minted(`access-${n}`, { ...rest, ...(refresh && { refresh: refresh(n) }) }));
  };
  return { asked, mint };
}

async function signedIn({ tokens }: TokenProcess, token: Minted, workspaceId?: string): Promise<TokenOwner> {
  const owner = await newOwner(database, workspaceId);
  await database.db.transact(owner.workspaceId, (tx) => tokens.put(tx, owner, token, 'refresh_token'));
  return owner;
}

function storedOf({ tokens }: TokenProcess, owner: TokenOwner) {
  return database.db.transact(owner.workspaceId, (tx) => tokens.forRevoking(tx, owner));
}

function text(outcome: TokenOutcome | AsItIs): string {
  return outcome.kind === 'token' ? outcome.token.accessToken.reveal() : outcome.kind;
}

describe('a token that has run out', () => {
  it('is renewed by one process alone, over many expiries, and everybody who waits gets the new one', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const all = await Promise.all([1, 2, 3, 4].map(() => start(mint, { clock })));
    const owner = await signedIn(all[0] as TokenProcess, minted('first', { refresh: 'refresh-0' }));
    for (let round = 1; round <= 15; round += 1) {
      clock.forward(2 * HOUR_MS);
      const calls = all.flatMap(({ tokens }) => [1, 2, 3, 4, 5].map(() => tokens.current(owner)));
      const texts = (await Promise.all(calls)).map(text);
      expect(new Set(texts)).toEqual(new Set([`access-${round}`]));
    }
    // Each with the refresh token that came with the one before: none twice, none skipped.
    expect(asked).toEqual(Array.from({ length: 15 }, (_, n) => `refresh-${n}`));
  });

  it('reaches those who wait in another process at once, not when the lease runs out', async () => {
    const clock = movableClock();
    let release = () => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    let wasAsked = () => {};
    const asked = new Promise<void>((resolve) => (wasAsked = resolve));
    const mint: Mint = async () => {
      wasAsked();
      await until;
      return given(minted('new'));
    };
    const [one, other] = [await start(mint, { clock }), await start(mint, { clock })];
    const owner = await signedIn(one, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const first = one.tokens.current(owner);
    await asked;
    const second = other.tokens.current(owner);
    await sleep(100);
    release();
    expect(text(await first)).toBe('new');
    const begun = performance.now();
    expect(text(await second)).toBe('new');
    expect(performance.now() - begun).toBeLessThan(500);
  });

  it('is waited for only so long: then the call is told that a renewal is under way', async () => {
    const clock = movableClock();
    let release = () => {};
    const until = new Promise<void>((resolve) => (release = resolve));
    const mint: Mint = async () => until.then(() => given(minted('new')));
    const one = await start(mint, { clock });
    const other = await start(mint, { clock, settings: { waitMs: 100 } });
    const owner = await signedIn(one, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const first = one.tokens.current(owner);
    await sleep(50);
    expect((await other.tokens.current(owner)).kind).toBe('in_progress');
    release();
    expect(text(await first)).toBe('new');
  });

  it('whose renewal takes longer than anybody waits is asked for once, and what comes is kept', async () => {
    const clock = movableClock();
    let answer: (outcome: ReturnType<typeof given>) => void = () => {};
    let asked = 0;
    const slow: Mint = () => {
      asked += 1;
      return new Promise((resolve) => (answer = resolve));
    };
    const settings = { waitMs: 60 };
    const all = await Promise.all([1, 2].map(() => start(slow, { clock, settings })));
    const owner = await signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const use = async () => (await Promise.all(all.map(({ tokens }) => tokens.current(owner)))).map(text);
    expect(await use()).toEqual(['in_progress', 'in_progress']);
    expect(await use()).toEqual(['in_progress', 'in_progress']);
    answer(given(minted('new')));
    await Promise.all(all.map(({ tokens }) => tokens.drain()));
    expect(await use()).toEqual(['new', 'new']);
    expect(asked).toBe(1);
  });

  it('whose renewal was cut off in the middle is renewed by another process when the lease is over', async () => {
    const clock = movableClock();
    let late: (outcome: ReturnType<typeof given>) => void = () => {};
    const hanging: Mint = () => new Promise((resolve) => (late = resolve));
    const settings = { leaseMs: 300 };
    const one = await start(hanging, { clock, settings });
    const { asked, mint } = counting({ refresh: () => 'after' });
    const other = await start(mint, { clock, settings });
    const owner = await signedIn(one, minted('old', { refresh: 'before' }));
    clock.forward(2 * HOUR_MS);
    const first = one.tokens.current(owner);
    await sleep(50);
    expect(text(await other.tokens.current(owner))).toBe('access-1');
    expect(asked).toEqual(['before']);
    // What comes too late overwrites nothing: the lease is another's.
    late(given(minted('too-late', { refresh: 'too-late' })));
    expect(text(await first)).toBe('access-1');
    expect((await storedOf(other, owner))?.refreshToken?.reveal()).toBe('after');
  });

  it('that was cut off and is then refused is told as interrupted, not as withdrawn', async () => {
    const clock = movableClock();
    const answers = [notNow(true), { kind: 'ended', because: 'revoked', words: null } as const];
    const process = await start(async () => answers.shift() ?? notNow(false), { clock });
    const owner = await signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    expect((await process.tokens.current(owner)).kind).toBe('not_now');
    clock.forward(10_000);
    expect(await process.tokens.current(owner)).toMatchObject({ kind: 'ended', because: 'interrupted' });
    expect(process.told).toEqual(['failed: not_now', 'ended: interrupted']);
  });
});

describe('a clock that is set', () => {
  const HOUR_OR_DAY = [HOUR_MS, 24 * HOUR_MS];
  it.each(HOUR_OR_DAY)(
    'forth by %d ms, and back again, costs one renewal each way and no call',
    async (ms) => {
      const clock = movableClock();
      const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
      const process = await start(mint, { clock, settings: { keepInMemoryMs: 0 } });
      const owner = await signedIn(process, minted('first', { refresh: 'refresh-0' }));
      const use = async () => text(await process.tokens.current(owner));
      expect([await use(), await use()]).toEqual(['first', 'first']);
      clock.forward(ms + HOUR_MS);
      expect([await use(), await use()]).toEqual(['access-1', 'access-1']);
      // Its dates were made by a clock that was wrong: nobody knows when it ends.
      clock.forward(-ms - HOUR_MS);
      expect([await use(), await use(), await use()]).toEqual(['access-2', 'access-2', 'access-2']);
      expect(asked).toEqual(['refresh-0', 'refresh-1']);
    },
  );

  it('back does not keep a refused token from being renewed, nor a failed renewal from being tried again', async () => {
    const clock = movableClock();
    let isDown = false;
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const failing: Mint = async (owner, refreshToken) =>
      isDown ? notNow(false, 3600) : mint(owner, refreshToken);
    const process = await start(failing, { clock, settings: { keepInMemoryMs: 0 } });
    const { tokens } = process;
    const owner = await signedIn(process, minted('first', { refresh: 'refresh-0' }));
    clock.forward(24 * HOUR_MS);
    expect(text(await tokens.renewed(owner, 1))).toBe('access-1');
    clock.forward(-24 * HOUR_MS);
    expect(text(await tokens.renewed(owner, 2))).toBe('access-2');
    isDown = true;
    clock.forward(24 * HOUR_MS);
    expect((await tokens.current(owner)).kind).toBe('not_now');
    clock.forward(-22 * HOUR_MS);
    isDown = false;
    expect(text(await tokens.current(owner))).toBe('access-3');
    expect(asked).toHaveLength(3);
    // One that was forced ahead of time and failed is forced again in time.
    const other = await signedIn(process, minted('other', { refresh: 'refresh-0' }));
    isDown = true;
    clock.forward(0.4 * HOUR_MS);
    expect(text(await tokens.renewed(other, 1))).toBe('not_now');
    isDown = false;
    clock.forward(-0.4 * HOUR_MS);
    expect(text(await tokens.renewed(other, 1))).toBe('access-4');
  });

  it('back after a renewal was cut off counts it as long ago, where asking again may end the grant', async () => {
    const clock = movableClock();
    const asked: (number | null)[] = [];
    const mint: Mint = async (_, __, cutOff) => {
      asked.push(cutOff?.sinceMs ?? null);
      return cutOff !== null && cutOff.sinceMs >= 10_000 ? { kind: 'held' } : notNow(true);
    };
    const process = await start(mint, { clock, settings: { keepInMemoryMs: 0 } });
    const owner = await signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(HOUR_MS - 25_000);
    expect(text(await process.tokens.current(owner))).toBe('old');
    clock.forward(-10 * 60_000);
    await process.tokens.fresh(owner, 3_600);
    expect(asked).toEqual([null, Number.POSITIVE_INFINITY]);
  });
});

describe('a renewal that was cut off while the token is still good', () => {
  /** Like a provider that takes a refresh token sent twice for stolen: `forgivenMs` says how long it does not. */
  const strict = (asked: string[], forgivenMs = 0): Mint => {
    return async (_, refreshToken, cutOff) => {
      const isHeld = cutOff !== null && cutOff.sinceMs >= forgivenMs;
      asked.push(isHeld ? 'held' : (refreshToken?.reveal() ?? ''));
      if (isHeld) return { kind: 'held' };
      return asked.length === 1 ? notNow(true) : given(minted('new', { refresh: 'r-2' }));
    };
  };
  const soonOver = 25_000;
  async function cutOff(forgivenMs?: number) {
    const clock = movableClock();
    const asked: string[] = [];
    const process = await start(strict(asked, forgivenMs), { clock });
    const owner = await signedIn(process, minted('old', { refresh: 'r-1' }));
    clock.forward(HOUR_MS - soonOver);
    expect(text(await process.tokens.current(owner))).toBe('old');
    expect(asked).toEqual(['r-1']);
    const { generation } = await process.tokens
      .current(owner)
      .then((outcome) => (outcome.kind === 'token' ? outcome.token : { generation: 0 }));
    return { clock, asked, process, owner, generation };
  }

  it('is made again only when the token has ended, where asking twice may end the grant', async () => {
    const { clock, asked, process, owner } = await cutOff();
    clock.forward(2_000);
    expect(text(await process.tokens.current(owner))).toBe('old');
    await process.tokens.sweep();
    expect(asked).toEqual(['r-1', 'held']);
    clock.forward(soonOver);
    expect(text(await process.tokens.current(owner))).toBe('new');
    expect(asked).toEqual(['r-1', 'held', 'r-1']);
  });

  it('is made again soon, within the time in which that is forgiven', async () => {
    const { clock, asked, process, owner } = await cutOff(10_000);
    clock.forward(2_000);
    expect(text(await process.tokens.current(owner))).toBe('new');
    expect(asked).toEqual(['r-1', 'r-1']);
  });

  it('is made again at once, when the token is refused before its end', async () => {
    const { clock, asked, process, owner, generation } = await cutOff();
    clock.forward(2_000);
    expect(text(await process.tokens.current(owner))).toBe('old');
    expect(text(await process.tokens.renewed(owner, generation))).toBe('new');
    expect(asked).toEqual(['r-1', 'held', 'r-1']);
  });
});

describe('a new token', () => {
  it('keeps the refresh token from before where none came with it', async () => {
    const clock = movableClock();
    const { asked, mint } = counting();
    const process = await start(mint, { clock });
    const owner = await signedIn(process, minted('old', { refresh: 'for-ever' }));
    for (const _ of [1, 2, 3]) {
      clock.forward(2 * HOUR_MS);
      await process.tokens.current(owner);
    }
    expect(asked).toEqual(['for-ever', 'for-ever', 'for-ever']);
  });

  it('is the old one where the answer says so again', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: () => 'the-same' });
    const process = await start(mint, { clock });
    const owner = await signedIn(process, minted('old', { refresh: 'the-same' }));
    for (const round of [1, 2, 3]) {
      clock.forward(2 * HOUR_MS);
      expect(text(await process.tokens.current(owner))).toBe(`access-${round}`);
    }
    expect(asked).toEqual(['the-same', 'the-same', 'the-same']);
  });

  it.each([30, 300, 3_600, 86_400, 365 * 86_400])(
    'of %d seconds is used to nearly its end, renewed once then, and once in the background before',
    async (seconds) => {
      const clock = movableClock();
      const { asked, mint } = counting({ expiresInSeconds: seconds, refresh: (n) => `refresh-${n}` });
      const process = await start(mint, { clock, settings: { keepInMemoryMs: 0 } });
      const first = minted('first', { expiresInSeconds: seconds, refresh: 'refresh-0' });
      const owner = await signedIn(process, first);
      const use = async () => text(await process.tokens.current(owner));
      clock.forward(seconds * 750);
      expect(await use()).toBe('first');
      clock.forward(seconds * 250 - Math.min(25_000, seconds * 50));
      expect([await use(), await use()]).toEqual(['access-1', 'access-1']);
      const { renew_at, minted_at } = await database.db.system
        .selectFrom('tokens')
        .selectAll()
        .where('connection_id', '=', owner.connectionId)
        .executeTakeFirstOrThrow();
      const part = ((renew_at?.getTime() ?? 0) - (minted_at?.getTime() ?? 0)) / (seconds * 1000);
      expect(part).toBeGreaterThanOrEqual(0.79);
      expect(part).toBeLessThan(1);
      clock.forward(seconds * 999);
      await process.tokens.renewDue(owner, 2);
      expect(await use()).toBe('access-2');
      expect(asked).toHaveLength(2);
    },
  );

  it('is stored before anybody is given it, also when the database is away just then', async () => {
    const clock = movableClock();
    const door = await doorTo(database.url);
    const process = await start(
      async () => {
        await door.shut();
        setTimeout(() => void door.open(), 300);
        return given(minted('new', { refresh: 'new-refresh' }));
      },
      { clock, url: door.url },
    );
    const other = await start(async () => notNow(false), { clock });
    const owner = await signedIn(other, minted('old', { refresh: 'old-refresh' }));
    clock.forward(2 * HOUR_MS);
    expect(text(await process.tokens.current(owner))).toBe('new');
    const stored = await storedOf(other, owner);
    expect([stored?.accessToken.reveal(), stored?.refreshToken?.reveal()]).toEqual(['new', 'new-refresh']);
    await door.shut();
  });

  it('of a connection that is disconnected meanwhile is dropped, and brings nothing back', async () => {
    const clock = movableClock();
    const process = await start(
      async () => {
        await destroyCredential(owner);
        return given(minted('new', { refresh: 'new' }));
      },
      { clock },
    );
    const owner = await signedIn(process, minted('old', { refresh: 'old' }));
    clock.forward(2 * HOUR_MS);
    expect((await process.tokens.current(owner)).kind).toBe('ended');
    expect(await rowsOf(owner)).toEqual([]);
  });
});

describe('a renewal that cannot be made now', () => {
  it('leaves the old token in use until it really ends, and is tried again with growing pauses', async () => {
    const clock = movableClock();
    let tries = 0;
    const settings = { closeMs: HOUR_MS, keepInMemoryMs: 0 };
    const mint: Mint = async () => {
      tries += 1;
      return notNow(false);
    };
    const process = await start(mint, { clock, settings });
    const owner = await signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(0.95 * HOUR_MS);
    expect(text(await process.tokens.current(owner))).toBe('old');
    expect(text(await process.tokens.current(owner))).toBe('old');
    expect(tries).toBe(1);
    const waits = [];
    clock.forward(0.1 * HOUR_MS);
    for (let n = 0; n < 6; n += 1) {
      const outcome = await process.tokens.current(owner);
      if (outcome.kind !== 'not_now') throw new Error(outcome.kind);
      waits.push(outcome.retryAfterSeconds);
      clock.forward(outcome.retryAfterSeconds * 1000);
    }
    expect(tries).toBe(7);
    expect(waits.at(-1)).toBeGreaterThan((waits[0] ?? 0) * 8);
    // However often it fails: said once.
    expect(process.told).toEqual(['failed: not_now']);
  });

  it('waits as long as the other side asks for', async () => {
    const clock = movableClock();
    const process = await start(async () => notNow(false, 120), { clock });
    const owner = await signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const outcome = await process.tokens.current(owner);
    if (outcome.kind !== 'not_now') throw new Error(outcome.kind);
    expect(outcome.retryAfterSeconds).toBeGreaterThanOrEqual(120);
    // A little longer, so that those who were told the same do not come back together.
    expect(outcome.retryAfterSeconds).toBeLessThanOrEqual(151);
  });

  it('because the sign-in setup is refused says so, and goes on by itself once it works', async () => {
    const clock = movableClock();
    let isFixed = false;
    const refused = { kind: 'setup_rejected', words: 'Unknown client' } as const;
    const process = await start(async () => (isFixed ? given(minted('new')) : refused), { clock });
    const owner = await signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const outcome = await process.tokens.current(owner);
    expect(outcome).toMatchObject({ kind: 'setup_rejected', words: 'Unknown client' });
    isFixed = true;
    await database.db.transact(owner.workspaceId, (tx) => process.tokens.tryAgain(tx, [owner]));
    expect(text(await process.tokens.current(owner))).toBe('new');
    expect(process.told).toEqual(['setup rejected, out: true', 'renewed after 1', 'recovered']);
  });
});

describe('a grant that has ended', () => {
  it('is told once, whoever finds out, and nobody asks again', async () => {
    const clock = movableClock();
    let asked = 0;
    const mint: Mint = async () => {
      asked += 1;
      return { kind: 'ended', because: 'revoked', words: 'Token revoked' };
    };
    const all = await Promise.all([1, 2, 3].map(() => start(mint, { clock })));
    const owner = await signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    for (const _ of [1, 2]) {
      const outcomes = await Promise.all(
        all.flatMap(({ tokens }) => [tokens.current(owner), tokens.current(owner)]),
      );
      for (const outcome of outcomes) {
        expect(outcome).toEqual({ kind: 'ended', because: 'revoked', words: 'Token revoked' });
      }
    }
    // A call that was on its way with the old one learns it, too.
    const refused = await Promise.all(all.map(({ tokens }) => tokens.renewed(owner, 1)));
    expect(new Set(refused.map(text))).toEqual(new Set(['ended']));
    expect(asked).toBe(1);
    expect(all.flatMap(({ told }) => told)).toEqual(['ended: revoked']);
  });

  it('without a refresh token ends with its access token', async () => {
    const clock = movableClock();
    const { asked, mint } = counting();
    const process = await start(mint, { clock });
    const owner = await signedIn(process, minted('only'));
    expect(text(await process.tokens.current(owner))).toBe('only');
    clock.forward(2 * HOUR_MS);
    expect(await process.tokens.current(owner)).toMatchObject({ kind: 'ended', because: 'expired' });
    expect([asked, process.told]).toEqual([[], ['ended: expired']]);
  });

  it('works again after a new sign-in', async () => {
    const clock = movableClock();
    const process = await start(async () => ({ kind: 'ended', because: 'revoked', words: null }), { clock });
    const owner = await signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    await process.tokens.current(owner);
    const again = minted('again', { refresh: 'again' });
    await database.db.transact(owner.workspaceId, (tx) =>
      process.tokens.put(tx, owner, again, 'refresh_token'),
    );
    expect(text(await process.tokens.current(owner))).toBe('again');
  });
});

describe('a token that is refused before its time', () => {
  it('is renewed once for all calls that were refused, in all processes', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const all = await Promise.all([1, 2, 3].map(() => start(mint, { clock })));
    const owner = await signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
    const refused = await Promise.all(
      all.flatMap(({ tokens }) => [1, 2, 3].map(() => tokens.renewed(owner, 1))),
    );
    expect(new Set(refused.map(text))).toEqual(new Set(['access-1']));
    expect(asked).toEqual(['r']);
  });

  it('is not renewed over and over for an answer that refuses every token, except for a check', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const { tokens } = await start(mint, { clock });
    const owner = await signedIn({ tokens } as TokenProcess, minted('old', { refresh: 'r' }));
    expect(text(await tokens.renewed(owner, 1))).toBe('access-1');
    expect(text(await tokens.renewed(owner, 2))).toBe('as_it_is');
    expect(text(await tokens.renewed(owner, 2, true))).toBe('access-2');
    clock.forward(61_000);
    expect(text(await tokens.renewed(owner, 3))).toBe('access-3');
    expect(asked).toHaveLength(3);
  });

  it('is asked for once by fifty who press at the same moment in several processes', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const all = await Promise.all([1, 2].map(() => start(mint, { clock })));
    const owner = await signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
    const presses = all.flatMap(({ tokens }) =>
      Array.from({ length: 25 }, () => tokens.renewed(owner, 1, true)),
    );
    expect(new Set((await Promise.all(presses)).map(text))).toEqual(new Set(['access-1']));
    expect(asked).toEqual(['r']);
  });

  it('and cannot be renewed at all is left as it is: one refusal is no proof', async () => {
    const { asked, mint } = counting();
    const process = await start(mint);
    const owner = await signedIn(process, minted('only', { expiresInSeconds: null }));
    expect(text(await process.tokens.renewed(owner, 1))).toBe('as_it_is');
    expect(text(await process.tokens.current(owner))).toBe('only');
    expect([asked, process.told]).toEqual([[], []]);
  });
});

describe('a token made from a credential', () => {
  it('is made at first use, by one process, and anew when it ends', async () => {
    const clock = movableClock();
    const { asked, mint } = counting();
    const all = await Promise.all([1, 2].map(() => start(mint, { clock })));
    const owner = await newOwner(database);
    const use = async () =>
      (await Promise.all(all.flatMap(({ tokens }) => [tokens.current(owner), tokens.current(owner)]))).map(
        text,
      );
    expect(new Set(await use())).toEqual(new Set(['access-1']));
    clock.forward(2 * HOUR_MS);
    expect(new Set(await use())).toEqual(new Set(['access-2']));
    expect(asked).toEqual([null, null]);
  });

  it('is made once for each expiry by eight processes, and no refresh token that came along is kept', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `uncalled-for-${n}` });
    const all = await Promise.all(Array.from({ length: 8 }, () => start(mint, { clock })));
    const owner = await newOwner(database);
    for (const round of [1, 2, 3]) {
      const texts = (await Promise.all(all.map(({ tokens }) => tokens.current(owner)))).map(text);
      expect(new Set(texts)).toEqual(new Set([`access-${round}`]));
      clock.forward(2 * HOUR_MS);
    }
    expect(asked).toEqual([null, null, null]);
    const row = database.db.system.selectFrom('tokens').select('has_refresh_token');
    expect(await row.where('connection_id', '=', owner.connectionId).execute()).toEqual([
      { has_refresh_token: false },
    ]);
  });

  it('of a credential that is gone is not made', async () => {
    const { asked, mint } = counting();
    const process = await start(mint);
    const owner = await newOwner(database);
    await destroyCredential(owner);
    expect((await process.tokens.current(owner)).kind).toBe('ended');
    expect([asked, await rowsOf(owner)]).toEqual([[], []]);
  });
});

describe('stored tokens', () => {
  it('do not open in another row of the same workspace, nor under another generation of their own', async () => {
    const process = await start(async () => notNow(false), { settings: { keepInMemoryMs: 0 } });
    const one = await signedIn(process, minted('of-one', { refresh: 'a' }));
    const other = await signedIn(process, minted('of-other', { refresh: 'b' }), one.workspaceId);
    const { system } = database.db;
    const rowOf = ({ connectionId }: TokenOwner) =>
      system.updateTable('tokens').where('connection_id', '=', connectionId);
    const from = await system
      .selectFrom('tokens')
      .select('sealed')
      .where('connection_id', '=', one.connectionId)
      .executeTakeFirstOrThrow();
    await rowOf(other).set(from).execute();
    expect((await process.tokens.current(other)).kind).toBe('unreadable');
    expect(text(await process.tokens.current(one))).toBe('of-one');
    await rowOf(one).set({ generation: 2 }).execute();
    expect((await process.tokens.current(one)).kind).toBe('unreadable');
  });

  it('go with a credential that gets a new version by a roll-back', async () => {
    const process = await start(async () => notNow(false));
    const owner = await signedIn(process, minted('mine', { refresh: 'r' }));
    await database.db.transact(owner.workspaceId, (tx) => process.tokens.move(tx, owner, 7));
    expect(text(await process.tokens.current({ ...owner, credentialVersion: 7 }))).toBe('mine');
  });

  it('are swept when they are due, and others are not looked at', async () => {
    await nothingDue();
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const process = await start(mint, { clock });
    const due = await signedIn(process, minted('due', { refresh: 'of-due', expiresInSeconds: 3600 }));
    await signedIn(process, minted('later', { refresh: 'of-later', expiresInSeconds: 24 * 3600 }));
    await signedIn(process, minted('unknown', { refresh: 'of-unknown', expiresInSeconds: null }));
    await signedIn(process, minted('not-renewable', { expiresInSeconds: 3600 }));
    clock.forward(0.8 * HOUR_MS);
    await process.tokens.sweep();
    expect(await jobs()).toEqual([]);
    clock.forward(0.15 * HOUR_MS);
    await process.tokens.sweep();
    await process.tokens.sweep();
    expect(await jobs()).toEqual([{ connection_id: due.connectionId, generation: 1 }]);
    await process.tokens.renewDue(due, 1);
    await process.tokens.renewDue(due, 1);
    expect(asked).toEqual(['of-due']);
  });

  it('whose end is near are said once, by one of several sweeps, and not again after renewals', async () => {
    await nothingDue();
    const clock = movableClock();
    const { mint } = counting({ refresh: (n) => `refresh-${n}` });
    const processes = await Promise.all([start(mint, { clock }), start(mint, { clock })]);
    const [one, other] = processes as [TokenProcess, TokenProcess];
    const week = 7 * 86_400;
    const owner = await signedIn(one, minted('week', { refresh: 'r', grantEndsInSeconds: week }));
    await signedIn(one, minted('for-ever', { refresh: 'r' }));
    clock.forward(5 * 24 * HOUR_MS);
    await one.tokens.sweep();
    expect(await jobs('tokens.say_end')).toEqual([]);
    clock.forward(12 * HOUR_MS);
    await Promise.all([one.tokens.sweep(), other.tokens.sweep()]);
    expect(await jobs('tokens.say_end')).toHaveLength(1);
    await Promise.all([one.tokens.sayEnd(owner), one.tokens.current(owner)]);
    const told = () => [...one.told, ...other.told].filter((line) => line.startsWith('ends soon'));
    expect(told()).toHaveLength(1);
    clock.forward(HOUR_MS);
    await one.tokens.current(owner);
    await database.db.systemPool.query('delete from graphile_worker._private_jobs');
    await other.tokens.sweep();
    expect(await jobs('tokens.say_end')).toEqual([]);
  });

  it('that nothing renews are looked at when they end, and the end is said though nobody uses them', async () => {
    const clock = movableClock();
    const process = await start(async () => notNow(false), { clock });
    const owner = await signedIn(process, minted('only'));
    await process.tokens.renewDue(owner, 1);
    expect(process.told).toEqual([]);
    clock.forward(HOUR_MS);
    await process.tokens.renewDue(owner, 1);
    expect(process.told).toEqual(['ended: expired']);
  });

  it('cost the sweep nothing while they are not due', async () => {
    const owner = await newOwner(database);
    const { systemPool } = database.db;
    await systemPool.query(
      `insert into credentials (workspace_id, connection_id, version, state, sealed, method, method_id, created_at)
       select $1, $2, n, 'pending', 'v1.none.none', 'oauth2', 'oauth2', now() from generate_series(2, 5000) n`,
      [owner.workspaceId, owner.connectionId],
    );
    await systemPool.query(
      `insert into tokens (id, workspace_id, connection_id, credential_version, made_from, renew_at)
       select 'tkn_' || n, $1, $2, n, 'credential', now() + n * interval '1 minute' from generate_series(2, 5000) n`,
      [owner.workspaceId, owner.connectionId],
    );
    await systemPool.query('analyze tokens');
    const { rows } = await systemPool.query<{ 'QUERY PLAN': string }>(
      'explain select id from tokens where renew_at <= now() order by renew_at limit 500 for update skip locked',
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('tokens_due');
    expect(plan).not.toContain('Seq Scan');
    const said = await systemPool.query<{ 'QUERY PLAN': string }>(
      'explain select id from tokens where grant_say_at <= now() order by grant_say_at limit 500 for update skip locked',
    );
    expect(said.rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('tokens_grant_say');
  });

  it('of which very many are due at once become jobs a part at a time, behind all other jobs', async () => {
    const owner = await newOwner(database);
    const { systemPool } = database.db;
    await nothingDue();
    await systemPool.query(
      `insert into credentials (workspace_id, connection_id, version, state, sealed, method, method_id, created_at)
       select $1, $2, n, 'pending', 'v1.none.none', 'oauth2', 'oauth2', now() from generate_series(2, 5101) n`,
      [owner.workspaceId, owner.connectionId],
    );
    await systemPool.query(
      `insert into tokens (id, workspace_id, connection_id, credential_version, made_from, renew_at)
       select 'tkn_due_' || n, $1, $2, n, 'credential', now() from generate_series(2, 5101) n`,
      [owner.workspaceId, owner.connectionId],
    );
    const process = await start(async () => notNow(false));
    const due = async () => (await jobs()).filter((job) => job.connection_id === owner.connectionId);
    await process.tokens.sweep();
    expect(await due()).toHaveLength(5_000);
    await process.tokens.sweep();
    expect(await due()).toHaveLength(5_100);
    const { rows } = await systemPool.query(
      'select min(priority) as least from graphile_worker._private_jobs',
    );
    expect(rows[0].least).toBeGreaterThan(0);
  });
});

async function jobs(name = 'tokens.renew') {
  const { rows } = await database.db.systemPool.query<{
    payload: { connection_id: string; generation: number };
  }>(
    `select payload from graphile_worker._private_jobs jobs
     join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id where identifier = $1`,
    [name],
  );
  return rows.map(({ payload: { connection_id, generation } }) => ({ connection_id, generation }));
}

async function nothingDue(): Promise<void> {
  await database.db.system.deleteFrom('tokens').execute();
  await database.db.systemPool.query('delete from graphile_worker._private_jobs');
}

async function destroyCredential({ connectionId }: TokenOwner): Promise<void> {
  await database.db.system
    .updateTable('credentials')
    .set({ state: 'retired', sealed: null, destroyed_at: new Date() })
    .where('connection_id', '=', connectionId)
    .execute();
}

function rowsOf({ connectionId }: TokenOwner) {
  return database.db.system
    .selectFrom('tokens')
    .select('id')
    .where('connection_id', '=', connectionId)
    .execute();
}
