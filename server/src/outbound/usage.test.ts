import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { usageOf, usageStore } from './store.ts';
import { httpServer, TEST_KEY, testCall, testOutbound } from './under-test.ts';
import { createUsage } from './usage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

const call = {
  workspaceId: 'wsp_1',
  connectionId: 'con_1',
  consumer: 'column:col_1',
  statusClass: '2xx',
  latencyMs: 50,
};

function clockAt(time: string) {
  const clock = { at: new Date(time), now: () => clock.at, sleep: async () => {} };
  return clock;
}

describe('usage', () => {
  it('is summed by minute and hour, over processes, in one statement a flush', async () => {
    const store = usageStore(database.db.system);
    let statements = 0;
    const counting = {
      ...store,
      add: (...given: Parameters<typeof store.add>) => {
        statements += 1;
        return store.add(...given);
      },
    };
    const clock = clockAt('2026-01-01T10:00:30Z');
    const [here, there] = [createUsage({ store: counting, clock }), createUsage({ store, clock })];
    for (let count = 0; count < 1_000; count += 1) here.count(call);
    here.count({ ...call, latencyMs: 900, statusClass: 'unreachable' });
    there.count({ ...call, latencyMs: 70.4 });
    await Promise.all([here.flush(), there.flush()]);
    clock.at = new Date('2026-01-01T10:59:59Z');
    here.count(call);
    await here.flush();
    await here.flush();
    expect(statements).toBe(2);

    const read = (bucket: 'minute' | 'hour') =>
      database.db.transact('wsp_1', (tx) => usageOf(tx, 'wsp_1', 'con_1', bucket, new Date(0)));
    const hours = await read('hour');
    expect(
      hours.map((row) => [row.statusClass, row.calls, row.latencyMsSum, row.latencyMsMax]).sort(),
    ).toEqual([
      ['2xx', 1_002, 50_120, 70],
      ['unreachable', 1, 900, 900],
    ]);
    expect((await read('minute')).map((row) => row.startsAt.toISOString())).toEqual([
      '2026-01-01T10:00:00.000Z',
      '2026-01-01T10:00:00.000Z',
      '2026-01-01T10:59:00.000Z',
    ]);
    const foreign = await database.db.transact('wsp_2', (tx) =>
      usageOf(tx, 'wsp_1', 'con_1', 'hour', new Date(0)),
    );
    expect(foreign).toEqual([]);
    clock.at = new Date('2026-01-04T00:00:00Z');
    await here.prune();
    expect(await read('minute')).toEqual([]);
    expect(await read('hour')).toHaveLength(2);
  });

  it('is kept while the database is away', async () => {
    const store = usageStore(database.db.system);
    let isAway = true;
    const usage = createUsage({
      store: {
        ...store,
        add: async (rollups) => (isAway ? Promise.reject(new Error('away')) : store.add(rollups)),
      },
      clock: clockAt('2026-02-01T10:00:30Z'),
    });
    usage.count({ ...call, connectionId: 'con_2' });
    await expect(usage.flush()).rejects.toThrow('away');
    usage.count({ ...call, connectionId: 'con_2' });
    isAway = false;
    await usage.flush();
    const rows = await database.db.transact('wsp_1', (tx) =>
      usageOf(tx, 'wsp_1', 'con_2', 'hour', new Date(0)),
    );
    expect(rows.map((row) => row.calls)).toEqual([2]);
  });

  it('is written by several processes at once without one waiting for the other', async () => {
    const clock = clockAt('2026-03-01T10:00:30Z');
    const store = usageStore(database.db.system);
    const names = Array.from({ length: 1_500 }, (_, n) => `column:col_${n}`);
    const all = [names, names.toReversed()].map((order) => {
      const usage = createUsage({ store, clock });
      for (const consumer of order) usage.count({ ...call, connectionId: 'con_3', consumer });
      return usage;
    });
    await Promise.all(all.map((usage) => usage.flush()));
    const rows = await database.db.transact('wsp_1', (tx) =>
      usageOf(tx, 'wsp_1', 'con_3', 'hour', new Date(0)),
    );
    expect(new Set(rows.map((row) => row.calls))).toEqual(new Set([2]));
  });

  it('counts every attempt of a call, names no address and no secret, and counts nothing before a connection is saved', async () => {
    const server = await httpServer((_, response) => response.writeHead(502).end(`you sent ${TEST_KEY}`));
    const outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`] });
    const url = `${server.origin}/path?api_key=${TEST_KEY}`;
    const outcome = await outbound.call(testCall(url, { maxAttempts: 2 }));
    await outbound.call(testCall(url, { connectionId: null }));
    await outbound.close();
    await server.close();
    const hour = outbound.counted.filter((row) => row.bucket === 'hour');
    expect(hour).toMatchObject([{ connectionId: 'con_1', consumer: 'test', statusClass: '5xx', calls: 2 }]);
    expect(JSON.stringify(outbound.counted)).not.toMatch(/fake-key|path|127/);

    if (outcome.kind !== 'answer') throw new Error(outcome.kind);
    expect(outcome.answer.request).toEqual({
      method: 'GET',
      host: `127.0.0.1:${server.port}`,
      path: '/path',
    });
    expect(outcome.answer.redact(outcome.answer.body.toString())).toBe('you sent [secret]');
  });
});
