import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { openDatabase } from '../db/open.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { type Budget, createBudget } from './budget.ts';
import type { RateWindow } from './call.ts';
import { type BudgetStore, createReservations } from './reservations.ts';
import { budgetStore } from './store.ts';

let database: TestDatabase;
let second: ReturnType<typeof openDatabase>;
let key: string;
let updates: number;
interface Take {
  askedAt: number;
  answeredAt: number;
  /** What it gave, less what was given back with the question. */
  net: number;
  waitMs: number;
}
let takes: Take[];
beforeAll(async () => {
  database = await freshDatabase();
  // Another pool stands for another process: they share nothing but the database.
  second = openDatabase({
    url: database.url,
    appPoolSize: 1,
    systemPoolSize: 5,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 20_000,
    onIdleError: () => {},
  });
});
afterAll(async () => {
  await second.close();
  await database.close();
});
beforeEach(() => {
  key = newId('con');
  updates = 0;
  takes = [];
});

function budgetOver(
  db: { system: Parameters<typeof budgetStore>[0] },
  concurrency = 1_000,
  clock = systemClock,
): Budget {
  const store = budgetStore(db.system);
  return createBudget({
    store: {
      ...store,
      take: async (...given) => {
        updates += 1;
        const askedAt = performance.now();
        const taken = await store.take(...given);
        takes.push({ askedAt, answeredAt: performance.now(), net: taken.granted - given[3], ...taken });
        return taken;
      },
    },
    clock,
    limits: { concurrencyPerConnection: concurrency, concurrencyPerWorkspace: 1_000 },
  });
}

/** So many calls, as fast as they are let through. */
async function makeCalls(many: number, budgets: Budget[], rateWindows: RateWindow[]): Promise<void> {
  let begun = 0;
  const work = async (budget: Budget, consumer: string) => {
    while (begun < many) {
      begun += 1;
      const permit = await budget.permit({
        key,
        workspaceId: 'wsp_1',
        consumer,
        rateWindows,
        waitMs: 60_000,
      });
      if (permit.kind !== 'may_call') throw new Error(permit.kind);
      await new Promise((resolve) => setImmediate(resolve));
      permit.done();
    }
  };
  await Promise.all(
    budgets.flatMap((budget) => Array.from({ length: 10 }, (_, index) => work(budget, `c${index}`))),
  );
}

/**
 * The most calls the database gave within any window of that length. What was asked for and answered inside it was given inside
 * it, however long a busy machine took over either.
 */
function mostWithin(ms: number): number {
  const within = ({ askedAt: start }: Take) =>
    takes.filter(({ askedAt, answeredAt }) => askedAt >= start && answeredAt < start + ms);
  return Math.max(...takes.map((first) => within(first).reduce((sum, { net }) => sum + net, 0)));
}

