import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive } from '../../src/db/embedded/processes.ts';
import type { AuthorizationServer } from '../authorization-server.ts';
import { until } from '../until.ts';
import { kill, type Loss, usable } from './cycle.ts';
import { expire } from './expire.ts';
import type { Connected, Fleet, Member } from './fleet.ts';
import { DRAIN, INTERRUPTED, TAKE_OVER } from './guards.ts';
import { startStage } from './stage.ts';

/**
 * kill -9 and SIGTERM while renewals are under way, at providers of all three kinds. At full size:
 * `npm run bench refresh-kill -- --full`.
 */
let stage: Awaited<ReturnType<typeof startStage>>;
let fleet: Fleet;
let survivor: Member;

beforeAll(async () => {
  stage = await startStage({ modes: ['static', 'grace', 'strict'] });
  fleet = stage.fleet;
  survivor = await fleet.start('survivor');
});
afterAll(() => stage.close());

test('kill -9: nothing is lost that can be asked for twice; what else is lost was under way, and is shown', async () => {
  // At every other moment: the bench.
  const lost: Loss[] = await kill(fleet, await fleet.start('doomed'), survivor, 4, new Map(), 60);
  expect(lost.filter(({ mode }) => mode !== 'strict')).toEqual([]);
  expect(lost.filter((loss) => !loss.wasUnderWay || !loss.isShown)).toEqual([]);
});

/** Their renewals were carried out, and their process was killed before the answers came. */
async function cutOff(connections: readonly Connected[], doomed: Member): Promise<void> {
  const ids = connections.map(({ id }) => id);
  const provider = fleet.provider('strict');
  const { acted, release } = heldAnswers(provider);
  await expire(fleet.database, ids);
  for (const id of ids) void doomed.call(id);
  await until(() => acted() === ids.length);
  await doomed.process.kill();
  release();
  provider.failAlways(null);
}

/** Whatever the provider carries out from now on is answered after `release`. */
function heldAnswers(provider: AuthorizationServer): { acted(): number; release(): void } {
  let release = () => {};
  let acted = 0;
  const isReleased = new Promise<void>((open) => (release = open));
  provider.failAlways({ kind: 'hold_answer', acted: () => (acted += 1), until: isReleased });
  return { acted: () => acted, release };
}

/** Told to stop while its renewals are carried out: the connections that nobody can use afterwards. */
async function lostByStopOf(leaving: Member, isAnswered: () => Promise<void>): Promise<number> {
  const ids = (await fleet.connect('strict', 4)).map(({ id }) => id);
  const { acted, release } = heldAnswers(fleet.provider('strict'));
  await expire(fleet.database, ids);
  const hangingUp = new AbortController();
  const calls = ids.map((id) => leaving.call(id, hangingUp.signal));
  await until(() => acted() === ids.length);
  // Whoever asked has gone: nobody waits for the answers but the store.
  hangingUp.abort();
  await Promise.all(calls);
  const stopped = leaving.process.stop();
  await isAnswered();
  release();
  await stopped;
  fleet.provider('strict').failAlways(null);
  const areUsable = await Promise.all(ids.map((id) => usable(survivor, id)));
  return areUsable.filter((is) => !is).length;
}

test('control: where a lease is never over, what a killed process held is stuck', async () => {
  const [{ id }] = (await fleet.connect('static', 1)) as [Connected];
  const [doomed, altered] = await Promise.all([
    fleet.start('doomed'),
    fleet.start('altered', { without: TAKE_OVER }),
  ]);
  await expire(fleet.database, [id]);
  let release = () => {};
  const killed = new Promise<void>((resolve) => (release = resolve));
  const arrived = new Promise<void>((resolve) => {
    fleet.provider('static').fail({ kind: 'hold', arrived: resolve, until: killed });
  });
  void doomed.call(id);
  await arrived;
  await doomed.process.kill();
  release();
  const stuck = Promise.race([altered.call(id), sleep(3_500)]);
  expect(await stuck).not.toBe(200);
  expect(await survivor.call(id)).toBe(200);
  await altered.process.kill();
});

test('a grant that a killed process brought to its end is said to be interrupted; control: else it is blamed on others', async () => {
  const [doomed, altered] = await Promise.all([
    fleet.start('doomed'),
    fleet.start('altered', { without: INTERRUPTED }),
  ]);
  const connections = await fleet.connect('strict', 2);
  await cutOff(connections, doomed);
  const shown: unknown[] = [];
  for (const [at, { id }] of connections.entries()) {
    const next = at === 0 ? survivor : altered;
    expect(await usable(next, id)).toBe(false);
    const token = (await next.get(`/v1/connections/${id}`)).json.token as { ended_because: string };
    shown.push(token.ended_because);
  }
  await altered.process.kill();
  expect(shown).toEqual(['renewal_interrupted', 'revoked']);
});

test('SIGTERM: a process ends its renewals first, and nothing is lost at a strict provider; control: else it is', async () => {
  const [leaving, altered] = await Promise.all([
    fleet.start('leaving'),
    fleet.start('hasty', { without: DRAIN }),
  ]);
  const isTold = (member: Member) => until(() => member.process.said().includes('Stopping:'));
  const hasEnded = (member: Member) => until(() => !isAlive(member.process.pid));
  expect(await lostByStopOf(leaving, () => isTold(leaving))).toBe(0);
  expect(await lostByStopOf(altered, () => hasEnded(altered))).toBe(4);
});
