import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuthorizationServer } from '../authorization-server.ts';
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

beforeAll(async () => {
  stage = await startStage({ modes: ['strict'] });
  fleet = stage.fleet;
  provider = fleet.provider('strict');
  first = await fleet.start();
}, 60_000);
afterAll(() => stage.close());

/** Expiries of each connection, met by every process at once: the statuses of all calls, and what the provider saw. */
async function expiries(rounds: number, by: readonly Member[], of: readonly Connected[]) {
  const ids = of.map(({ id }) => id);
  const statuses = new Set<number>();
  const before = refreshes();
  for (let round = 0; round < rounds; round += 1) {
    await expire(fleet.database, ids);
    const answers = by.flatMap((member) => ids.map((id) => member.call(id)));
    for (const status of await Promise.all(answers)) statuses.add(status);
  }
  const now = refreshes();
  const requests = now.requests - before.requests;
  return { statuses: [...statuses].sort(), requests, reuses: now.reuses - before.reuses };
}

/** Expiries until a refresh token was sent twice: on a busy machine two processes may miss each other now and then. */
async function reusesIn(by: readonly Member[], connections: number): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    const { reuses } = await expiries(1, by, await fleet.connect('strict', connections));
    if (reuses > 0) return reuses;
  }
  return 0;
}

const refreshes = () => provider.counts().refresh_token ?? { requests: 0, given: 0, reuses: 0 };

async function two(without: readonly Change[]): Promise<Member[]> {
  return Promise.all(['b', 'c'].map((name) => fleet.start(name, { without })));
}

async function end(members: readonly Member[]): Promise<void> {
  await Promise.all(members.map(({ process }) => process.kill()));
}

test('three processes make one token request for each expiry, and no refresh token is sent twice', async () => {
  provider.failAlways({ kind: 'delay', beforeMs: 10, afterMs: 10 });
  const others = await two([]);
  const seen = await expiries(8, [first, ...others], await fleet.connect('strict', 6));
  await end(others);
  expect(seen).toEqual({ statuses: [200], requests: 48, reuses: 0 });
}, 60_000);

test('control: without the lease grants end, since refresh tokens are sent twice', async () => {
  provider.failAlways({ kind: 'delay', beforeMs: 120, afterMs: 30 });
  const others = await two(LEASE);
  const reuses = await reusesIn(others, 4);
  await end(others);
  expect(reuses).toBeGreaterThan(0);
}, 60_000);

test('what was seen long ago renews nothing: with a slow way to the database there is one request, too', async () => {
  provider.failAlways(null);
  const others = await two(SLOW_WAY);
  const seen = await expiries(2, others, await fleet.connect('strict', 6));
  await end(others);
  expect(seen).toEqual({ statuses: [200], requests: 12, reuses: 0 });
}, 60_000);

test('control: without the generation in the claim, what was seen long ago ends grants', async () => {
  provider.failAlways(null);
  const others = await two([...SLOW_WAY, ...GENERATION]);
  const reuses = await reusesIn(others, 6);
  await end(others);
  expect(reuses).toBeGreaterThan(0);
}, 60_000);

/** 64 callers at two processes when a token has run out: how long the last of them took. */
async function lastOf64(members: readonly Member[], id: string): Promise<number> {
  await Promise.all(members.map((member) => member.call(id)));
  await expire(fleet.database, [id]);
  const begunAt = performance.now();
  const callers = Array.from({ length: 64 }, (_, n) => (members[n % members.length] as Member).call(id));
  expect(new Set(await Promise.all(callers))).toEqual(new Set([200]));
  return performance.now() - begunAt;
}

test('64 callers at two processes at the moment of expiry: one token request, and all have it when it is there', async () => {
  const [one] = (await fleet.connect('strict', 1)) as [Connected];
  const before = refreshes().requests;
  provider.failAlways({ kind: 'delay', beforeMs: 300, afterMs: 0 });
  const second = await fleet.start('b');
  const heard = await lastOf64([first, second], one.id);
  expect(refreshes().requests - before).toBe(1);
  await end([second]);

  const deaf = await two(NEWS);
  expect(await lastOf64(deaf, one.id), 'control: without the news').toBeGreaterThan(heard);
}, 60_000);
