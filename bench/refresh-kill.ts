import { kill, type Loss, stopCleanly } from '../server/test/chaos/cycle.ts';
import type { Connected, Member, Mode } from '../server/test/chaos/fleet.ts';
import { withFleet } from './fleet.ts';
import { isFull, report, tell } from './report.ts';

/**
 * How many connections are lost when a process is killed (kill -9) at a moment of its renewals that is different each time: at
 * a provider whose refresh tokens stay, at one that rotates them with a grace, and at a strict one, where the renewal under
 * way is lost with its answer, and must be shown as such. Then the same with SIGTERM at the strict one, where nothing may be.
 */
const CYCLES = isFull ? 1_000 : 20;
const STOPS = isFull ? 1_000 : 20;
const CONNECTIONS = 3;

await withFleet({ modes: ['static', 'grace', 'strict'] }, async (fleet) => {
  const survivor = await fleet.start('survivor');
  const lost: Loss[] = [];
  const had = new Map<Mode, Connected[]>();
  let next: Promise<Member> = fleet.start('p0');
  for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
    const doomed = await next;
    // The one to be killed after it starts while this one's leases run out.
    next = fleet.start(`p${cycle % 2}`);
    lost.push(...(await kill(fleet, doomed, survivor, CONNECTIONS, had)));
    if (cycle % 10 === 0) tell(`${cycle}/${CYCLES} killed, ${lost.length} lost`);
  }
  let [underWay, lostByStop] = [0, 0];
  for (let cycle = 1; cycle <= STOPS; cycle += 1) {
    const leaving = await next;
    next = fleet.start(`p${cycle % 2}`);
    const seen = await stopCleanly(fleet, leaving, survivor, CONNECTIONS, had);
    underWay += seen.underWay;
    lostByStop += seen.lost.length;
    if (cycle % 10 === 0)
      tell(`${cycle}/${STOPS} stopped, ${underWay} renewals under way, ${lostByStop} lost`);
  }
  await (await next).process.kill();
  const strict = lost.filter(({ mode }) => mode === 'strict');
  const kept = lost.length - strict.length;
  const outside = strict.filter(({ wasUnderWay }) => !wasUnderWay).length;
  const hidden = strict.filter(({ isShown }) => !isShown).length;
  report({
    bench: 'refresh-kill',
    value: kept,
    unit: 'connections lost',
    against: {
      name: `of ${CYCLES * CONNECTIONS} renewals cut off at a strict provider, lost`,
      value: strict.length,
    },
    ratio: kept / (CYCLES * CONNECTIONS * 2),
    goal: '0 at a provider that rotates with a grace or not at all',
    met: kept === 0,
    checks: [
      check('kill -9', CYCLES, `= ${CYCLES}`, true),
      check('strict: lost outside the request under way', outside, '= 0', outside === 0),
      check('strict: lost and not shown as interrupted', hidden, '= 0', hidden === 0),
      check('SIGTERM: renewals under way', underWay, '> 0', underWay > 0),
      check(`lost in ${STOPS} stops with SIGTERM`, lostByStop, '= 0', lostByStop === 0),
    ],
  });
});

function check(name: string, value: number, goal: string, met: boolean) {
  return { name, value, unit: '', goal, met };
}
