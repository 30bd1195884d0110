import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuthorizationServer } from '../authorization-server.ts';
import { until } from '../until.ts';
import type { Change } from './altered.ts';
import { expire } from './expire.ts';
import type { Connected, Fleet, Member } from './fleet.ts';
import { GENERATION, LEASE, NEWS, SLOW_WAY } from './guards.ts';
import { startStage } from './stage.ts';

/**
 * Several processes use the same connections when their tokens run out, at a provider that ends a grant whose refresh token
 * comes twice. At full size: `npm run bench refresh-once -- --full`.
 */
let stage: Awaited<ReturnType<typeof startStage>>;
let fleet: Fleet;
let provider: AuthorizationServer;
let first: Member;
let second: Member;
/** Of the fleet's processes, until another may try: no renewal takes as long. */
const LEASE_MS = 6_000;

beforeAll(async () => {
  const settings = { KEYRAIL_TOKEN_LEASE_SECONDS: String(LEASE_MS / 1_000) };
  stage = await startStage({ modes: ['strict'], settings });
  fleet = stage.fleet;
  provider = fleet.provider('strict');
  first = await fleet.start();
  second = await fleet.start('second');
});
afterAll(() => stage.close());

/**
 * Expiries of each connection, met by every process at once: the statuses of all calls, and what the provider saw. Where none
 * has heard yet that a token has run out, all are asked once more.
 */
async function expiries(rounds: number, by: readonly Member[], of: readonly Connected[]) {
  const ids = of.map(({ id }) => id);
  const statuses = new Set<number>();
  const before = refreshes();
  for (let round = 0; round < rounds; round += 1) {
    const asked = refreshes().requests;
    await expire(fleet.database, ids);
    await until(async () => {
      const answers = by.flatMap((member) => ids.map((id) => member.call(id)));
      for (const status of await Promise.all(answers)) statuses.add(status);
      return refreshes().requests >= asked + ids.length || statuses.size > 1;
    });
  }
  const now = refreshes();
  const requests = now.requests - before.requests;
  return { statuses: [...statuses].sort(), requests, reuses: now.reuses - before.reuses };
}

/**
 * Expiries until a refresh token was sent twice: on a busy machine two processes may miss each other, unless the provider takes
 * its time.
 */
async function reusesIn(by: readonly Member[], connections: number): Promise<number> {
  for (const beforeMs of [120, 300, 600, 1_200]) {
    provider.failAlways({ kind: 'delay', beforeMs, afterMs: 30 });
    const { reuses } = await expiries(1, by, await fleet.connect('strict', connections));
    if (reuses > 0) return reuses;
  }
  return 0;
}

const refreshes = () => provider.counts().refresh_token ?? { requests: 0, given: 0, reuses: 0 };

/** Together with the first process, which has all its guards. */
async function withAnother<T>(without: readonly Change[], work: (both: Member[]) => Promise<T>): Promise<T> {
  const another = await fleet.start('another', { without });
  try {
    return await work([another, first]);
  } finally {
    await another.process.kill();
  }
}

test('three processes make one token request for each expiry, and no refresh token is sent twice', async () => {
  provider.failAlways({ kind: 'delay', beforeMs: 10, afterMs: 10 });
  const connected = await fleet.connect('strict', 6);
  const seen = await withAnother([], (both) => expiries(8, [...both, second], connected));
  expect(seen).toEqual({ statuses: [200], requests: 48, reuses: 0 });
});

test('control: without the lease grants end, since refresh tokens are sent twice', async () => {
  expect(await withAnother(LEASE, (both) => reusesIn(both, 4))).toBeGreaterThan(0);
});

test('what was seen long ago renews nothing: with a slow way to the database there is one request, too', async () => {
  provider.failAlways(null);
  const connected = await fleet.connect('strict', 6);
  const seen = await withAnother(SLOW_WAY, (both) => expiries(2, both, connected));
  expect(seen).toEqual({ statuses: [200], requests: 12, reuses: 0 });
});

test('control: without the generation in the claim, what was seen long ago ends grants', async () => {
  const reuses = await withAnother([...SLOW_WAY, ...GENERATION], (both) => reusesIn(both, 6));
  expect(reuses).toBeGreaterThan(0);
});

/**
 * 64 callers, those of the first member before those of the second, when a token has run out: how long the last of them took,
 * and how often a token was asked for.
 */
async function lastOf64(members: readonly Member[], id: string) {
  await Promise.all(members.map((member) => member.call(id)));
  await expire(fleet.database, [id]);
  const before = refreshes().requests;
  const begunAt = performance.now();
  const callers = Array.from({ length: 64 }, (_, n) => (members[n >> 5] as Member).call(id));
  expect(new Set(await Promise.all(callers))).toEqual(new Set([200]));
  return { ms: performance.now() - begunAt, requests: refreshes().requests - before };
}

test('64 callers at two processes at the moment of expiry: one token request, and all have it when it is there', async () => {
  const [one] = (await fleet.connect('strict', 1)) as [Connected];
  provider.failAlways({ kind: 'delay', beforeMs: 300, afterMs: 0 });
  // Whoever hears nothing waits until the lease would be over. On a busy machine all may take long, or nobody have to wait.
  const limit = LEASE_MS * 0.75;
  let quickest = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 5 && quickest >= limit; turn += 1) {
    const last = await lastOf64([first, second], one.id);
    expect(last.requests).toBeLessThanOrEqual(1);
    // None: nobody had heard yet that it has run out.
    if (last.requests === 1) quickest = Math.min(quickest, last.ms);
  }
  expect(quickest).toBeLessThan(limit);

  let slowest = 0;
  await withAnother(NEWS, async (both) => {
    for (let turn = 0; turn < 10 && slowest < limit; turn += 1)
      slowest = Math.max(slowest, (await lastOf64(both, one.id)).ms);
  });
  expect(slowest, 'control: without the news').toBeGreaterThan(limit);
});
