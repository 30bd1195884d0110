import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuthorizationServer } from '../authorization-server.ts';
import type { Change } from './altered.ts';
import { expire } from './expire.ts';
import type { Connected, Fleet, Member } from './fleet.ts';
import { WRONG_CLOCK } from './guards.ts';
import { startStage } from './stage.ts';

/** The clocks of the servers step by an hour, forth and back, while connections are in use. */
const HOUR_MS = 3_600_000;
/** Of calls until the clock is taken for right again. */
const MOST_TRIES = 25;
let stage: Awaited<ReturnType<typeof startStage>>;
let fleet: Fleet;
let provider: AuthorizationServer;
let clockFile: string;

beforeAll(async () => {
  // No renewal takes as long as this lease: who has it keeps it.
  const settings = { KEYRAIL_TOKEN_LEASE_SECONDS: '30' };
  stage = await startStage({ modes: ['strict'], settings });
  fleet = stage.fleet;
  provider = fleet.provider('strict');
  clockFile = join(stage.folder, 'clock');
  await step(0);
  await fleet.start('steady');
});
afterAll(() => stage.close());

async function step(ms: number): Promise<void> {
  // At once for whoever reads it.
  writeFileSync(`${clockFile}.next`, String(ms));
  renameSync(`${clockFile}.next`, clockFile);
  // Longer than a process goes on with what it read of the file.
  await new Promise((resolve) => setTimeout(resolve, 60));
}

const two = (): Promise<Member[]> => Promise.all(['a', 'b'].map((name) => fleet.start(name, { clockFile })));

const refreshes = () => provider.counts().refresh_token ?? { requests: 0, given: 0, reuses: 0 };

test('an hour forth and back, and nothing is asked for more than once a step, nor lost', async () => {
  const members = await two();
  const connections = await fleet.connect('strict', 4);
  const before = refreshes();
  const statuses = new Set<number>();
  for (const ms of [0, HOUR_MS, 0, -HOUR_MS, 0, HOUR_MS, 0]) {
    await step(ms);
    for (let round = 0; round < 3; round += 1) {
      const calls = members.flatMap((member) => connections.map(({ id }) => member.call(id)));
      for (const status of await Promise.all(calls)) statuses.add(status);
    }
  }
  const now = refreshes();
  expect([...statuses]).toEqual([200]);
  // A token seems to have run out at a step forth, and to be from the future at a step back: one renewal for each at most.
  expect(now.requests - before.requests).toBeLessThanOrEqual(6 * connections.length);
  expect(now.reuses).toBe(0);
  await Promise.all(members.map(({ process }) => process.kill()));
});

/** A renewal fails while the clock is an hour ahead; then the clock is right again. */
async function failedAhead(without: readonly Change[]): Promise<number> {
  const member = await fleet.start('a', { clockFile, without });
  const [{ id }] = (await fleet.connect('strict', 1)) as [Connected];
  await step(HOUR_MS);
  await expire(fleet.database, [id]);
  provider.failAlways({ kind: 'answer', status: 503 });
  expect(await member.call(id)).toBe(503);
  provider.failAlways(null);
  await step(0);
  await expire(fleet.database, [id], { keepPauses: true });
  let status = 0;
  for (let tries = 0; tries < MOST_TRIES && status !== 200; tries += 1) {
    status = await member.call(id);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await member.process.kill();
  return status;
}

test('what failed by a clock that was ahead is tried again when the clock is right; control: else not for an hour', async () => {
  expect(await failedAhead([])).toBe(200);
  expect(await failedAhead(WRONG_CLOCK)).toBe(503);
});