describe('a rate budget', () => {
  it('holds over two processes: no window of a second has more calls than the limit', async () => {
    const windows = [{ calls: 15, perSeconds: 1 }];
    await makeCalls(45, [budgetOver(database.db), budgetOver(second)], windows);
    expect(mostWithin(1_000)).toBeLessThanOrEqual(15);
    // And is used: nobody is told to wait for longer than a window and its margins.
    expect(Math.max(...takes.map(({ waitMs }) => waitMs))).toBeLessThanOrEqual(1_100);
  });

  it('holds for each of several windows, and groups count apart', async () => {
    const windows = [
      { calls: 10, perSeconds: 0.5 },
      { calls: 25, perSeconds: 3 },
    ];
    const budgets = [budgetOver(database.db), budgetOver(second)];
    await makeCalls(25, budgets, windows);
    const grouped = { key, workspaceId: 'wsp_1', consumer: 'a', waitMs: 0 };
    const rateWindows = [{ calls: 3, perSeconds: 3_600, group: 'verifier' }];
    for (const kind of ['may_call', 'may_call', 'may_call', 'not_yet'])
      expect(await budgets[0]?.permit({ ...grouped, rateWindows })).toMatchObject({ kind });
    takes = takes.slice(0, -4);
    await makeCalls(1, budgets, windows);
    expect(mostWithin(500)).toBeLessThanOrEqual(10);
    expect(mostWithin(3_000)).toBeLessThanOrEqual(25);
  });

  it('of thousands of calls a second is not thousands of updates', async () => {
    let calls = 0;
    // Two thousand calls a second, as its clock has it.
    const clock = { ...systemClock, now: () => new Date(1_800_000_000_000 + calls / 2) };
    const budget = budgetOver(database.db, 1_000, clock);
    const rateWindows = [{ calls: 5_000, perSeconds: 1 }];
    const call = async () => {
      const permit = await budget.permit({
        key,
        workspaceId: 'wsp_1',
        consumer: 'a',
        rateWindows,
        waitMs: 9_000,
      });
      if (permit.kind !== 'may_call') throw new Error(permit.kind);
      calls += 1;
      permit.done();
    };
    for (let n = 0; n < 1_000; n += 1) await call();
    expect(updates).toBeLessThan(100);
    updates = 0;
    await Promise.all(Array.from({ length: 200 }, call));
    expect(updates).toBeLessThan(10);
  });

  it('gives back what comes too late for its window, and takes it where that is always so', async () => {
    let at = 0;
    let takesMs = 60;
    const unused: number[] = [];
    const slow: BudgetStore['take'] = async (_key, _windows, want, back) => {
      at += takesMs;
      unused.push(back);
      return { granted: want, waitMs: 0 };
    };
    const clock = { ...systemClock, now: () => new Date(at) };
    const { take } = createReservations({ store: { take: slow }, clock });
    const call = () => take(key, [{ calls: 15, perSeconds: 1 }], 'a', 50_000);
    expect(await call()).toEqual({ kind: 'taken' });
    expect(unused.splice(0)).toEqual([0, 1]);
    expect(await call()).toEqual({ kind: 'taken' });
    expect(unused.splice(0)).toEqual([0]);
    takesMs = 0;
    await call();
    expect(unused.splice(0)).toEqual([0]);
    // No window counts it any more.
    takesMs = 2_000;
    expect(await call()).toEqual({ kind: 'taken' });
    expect(unused).toEqual([0, 0]);
  });

  it('gives back what was reserved and not used', async () => {
    const store = budgetStore(database.db.system);
    const windows = [{ id: '/60', calls: 10, ms: 60_000 }];
    expect(await store.take(key, windows, 8, 0, 100)).toEqual({ granted: 8, waitMs: 0 });
    expect(await store.take(key, windows, 8, 5, 100)).toEqual({ granted: 7, waitMs: 0 });
    const none = await store.take(key, windows, 1, 0, 100);
    expect(none.granted).toBe(0);
    expect(none.waitMs).toBeGreaterThan(55_000);
  });

  it('tells at once how long to wait when that is longer than the caller has', async () => {
    const budget = budgetOver(database.db);
    const request = {
      key,
      workspaceId: 'wsp_1',
      consumer: 'a',
      rateWindows: [{ calls: 1, perSeconds: 3_600 }],
      waitMs: 1_000,
    };
    expect((await budget.permit(request)).kind).toBe('may_call');
    const refused = await budget.permit(request);
    expect(refused.kind === 'not_yet' && refused.afterMs).toBeGreaterThan(3_500_000);
    expect((await budget.permit(request)).kind).toBe('not_yet');
    expect(updates).toBe(2);
  });

  it('that the third party paused waits in every process', async () => {
    const [here, there] = [budgetOver(database.db), budgetOver(second)];
    const request = { key, workspaceId: 'wsp_1', consumer: 'a', rateWindows: [], waitMs: 1_000 };
    expect((await there.permit(request)).kind).toBe('may_call');
    await here.pause(key, 60_000);
    await here.pause(key, 5_000);
    expect(await here.permit(request)).toMatchObject({ kind: 'not_yet' });
    await there.refresh();
    const refused = await there.permit(request);
    expect(refused.kind === 'not_yet' && refused.afterMs).toBeGreaterThan(30_000);
    // With documented limits the database itself refuses, without a refresh.
    const limited = { ...request, rateWindows: [{ calls: 10, perSeconds: 1 }] };
    expect((await budgetOver(second).permit(limited)).kind).toBe('not_yet');
  });

  it('is divided fairly: one call waits for its turn, not for the thousand before it', async () => {
    const budget = budgetOver(database.db, 4);
    const order: string[] = [];
    const call = async (consumer: string) => {
      const permit = await budget.permit({
        key,
        workspaceId: 'wsp_1',
        consumer,
        rateWindows: [],
        waitMs: 9_000,
      });
      if (permit.kind !== 'may_call') throw new Error(permit.kind);
      order.push(consumer);
      await new Promise((resolve) => setImmediate(resolve));
      permit.done();
    };
    const many = Array.from({ length: 1_000 }, () => call('run'));
    await Promise.all([...many, call('person'), call('person')]);
    expect(order.indexOf('person')).toBeLessThan(10);
    expect(order.lastIndexOf('person')).toBeLessThan(12);
  });

  it('does not let more calls at once than its concurrency, and gives the place of one that gave up to the next', async () => {
    const budget = budgetOver(database.db, 1);
    const request = { key, workspaceId: 'wsp_1', consumer: 'a', rateWindows: [], waitMs: 50 };
    const first = await budget.permit(request);
    expect(await budget.permit(request)).toMatchObject({ kind: 'not_yet' });
    const controller = new AbortController();
    const aborted = budget.permit({ ...request, waitMs: 60_000, signal: controller.signal });
    controller.abort();
    expect(await aborted).toEqual({ kind: 'cancelled' });
    const next = budget.permit({ ...request, waitMs: 60_000 });
    if (first.kind === 'may_call') {
      first.done();
      first.done();
    }
    expect((await next).kind).toBe('may_call');
    expect(await budget.permit(request)).toMatchObject({ kind: 'not_yet' });
  });

  it('nobody has used for long leaves the table, unless it is paused', async () => {
    const store = budgetStore(database.db.system);
    const other = newId<string>('con');
    await store.pause(key, 60_000);
    await store.take(other, [{ id: '/1', calls: 1, ms: 1_000 }], 1, 0, 50);
    const left = async () =>
      (await database.db.system.selectFrom('rate_budgets').select('key').execute()).map((row) => row.key);
    await store.prune(60_000);
    expect(await left()).toEqual(expect.arrayContaining([key, other]));
    await store.prune(0);
    expect(await left()).toContain(key);
    expect(await left()).not.toContain(other);
  });
});
