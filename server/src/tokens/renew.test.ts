import { describe, expect, it } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import { doorTo } from '../../test/door.ts';
import { until } from '../../test/until.ts';
import type { Mint } from './mint.ts';
import {
  counting,
  given,
  HOUR_MS,
  minted,
  notNow,
  type TokenProcess,
  text,
  tokensUnderTest,
} from './under-test.ts';

const room = tokensUnderTest();

describe('a new token', () => {
  it('keeps the refresh token from before where none came with it', async () => {
    const clock = movableClock();
    const { asked, mint } = counting();
    const process = await room.start(mint, { clock });
    const owner = await room.signedIn(process, minted('old', { refresh: 'for-ever' }));
    for (const _ of [1, 2, 3]) {
      clock.forward(2 * HOUR_MS);
      await process.tokens.current(owner);
    }
    expect(asked).toEqual(['for-ever', 'for-ever', 'for-ever']);
  });

  it('is the old one where the answer says so again', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: () => 'the-same' });
    const process = await room.start(mint, { clock });
    const owner = await room.signedIn(process, minted('old', { refresh: 'the-same' }));
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
      const process = await room.start(mint, { clock, settings: { keepInMemoryMs: 0 } });
      const first = minted('first', { expiresInSeconds: seconds, refresh: 'refresh-0' });
      const owner = await room.signedIn(process, first);
      const use = async () => text(await process.tokens.current(owner));
      clock.forward(seconds * 750);
      expect(await use()).toBe('first');
      clock.forward(seconds * 250 - Math.min(25_000, seconds * 50));
      expect([await use(), await use()]).toEqual(['access-1', 'access-1']);
      const [row] = await room.rowsOf(owner);
      const part = ((row?.renew_at?.getTime() ?? 0) - (row?.minted_at?.getTime() ?? 0)) / (seconds * 1000);
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
    const door = await doorTo(room.database().url);
    const process = await room.start(
      async () => {
        await door.shut();
        setTimeout(() => void door.open(), 300);
        return given(minted('new', { refresh: 'new-refresh' }));
      },
      { clock, url: door.url },
    );
    const other = await room.start(async () => notNow(false), { clock });
    const owner = await room.signedIn(other, minted('old', { refresh: 'old-refresh' }));
    clock.forward(2 * HOUR_MS);
    expect(text(await process.tokens.current(owner))).toBe('new');
    const stored = await room.storedOf(other, owner);
    expect([stored?.accessToken.reveal(), stored?.refreshToken?.reveal()]).toEqual(['new', 'new-refresh']);
    await door.shut();
  });

  it('of a connection that is disconnected meanwhile is dropped, and brings nothing back', async () => {
    const clock = movableClock();
    const process = await room.start(
      async () => {
        await room.destroyCredential(owner);
        return given(minted('new', { refresh: 'new' }));
      },
      { clock },
    );
    const owner = await room.signedIn(process, minted('old', { refresh: 'old' }));
    clock.forward(2 * HOUR_MS);
    expect((await process.tokens.current(owner)).kind).toBe('ended');
    expect(await room.rowsOf(owner)).toEqual([]);
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
    const process = await room.start(mint, { clock, settings });
    const owner = await room.signedIn(process, minted('old', { refresh: 'r' }));
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
    const process = await room.start(async () => notNow(false, 120), { clock });
    const owner = await room.signedIn(process, minted('old', { refresh: 'r' }));
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
    const process = await room.start(async () => (isFixed ? given(minted('new')) : refused), { clock });
    const owner = await room.signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const outcome = await process.tokens.current(owner);
    expect(outcome).toMatchObject({ kind: 'setup_rejected', words: 'Unknown client' });
    isFixed = true;
    await room.database().db.transact(owner.workspaceId, (tx) => process.tokens.tryAgain(tx, [owner]));
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
    const all = await Promise.all([1, 2, 3].map(() => room.start(mint, { clock })));
    const owner = await room.signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
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
    const process = await room.start(mint, { clock });
    const owner = await room.signedIn(process, minted('only'));
    expect(text(await process.tokens.current(owner))).toBe('only');
    clock.forward(2 * HOUR_MS);
    expect(await process.tokens.current(owner)).toMatchObject({ kind: 'ended', because: 'expired' });
    expect([asked, process.told]).toEqual([[], ['ended: expired']]);
  });

  it('works again after a new sign-in', async () => {
    const clock = movableClock();
    const process = await room.start(async () => ({ kind: 'ended', because: 'revoked', words: null }), {
      clock,
    });
    const owner = await room.signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    await process.tokens.current(owner);
    const again = minted('again', { refresh: 'again' });
    await room
      .database()
      .db.transact(owner.workspaceId, (tx) => process.tokens.put(tx, owner, again, 'refresh_token'));
    expect(text(await process.tokens.current(owner))).toBe('again');
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
    const process = await room.start(strict(asked, forgivenMs), { clock });
    const owner = await room.signedIn(process, minted('old', { refresh: 'r-1' }));
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

  it('is made by another process once its lease is over, when the token is refused there, too', async () => {
    let end = () => {};
    const isOver = new Promise<void>((resolve) => (end = resolve));
    const hanging: Mint = async () => {
      await isOver;
      return notNow(true);
    };
    const killed = await room.start(hanging);
    const next = await room.start(async () => given(minted('new', { refresh: 'r-2' })));
    const owner = await room.signedIn(killed, minted('old', { refresh: 'r-1' }));
    const lost = killed.tokens.renewed(owner, 1);
    await until(async () => (await room.rowsOf(owner))[0]?.lease_owner != null);
    await room.database().db.systemPool.query("update tokens set lease_until = now() - interval '1 second'");
    try {
      expect(text(await next.tokens.renewed(owner, 1))).toBe('new');
    } finally {
      end();
      await lost;
    }
  });
});

describe('a clock that is set', () => {
  const HOUR_OR_DAY = [HOUR_MS, 24 * HOUR_MS];
  it.each(HOUR_OR_DAY)(
    'forth by %d ms, and back again, costs one renewal each way and no call',
    async (ms) => {
      const clock = movableClock();
      const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
      const process = await room.start(mint, { clock, settings: { keepInMemoryMs: 0 } });
      const owner = await room.signedIn(process, minted('first', { refresh: 'refresh-0' }));
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
    const process = await room.start(failing, { clock, settings: { keepInMemoryMs: 0 } });
    const { tokens } = process;
    const owner = await room.signedIn(process, minted('first', { refresh: 'refresh-0' }));
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
    const other = await room.signedIn(process, minted('other', { refresh: 'refresh-0' }));
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
    const process = await room.start(mint, { clock, settings: { keepInMemoryMs: 0 } });
    const owner = await room.signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(HOUR_MS - 25_000);
    expect(text(await process.tokens.current(owner))).toBe('old');
    clock.forward(-10 * 60_000);
    await process.tokens.fresh(owner, 3_600);
    expect(asked).toEqual([null, Number.POSITIVE_INFINITY]);
  });
});
