import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionId } from '@keyrail/contract/ids';
import { describe, expect, it } from 'vitest';
import { newId } from '../../lib/id.ts';
import { deleteConnection, listConnections, lockIntegration } from '../connection-store.ts';
import { forgetJobs } from '../under-test.ts';
import { createWithdrawalSweepStore } from './sweep-store.ts';
import {
  actAs,
  answers,
  clock,
  database,
  desk,
  givenUp,
  HOUR_MS,
  instance,
  MINUTE_MS,
  one,
  other,
  room,
  seen,
  tell,
  useDesk,
  who,
} from './under-test.ts';
import { withdrawalMessage } from './words.ts';

useDesk();

describe('a withdrawal', () => {
  it('that fails is made again with growing pauses for a day at least, then given up, said, and its secrets destroyed', async () => {
    const id = await givenUp({});
    const begun = clock.now().getTime();
    const pauses: number[] = [];
    for (;;) {
      answers.push({ status: 500, body: '{"error":"server_error","error_description":"Out to lunch"}' });
      await tell(id);
      const { state, nextAttemptAt, sealed } = await one();
      if (state !== 'pending') break;
      expect(sealed).not.toBeNull();
      pauses.push((nextAttemptAt?.getTime() ?? 0) - clock.now().getTime());
      clock.move(pauses.at(-1) ?? 0);
    }
    expect(clock.now().getTime() - begun).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(seen.length).toBeGreaterThan(24);
    expect(pauses[0]).toBeLessThan(20_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1.25 * HOUR_MS);
    expect(new Set(pauses).size).toBeGreaterThan(10);
    const found = await one();
    expect(found).toMatchObject({
      state: 'failed',
      sealed: null,
      nextAttemptAt: null,
      words: 'Out to lunch',
    });
    expect(withdrawalMessage(found)).toBe(
      "Acme could not be told that access has ended. It answered with 500. Acme says: “Out to lunch”. Withdraw it there, in the account's settings.",
    );
  });

  it('waits as long as the provider says before the next attempt', async () => {
    answers.push({ status: 503, headers: { 'retry-after': '7200' } });
    const id = await givenUp({});
    await tell(id);
    const at = clock.now().getTime();
    expect((await one()).nextAttemptAt?.getTime()).toBe(at + 2 * HOUR_MS);
    clock.move(2 * HOUR_MS - 1);
    await tell(id);
    expect(seen).toHaveLength(1);
    clock.move(1);
    await tell(id);
    expect([seen.length, (await one()).state]).toEqual([2, 'withdrawn']);
  });

  it('is made by one process at a time, and by another after the time of one that died in it', async () => {
    const id = await givenUp({});
    await Promise.all([tell(id), tell(id, other), tell(id), tell(id, other)]);
    expect(seen).toHaveLength(1);
    const second = await givenUp({}, { account: 'acc-2' });
    // As after a kill -9 with the attempt begun: the row is taken, and nobody comes back to it.
    await database.db.system
      .updateTable('withdrawals')
      .set({ attempts: 1, next_attempt_at: new Date(clock.now().getTime() + 2 * MINUTE_MS) })
      .where('id', '=', second)
      .execute();
    await tell(second, other);
    expect(seen).toHaveLength(1);
    clock.move(2 * MINUTE_MS);
    await forgetJobs(database);
    await room.connections.withdrawals.sweep();
    expect(await jobsFor(second)).toBe(1);
    await tell(second, other);
    expect([seen.length, (await one()).state]).toEqual([2, 'withdrawn']);
  });

  it('is one of its workspace at a time, and many of one workspace leave room for those of others', async () => {
    const [slow, mine] = [await room.owner(), await room.owner()];
    actAs(slow);
    for (let count = 0; count < 3; count += 1) await givenUp({});
    actAs(mine);
    const id = await givenUp({});
    const store = createWithdrawalSweepStore(database.db.system);
    for (const deed of ['given up', 'swept']) {
      const queued = await queuesOf([slow.workspaceId, mine.workspaceId]);
      expect([deed, queued]).toEqual([deed, { [slow.workspaceId]: [3, 1], [mine.workspaceId]: [1, 1] }]);
      await store.enqueueDue(clock.now(), 1_000);
    }
    await forgetJobs(database);
    await database.db.system
      .updateTable('withdrawals')
      .set({ next_attempt_at: null })
      .where('workspace_id', 'not in', [slow.workspaceId, mine.workspaceId])
      .execute();
    // The oldest of each first.
    await store.enqueueDue(clock.now(), 2);
    expect(await jobsFor(id)).toBe(1);
  });

  it('whose record was moved to another row, or written by somebody else, sends nothing anywhere', async () => {
    const first = await givenUp({});
    const { sealed } = await one();
    await tell(first);
    seen.length = 0;
    const second = await givenUp({ revoke_url: `${desk.url}/elsewhere` });
    await database.db.system.updateTable('withdrawals').set({ sealed }).where('id', '=', second).execute();
    await tell(second);
    expect(seen).toEqual([]);
    expect(await one()).toMatchObject({ state: 'failed', sealed: null });
  });

  it('waits while another connection is of the same account, also one of an account nobody knows', async () => {
    await connected('con-a', 'acc-1');
    const id = await givenUp({});
    await tell(id);
    expect([seen.length, await one()]).toMatchObject([
      0,
      { state: 'pending', nextAttemptAt: null, attempts: 0 },
    ]);
    expect(withdrawalMessage(await one())).toContain('another connection uses the same account');
    const stranger = await givenUp({}, { account: null });
    await tell(stranger);
    // It was asked whose it is, and did not say.
    expect(seen.map(({ url }) => url)).toEqual(['/me']);
    seen.length = 0;
    // Where the file says that it ends what one sign-in gave, the others go on.
    await tell(await givenUp({ revoke_ends: 'sign_in' }));
    expect(seen).toHaveLength(1);
    // Of another account: nobody is hurt.
    await tell(await givenUp({}, { account: 'acc-9' }));
    expect(seen).toHaveLength(2);
  });

  it('that is looked at while the last other connection of its account goes does not wait for ever', async () => {
    await connected('con-a', 'acc-1');
    const { workspaceId } = who;
    const id = await givenUp({});
    const giveUp = await room.connections.withdrawals.givingUp(workspaceId);
    let look = () => {};
    // Another process looks while the transaction is open, and would still see the connection.
    const looking = new Promise<void>((resolve) => (look = resolve)).then(() => tell(id, other));
    await database.db.transact(workspaceId, async (tx) => {
      await lockIntegration(tx, workspaceId, 'acme');
      const [connection] = await listConnections(tx, workspaceId, {
        integration: 'acme',
        status: undefined,
        ids: null,
        after: null,
        limit: 1,
      });
      if (connection === undefined) throw new Error('it is gone');
      await giveUp(tx, connection, [], 'deleted');
      await deleteConnection(tx, workspaceId, connection.id);
      look();
      await sleep(100);
    });
    await looking;
    expect([seen.length, (await one()).state]).toEqual([1, 'withdrawn']);
  });

  it('that waits for its account too long is dropped with its secrets; settled ones stay in the list for their time', async () => {
    await connected('con-a', 'acc-1');
    await tell(await givenUp({}));
    answers.push({ status: 400, body: '{"error":"unsupported_token_type"}' });
    await tell(await givenUp({}, { account: 'acc-2' }));
    clock.move(31 * 24 * HOUR_MS);
    await room.connections.withdrawals.sweep();
    const left = await room.connections.withdrawals.list(who, { state: undefined, before: null, limit: 10 });
    expect(left.map(({ state }) => state)).toEqual(['not_offered']);
  });

  it('is not made while this server may be a copy of another one, and is not lost', async () => {
    const id = await givenUp({});
    instance.isCopy = true;
    await tell(id);
    instance.isCopy = false;
    expect([seen.length, (await one()).attempts]).toEqual([0, 0]);
    await tell(id);
    expect(seen).toHaveLength(1);
  });
});

