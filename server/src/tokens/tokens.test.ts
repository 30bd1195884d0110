import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import type { Mint } from './mint.ts';
import {
  counting,
  given,
  HOUR_MS,
  minted,
  newOwner,
  notNow,
  type TokenProcess,
  text,
  tokensUnderTest,
} from './under-test.ts';

const room = tokensUnderTest();

describe('a token that has run out', () => {
  it('is renewed by one process alone, over many expiries, and everybody who waits gets the new one', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const all = await Promise.all([1, 2, 3, 4].map(() => room.start(mint, { clock })));
    const owner = await room.signedIn(all[0] as TokenProcess, minted('first', { refresh: 'refresh-0' }));
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
    const [one, other] = [await room.start(mint, { clock }), await room.start(mint, { clock })];
    const owner = await room.signedIn(one, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const first = one.tokens.current(owner);
    await asked;
    const second = other.tokens.current(owner);
    await sleep(100);
    release();
    expect(text(await first)).toBe('new');
    const begun = performance.now();
    expect(text(await second)).toBe('new');
    // The lease lasts 45 seconds.
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('is waited for only so long: then the call is told that a renewal is under way', async () => {
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
    const one = await room.start(mint, { clock });
    const other = await room.start(mint, { clock, settings: { waitMs: 100 } });
    const owner = await room.signedIn(one, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    const first = one.tokens.current(owner);
    await asked;
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
    const all = await Promise.all([1, 2].map(() => room.start(slow, { clock, settings })));
    const owner = await room.signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
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
    let wasAsked = () => {};
    const begun = new Promise<void>((resolve) => (wasAsked = resolve));
    const hanging: Mint = () => {
      wasAsked();
      return new Promise((resolve) => (late = resolve));
    };
    const settings = { leaseMs: 1_000 };
    const one = await room.start(hanging, { clock, settings });
    const { asked, mint } = counting({ refresh: () => 'after' });
    const other = await room.start(mint, { clock, settings });
    const owner = await room.signedIn(one, minted('old', { refresh: 'before' }));
    clock.forward(2 * HOUR_MS);
    const first = one.tokens.current(owner);
    await begun;
    expect(text(await other.tokens.current(owner))).toBe('access-1');
    expect(asked).toEqual(['before']);
    // What comes too late overwrites nothing: the lease is another's.
    late(given(minted('too-late', { refresh: 'too-late' })));
    expect(text(await first)).toBe('access-1');
    expect((await room.storedOf(other, owner))?.refreshToken?.reveal()).toBe('after');
  });

  it('that was cut off and is then refused is told as interrupted, not as withdrawn', async () => {
    const clock = movableClock();
    const answers = [notNow(true), { kind: 'ended', because: 'revoked', words: null } as const];
    const process = await room.start(async () => answers.shift() ?? notNow(false), { clock });
    const owner = await room.signedIn(process, minted('old', { refresh: 'r' }));
    clock.forward(2 * HOUR_MS);
    expect((await process.tokens.current(owner)).kind).toBe('not_now');
    clock.forward(10_000);
    expect(await process.tokens.current(owner)).toMatchObject({ kind: 'ended', because: 'interrupted' });
    expect(process.told).toEqual(['failed: not_now', 'ended: interrupted']);
  });
});

describe('a token that is refused before its time', () => {
  it('is renewed once for all calls that were refused, in all processes', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const all = await Promise.all([1, 2, 3].map(() => room.start(mint, { clock })));
    const owner = await room.signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
    const refused = await Promise.all(
      all.flatMap(({ tokens }) => [1, 2, 3].map(() => tokens.renewed(owner, 1))),
    );
    expect(new Set(refused.map(text))).toEqual(new Set(['access-1']));
    expect(asked).toEqual(['r']);
  });

  it('is not renewed over and over for an answer that refuses every token, except for a check', async () => {
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const { tokens } = await room.start(mint, { clock });
    const owner = await room.signedIn({ tokens } as TokenProcess, minted('old', { refresh: 'r' }));
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
    const all = await Promise.all([1, 2].map(() => room.start(mint, { clock })));
    const owner = await room.signedIn(all[0] as TokenProcess, minted('old', { refresh: 'r' }));
    const presses = all.flatMap(({ tokens }) =>
      Array.from({ length: 25 }, () => tokens.renewed(owner, 1, true)),
    );
    expect(new Set((await Promise.all(presses)).map(text))).toEqual(new Set(['access-1']));
    expect(asked).toEqual(['r']);
  });

  it('and cannot be renewed at all is left as it is: one refusal is no proof', async () => {
    const { asked, mint } = counting();
    const process = await room.start(mint);
    const owner = await room.signedIn(process, minted('only', { expiresInSeconds: null }));
    expect(text(await process.tokens.renewed(owner, 1))).toBe('as_it_is');
    expect(text(await process.tokens.current(owner))).toBe('only');
    expect([asked, process.told]).toEqual([[], []]);
  });
});

describe('a token made from a credential', () => {
  it('is made at first use, by one process, and anew when it ends', async () => {
    const clock = movableClock();
    const { asked, mint } = counting();
    const all = await Promise.all([1, 2].map(() => room.start(mint, { clock })));
    const owner = await newOwner(room.database());
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
    const all = await Promise.all(Array.from({ length: 8 }, () => room.start(mint, { clock })));
    const owner = await newOwner(room.database());
    for (const round of [1, 2, 3]) {
      const texts = (await Promise.all(all.map(({ tokens }) => tokens.current(owner)))).map(text);
      expect(new Set(texts)).toEqual(new Set([`access-${round}`]));
      clock.forward(2 * HOUR_MS);
    }
    expect(asked).toEqual([null, null, null]);
    expect(await room.rowsOf(owner)).toMatchObject([{ has_refresh_token: false }]);
  });

  it('of a credential that is gone is not made', async () => {
    const { asked, mint } = counting();
    const process = await room.start(mint);
    const owner = await newOwner(room.database());
    await room.destroyCredential(owner);
    expect((await process.tokens.current(owner)).kind).toBe('ended');
    expect([asked, await room.rowsOf(owner)]).toEqual([[], []]);
  });
});
