import { setTimeout as sleep } from 'node:timers/promises';
import type { Connected, Fleet, Member } from '../server/test/chaos/fleet.ts';
import { withFleet } from './fleet.ts';
import { isFull, report, tell } from './report.ts';

/**
 * How many token requests there are for each expiry, while processes on one database use the same connections all the time, at
 * a provider that ends a grant whose refresh token comes twice. Tokens live for two seconds by the provider's word (and a
 * second longer in truth, so that no call is refused for a clock's sake). Every request beyond one for each expiry, and every
 * refresh token that comes twice, is counted; beside it stands what is right: the tokens that ran out in that time.
 */
const EXPIRIES = isFull ? 10_000 : 300;
const PROCESSES = isFull ? 8 : 3;
/** As many as the provider, which runs in this process, answers within its time on two cores. */
const CONNECTIONS = isFull ? 32 : 25;
const LIFE_SECONDS = 2;

await withFleet(
  {
    modes: ['strict'],
    provider: { accessTokenSeconds: LIFE_SECONDS + 2 },
    // As in use: nobody is killed here.
    settings: { KEYRAIL_TOKEN_LEASE_SECONDS: '45' },
  },
  async (fleet) => {
    const provider = fleet.provider('strict');
    const members: Member[] = [await fleet.start('p0')];
    for (let n = 1; n < PROCESSES; n += 1) members.push(await fleet.start(`p${n}`));
    const connections = await fleet.connect('strict', CONNECTIONS);
    provider.failAlways({
      kind: 'rewrite',
      rewrite: (answer) => ({ body: JSON.stringify({ ...answer, expires_in: LIFE_SECONDS }) }),
    });
    const statuses = new Map<number, number>();
    let isOver = false;
    const using = connections.flatMap((connection) =>
      members.map((member) => use(member, connection, statuses, () => isOver)),
    );
    const counts = () => provider.counts().refresh_token ?? { requests: 0, given: 0, reuses: 0 };
    const startedAt = performance.now();
    while (counts().requests < EXPIRIES) {
      await sleep(1_000);
      tell(`${counts().requests}/${EXPIRIES} token requests, ${counts().reuses} sent twice`);
      if (counts().reuses > 0) break;
    }
    isOver = true;
    await Promise.all(using);
    const seconds = (performance.now() - startedAt) / 1_000;
    const seen = await judged(fleet, connections);
    const failed = [...statuses].filter(([status]) => status !== 200);
    if (failed.length > 0) tell(`answers other than 200: ${JSON.stringify(failed)}`);
    report({
      bench: 'refresh-once',
      value: counts().requests,
      unit: 'token requests',
      against: {
        name: `expiries over ${PROCESSES} processes in ${Math.round(seconds)} s`,
        value: seen.expiries,
      },
      ratio: counts().requests / seen.expiries,
      goal: 'ratio = 1',
      met: counts().requests === seen.expiries,
      checks: [
        check('expiries', seen.expiries, `>= ${EXPIRIES}`, seen.expiries >= EXPIRIES),
        check('refresh tokens sent twice', counts().reuses, '= 0', counts().reuses === 0),
        check('token requests before their time', seen.early, '= 0', seen.early === 0),
        check('failed calls', failed.length, '= 0', failed.length === 0),
        check('calls', statuses.get(200) ?? 0, '> 0', (statuses.get(200) ?? 0) > 0),
      ],
    });
  },
);

async function use(
  member: Member,
  { id }: Connected,
  statuses: Map<number, number>,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    const status = await member.call(id);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    await sleep(Math.random() * (isFull ? 4_000 : 250));
  }
}

/**
 * An expiry is a token that was replaced: the row's generation says how many there were. Early is what was asked for before
 * four fifths of the life of the token before were over, which is when the sweep may begin.
 */
async function judged(
  fleet: Fleet,
  connections: readonly Connected[],
): Promise<{ expiries: number; early: number }> {
  const ids = connections.map(({ id }) => id);
  const { rows } = await fleet.database.query<{ expiries: string }>(
    'select sum(generation - 1) as expiries from tokens where connection_id = any($1)',
    [ids],
  );
  const last = new Map<string, number>();
  let early = 0;
  for (const { accountId, arrivedAt, actedAt, grantType } of fleet.provider('strict').tokenRequests) {
    if (grantType !== 'refresh_token' || accountId === null) continue;
    const before = last.get(accountId);
    if (before !== undefined && arrivedAt - before < LIFE_SECONDS * 1_000 * 0.8 - 50) early += 1;
    last.set(accountId, actedAt ?? arrivedAt);
  }
  return { expiries: Number(rows[0]?.expiries), early };
}

function check(name: string, value: number, goal: string, met: boolean) {
  return { name, value, unit: '', goal, met };
}
