import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kill, type Loss, stopCleanly } from './cycle.ts';
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
}, 60_000);
afterAll(() => stage.close());

test('kill -9: nothing is lost that can be asked for twice; what else is lost was under way, and is shown', async () => {
  const lost: Loss[] = await kill(fleet, await fleet.start('doomed'), survivor, 4);
  expect(lost.filter(({ mode }) => mode !== 'strict')).toEqual([]);
  expect(lost.filter((loss) => !loss.wasUnderWay || !loss.isShown)).toEqual([]);
}, 60_000);

/** Their renewals were carried out, and their process was killed before the answers came. */
async function cutOff(connections: readonly Connected[], doomed: Member): Promise<void> {
  const ids = connections.map(({ id }) => id);
  await expire(fleet.database, ids);
  const acted = ids.map(
    () =>
      new Promise<void>((resolve) => {
        fleet.provider('strict').fail({ kind: 'hold_answer', acted: resolve, until: sleep(5_000) });
      }),
  );
  for (const id of ids) void doomed.call(id);
  await Promise.all(acted);
  await doomed.process.kill();
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
}, 60_000);

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
    expect(await next.call(id)).toBe(409);
    const token = (await next.get(`/v1/connections/${id}`)).json.token as { ended_because: string };
    shown.push(token.ended_because);
  }
  await altered.process.kill();
  expect(shown).toEqual(['renewal_interrupted', 'revoked']);
}, 60_000);

test('SIGTERM: a process ends its renewals first, and nothing is lost at a strict provider; control: else it is', async () => {
  const [leaving, altered] = await Promise.all([
    fleet.start('leaving'),
    fleet.start('hasty', { without: DRAIN }),
  ]);
  const kept = await stopCleanly(fleet, leaving, survivor, 4);
  expect(kept.lost).toEqual([]);
  // Longer than everything else of a stop takes.
  const hasty = await stopCleanly(fleet, altered, survivor, 4, new Map(), 2_000);
  expect(hasty.lost.length).toBeGreaterThan(0);
}, 60_000);
