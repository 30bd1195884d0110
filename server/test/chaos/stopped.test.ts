import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { AuthorizationServer } from '../authorization-server.ts';
import { setOff, until } from '../until.ts';
import type { Change } from './altered.ts';
import { expire } from './expire.ts';
import type { Fleet, Member, Mode } from './fleet.ts';
import { FENCE, IN_TIME } from './guards.ts';
import { startStage } from './stage.ts';

/**
 * A process that stands still (SIGSTOP) for longer than its lease lasts, while another one renews: when it wakes up it neither
 * sends what has been used up meanwhile, nor writes over what is newer than what it has.
 */
let stage: Awaited<ReturnType<typeof startStage>>;
let fleet: Fleet;
let awake: Member;
const sleepers: Member[] = [];

beforeAll(async () => {
  stage = await startStage({ modes: ['strict', 'grace'] });
  fleet = stage.fleet;
  awake = await fleet.start('awake');
});
afterEach(() => Promise.all(sleepers.splice(0).map(({ process }) => process.kill())));
afterAll(() => stage.close());

async function sleeper(without: readonly Change[]): Promise<Member> {
  const member = await fleet.start('sleeper', { without });
  sleepers.push(member);
  return member;
}

async function rowOf(id: string) {
  const { rows } = await fleet.database.query(
    'select sealed, generation, lease_owner, ended_because from tokens where connection_id = $1',
    [id],
  );
  return rows[0] as {
    sealed: string;
    generation: number;
    lease_owner: string | null;
    ended_because: string | null;
  };
}

/** A connection whose token has run out, and which the sleeper has used before: it has its credential in memory. */
async function used(mode: Mode, by: Member): Promise<string> {
  const [connection] = await fleet.connect(mode, 1);
  const id = connection?.id ?? '';
  expect(await by.call(id)).toBe(200);
  await expire(fleet.database, [id]);
  return id;
}

const reuses = (provider: AuthorizationServer) => provider.counts().refresh_token?.reuses ?? 0;

/** Stands still between taking the lease and sending: what it reads for the request is locked as long as that takes. */
async function stoppedBeforeSending(without: readonly Change[]) {
  const member = await sleeper(without);
  const id = await used('strict', member);
  const client = await fleet.database.connect();
  let call: { answer: Promise<number> };
  try {
    await client.query('begin; lock table oauth_apps in access exclusive mode');
    const leased = 'select from tokens where connection_id = $1 and lease_owner is not null';
    call = await setOff(
      () => member.call(id),
      async () => (await client.query(leased, [id])).rowCount === 1,
    );
    process.kill(member.process.pid, 'SIGSTOP');
  } finally {
    await client.query('commit');
    client.release();
  }
  const before = reuses(fleet.provider('strict'));
  await until(async () => (await awake.call(id)) === 200);
  process.kill(member.process.pid, 'SIGCONT');
  await call.answer;
  return { id, reuses: reuses(fleet.provider('strict')) - before };
}

test('woken up before it has sent, it sends nothing: the grant lives on', async () => {
  const { id, reuses: sentTwice } = await stoppedBeforeSending([]);
  expect(sentTwice).toBe(0);
  await expire(fleet.database, [id]);
  expect(await awake.call(id)).toBe(200);
});

test('control: without a look at the time it sends what was used up, and the grant ends', async () => {
  const { reuses: sentTwice } = await stoppedBeforeSending(IN_TIME);
  expect(sentTwice).toBe(1);
});

/** Stands still while its answer is under way; the other one gets a newer pair, as the provider has a grace. */
async function stoppedBeforeWriting(without: readonly Change[]) {
  const member = await sleeper(without);
  const provider = fleet.provider('grace');
  const id = await used('grace', member);
  let release = () => {};
  let acted = false;
  provider.fail({
    kind: 'hold_answer',
    acted: () => (acted = true),
    until: new Promise<void>((open) => (release = open)),
  });
  const call = await setOff(
    () => member.call(id),
    () => acted,
  );
  process.kill(member.process.pid, 'SIGSTOP');
  release();
  await until(async () => (await awake.call(id)) === 200);
  const newer = await rowOf(id);
  process.kill(member.process.pid, 'SIGCONT');
  await call.answer;
  await until(() => provider.tokenRequests.every((one) => one.actedAt !== null));
  return { newer, now: await rowOf(id) };
}

test('woken up with an answer that is out of date, it writes nothing', async () => {
  const { newer, now } = await stoppedBeforeWriting([]);
  expect(now).toEqual(newer);
});

test('control: without the lease in the writing it puts an older pair over the newer one', async () => {
  const { newer, now } = await stoppedBeforeWriting(FENCE);
  expect(now.sealed).not.toBe(newer.sealed);
});