/** A connection with a credential somebody signed in for. */
async function connected(name: string, accountId: string): Promise<void> {
  const { db } = database;
  const id = newId<ConnectionId>('con');
  const at = clock.now();
  await db.system
    .insertInto('connections')
    .values({
      id,
      workspace_id: who.workspaceId,
      integration: 'acme',
      name,
      name_key: name,
      method: 'oauth2',
      method_id: 'oauth2',
      status: 'connected',
      status_since: at,
      account_id: accountId,
      created_at: at,
      updated_at: at,
    })
    .execute();
  await db.system
    .insertInto('credentials')
    .values({
      workspace_id: who.workspaceId,
      connection_id: id,
      version: 1,
      state: 'current',
      sealed: 'v1.dk_none.x',
      method: 'oauth2',
      method_id: 'oauth2',
      created_at: at,
    })
    .execute();
}

async function jobsFor(id: string): Promise<number> {
  const { rows } = await database.db.systemPool.query(
    "select 1 from graphile_worker._private_jobs where payload->>'id' = $1",
    [id],
  );
  return rows.length;
}

/** By workspace: how many jobs wait to tell, and in how many queues. */
async function queuesOf(workspaceIds: string[]): Promise<Record<string, number[]>> {
  const { rows } = await database.db.systemPool.query<{ id: string; jobs: number; queues: number }>(
    `select payload->>'workspace_id' as id, count(*)::int as jobs, count(distinct job_queue_id)::int as queues
     from graphile_worker._private_jobs where payload->>'workspace_id' = any($1) group by 1`,
    [workspaceIds],
  );
  return Object.fromEntries(rows.map(({ id, jobs, queues }) => [id, [jobs, queues]]));
}
