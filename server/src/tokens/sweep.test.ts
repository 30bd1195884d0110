import { describe, expect, it } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import type { TokenOwner } from './mint.ts';
import {
  counting,
  HOUR_MS,
  minted,
  newOwner,
  notNow,
  type TokenProcess,
  text,
  tokensUnderTest,
} from './under-test.ts';

const room = tokensUnderTest();

describe('stored tokens', () => {
  it('do not open in another row of the same workspace, nor under another generation of their own', async () => {
    const process = await room.start(async () => notNow(false), { settings: { keepInMemoryMs: 0 } });
    const one = await room.signedIn(process, minted('of-one', { refresh: 'a' }));
    const other = await room.signedIn(process, minted('of-other', { refresh: 'b' }), one.workspaceId);
    const { system } = room.database().db;
    const rowOf = ({ connectionId }: TokenOwner) =>
      system.updateTable('tokens').where('connection_id', '=', connectionId);
    const from = await system
      .selectFrom('tokens')
      .select('sealed')
      .where('connection_id', '=', one.connectionId)
      .executeTakeFirstOrThrow();
    await rowOf(other).set(from).execute();
    expect((await process.tokens.current(other)).kind).toBe('unreadable');
    expect(text(await process.tokens.current(one))).toBe('of-one');
    await rowOf(one).set({ generation: 2 }).execute();
    expect((await process.tokens.current(one)).kind).toBe('unreadable');
  });

  it('go with a credential that gets a new version by a roll-back', async () => {
    const process = await room.start(async () => notNow(false));
    const owner = await room.signedIn(process, minted('mine', { refresh: 'r' }));
    await room.database().db.transact(owner.workspaceId, (tx) => process.tokens.move(tx, owner, 7));
    expect(text(await process.tokens.current({ ...owner, credentialVersion: 7 }))).toBe('mine');
  });

  it('are swept when they are due, and others are not looked at', async () => {
    await nothingDue();
    const clock = movableClock();
    const { asked, mint } = counting({ refresh: (n) => `refresh-${n}` });
    const process = await room.start(mint, { clock });
    const due = await room.signedIn(process, minted('due', { refresh: 'of-due', expiresInSeconds: 3600 }));
    await room.signedIn(process, minted('later', { refresh: 'of-later', expiresInSeconds: 24 * 3600 }));
    await room.signedIn(process, minted('unknown', { refresh: 'of-unknown', expiresInSeconds: null }));
    await room.signedIn(process, minted('not-renewable', { expiresInSeconds: 3600 }));
    clock.forward(0.8 * HOUR_MS);
    await process.tokens.sweep();
    expect(await jobs()).toEqual([]);
    clock.forward(0.15 * HOUR_MS);
    await process.tokens.sweep();
    await process.tokens.sweep();
    expect(await jobs()).toEqual([{ connection_id: due.connectionId, generation: 1 }]);
    await process.tokens.renewDue(due, 1);
    await process.tokens.renewDue(due, 1);
    expect(asked).toEqual(['of-due']);
  });

  it('whose end is near are said once, by one of several sweeps, and not again after renewals', async () => {
    await nothingDue();
    const clock = movableClock();
    const { mint } = counting({ refresh: (n) => `refresh-${n}` });
    const processes = await Promise.all([room.start(mint, { clock }), room.start(mint, { clock })]);
    const [one, other] = processes as [TokenProcess, TokenProcess];
    const week = 7 * 86_400;
    const owner = await room.signedIn(one, minted('week', { refresh: 'r', grantEndsInSeconds: week }));
    await room.signedIn(one, minted('for-ever', { refresh: 'r' }));
    clock.forward(5 * 24 * HOUR_MS);
    await one.tokens.sweep();
    expect(await jobs('tokens.say_end')).toEqual([]);
    clock.forward(12 * HOUR_MS);
    await Promise.all([one.tokens.sweep(), other.tokens.sweep()]);
    expect(await jobs('tokens.say_end')).toHaveLength(1);
    await Promise.all([one.tokens.sayEnd(owner), one.tokens.current(owner)]);
    const told = () => [...one.told, ...other.told].filter((line) => line.startsWith('ends soon'));
    expect(told()).toHaveLength(1);
    clock.forward(HOUR_MS);
    await one.tokens.current(owner);
    await room.database().db.systemPool.query('delete from graphile_worker._private_jobs');
    await other.tokens.sweep();
    expect(await jobs('tokens.say_end')).toEqual([]);
  });

  it('that nothing renews are looked at when they end, and the end is said though nobody uses them', async () => {
    const clock = movableClock();
    const process = await room.start(async () => notNow(false), { clock });
    const owner = await room.signedIn(process, minted('only'));
    await process.tokens.renewDue(owner, 1);
    expect(process.told).toEqual([]);
    clock.forward(HOUR_MS);
    await process.tokens.renewDue(owner, 1);
    expect(process.told).toEqual(['ended: expired']);
  });

  it('cost the sweep nothing while they are not due', async () => {
    const owner = await newOwner(room.database());
    const { systemPool } = room.database().db;
    await systemPool.query(
      `insert into credentials (workspace_id, connection_id, version, state, sealed, method, method_id, created_at)
       select $1, $2, n, 'pending', 'v1.none.none', 'oauth2', 'oauth2', now() from generate_series(2, 5000) n`,
      [owner.workspaceId, owner.connectionId],
    );
    await systemPool.query(
      `insert into tokens (id, workspace_id, connection_id, credential_version, made_from, renew_at)
       select 'tkn_' || n, $1, $2, n, 'credential', now() + n * interval '1 minute' from generate_series(2, 5000) n`,
      [owner.workspaceId, owner.connectionId],
    );
    await systemPool.query('analyze tokens');
    const { rows } = await systemPool.query<{ 'QUERY PLAN': string }>(
      'explain select id from tokens where renew_at <= now() order by renew_at limit 500 for update skip locked',
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('tokens_due');
    expect(plan).not.toContain('Seq Scan');
    const said = await systemPool.query<{ 'QUERY PLAN': string }>(
      'explain select id from tokens where grant_say_at <= now() order by grant_say_at limit 500 for update skip locked',
    );
    expect(said.rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('tokens_grant_say');
  });

  it('of which very many are due at once become jobs a part at a time, behind all other jobs', async () => {
    const owner = await newOwner(room.database());
    const { systemPool } = room.database().db;
    await nothingDue();
    await systemPool.query(
      `insert into credentials (workspace_id, connection_id, version, state, sealed, method, method_id, created_at)
       select $1, $2, n, 'pending', 'v1.none.none', 'oauth2', 'oauth2', now() from generate_series(2, 5101) n`,
      [owner.workspaceId, owner.connectionId],
    );
    await systemPool.query(
      `insert into tokens (id, workspace_id, connection_id, credential_version, made_from, renew_at)
       select 'tkn_due_' || n, $1, $2, n, 'credential', now() from generate_series(2, 5101) n`,
      [owner.workspaceId, owner.connectionId],
    );
    const process = await room.start(async () => notNow(false));
    const due = async () => (await jobs()).filter((job) => job.connection_id === owner.connectionId);
    await process.tokens.sweep();
    expect(await due()).toHaveLength(5_000);
    await process.tokens.sweep();
    expect(await due()).toHaveLength(5_100);
    const { rows } = await systemPool.query(
      'select min(priority) as least from graphile_worker._private_jobs',
    );
    expect(rows[0].least).toBeGreaterThan(0);
  });
});

async function jobs(name = 'tokens.renew') {
  const { rows } = await room.database().db.systemPool.query<{
    payload: { connection_id: string; generation: number };
  }>(
    `select payload from graphile_worker._private_jobs jobs
     join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id where identifier = $1`,
    [name],
  );
  return rows.map(({ payload: { connection_id, generation } }) => ({ connection_id, generation }));
}

async function nothingDue(): Promise<void> {
  await room.database().db.system.deleteFrom('tokens').execute();
  await room.database().db.systemPool.query('delete from graphile_worker._private_jobs');
}
