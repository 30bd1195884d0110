import type { Clock } from '../lib/clock.ts';
import type { RateWindow } from './call.ts';
import { FairQueue } from './fair-queue.ts';

/** One window as the database counts it. */
export interface CountedWindow {
  id: string;
  calls: number;
  ms: number;
}

export interface BudgetStore {
  /** Takes up to `want` calls from the budget all processes share; with none left, how long until there may be some. */
  take(
    key: string,
    windows: readonly CountedWindow[],
    want: number,
    unused: number,
    holdMs: number,
  ): Promise<{ granted: number; waitMs: number }>;
}

export type Taken = { kind: 'taken' } | { kind: 'not_yet'; afterMs: number } | { kind: 'cancelled' };

interface Waiter {
  deadline: number;
  settle: (taken: Taken) => void;
  fail: (error: unknown) => void;
}

interface Pot {
  key: string;
  windows: CountedWindow[];
  holdMs: number;
  /** Calls taken from the database and not made yet; worthless after `expiresAt`. */
  reserved: number;
  expiresAt: number;
  /** The last answer of the database came when what it gave had expired. */
  isLate: boolean;
  /** Calls made since `countedFrom`: how many more will be wanted soon. */
  made: number;
  countedFrom: number;
  blockedUntil: number;
  isAsking: boolean;
  queue: FairQueue<Waiter>;
  idleSince: number;
}

/**
 * Hands out the calls of shared budgets. Waiters of one process ask the database together, and for a busy budget a
 * little more than they need, so that thousands of calls a second are not thousands of updates.
 */
export function createReservations(deps: { store: BudgetStore; clock: Clock }) {
  const pots = new Map<string, Pot>();
  const now = () => deps.clock.now().getTime();

  /** Takes one call, waiting for at most `waitMs`. */
  async function take(
    key: string,
    rateWindows: readonly RateWindow[],
    consumer: string,
    waitMs: number,
    signal?: AbortSignal,
  ): Promise<Taken> {
    const pot = potFor(pots, key, rateWindows, now());
    pot.idleSince = now();
    if (pot.queue.size === 0 && useReserved(pot, now())) return { kind: 'taken' };
    const deadline = now() + waitMs;
    if (pot.blockedUntil > deadline) return { kind: 'not_yet', afterMs: pot.blockedUntil - now() };
    if (signal?.aborted) return { kind: 'cancelled' };
    return await new Promise<Taken>((resolve, reject) => {
      const onAbort = () => {
        pot.queue.takeWhere((waiting) => waiting === waiter);
        resolve({ kind: 'cancelled' });
      };
      const waiter: Waiter = {
        deadline,
        settle: (taken) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(taken);
        },
        fail: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      pot.queue.push(consumer, waiter);
      void ask(pot);
    });
  }

  /** One loop per pot asks while anybody waits. Never rejects: those who wait are told. */
  async function ask(pot: Pot): Promise<void> {
    if (pot.isAsking) return;
    pot.isAsking = true;
    try {
      // A turn of the event loop: calls that start together are asked for together.
      await new Promise((resolve) => setImmediate(resolve));
      while (pot.queue.size > 0) await askOnce(pot);
    } catch (error) {
      for (const waiter of pot.queue.takeWhere(() => true)) waiter.fail(error);
    } finally {
      pot.isAsking = false;
    }
  }

  async function askOnce(pot: Pot): Promise<void> {
    const askedAt = now();
    // What a window does not count any more cannot be given back: other calls would leave it instead.
    const isCounted = askedAt < pot.expiresAt - pot.holdMs + shortestOf(pot.windows);
    const unused = isCounted ? pot.reserved : 0;
    pot.reserved = 0;
    const want = pot.queue.size + ahead(pot, askedAt);
    const { granted, waitMs } = await deps.store.take(pot.key, pot.windows, want, unused, pot.holdMs);
    pot.reserved = granted;
    pot.expiresAt = askedAt + pot.holdMs;
    // Made that late, the calls would fall into the next window. They are given back with the next question; a database that is
    // always slow is taken as it is.
    const isFirstLate = !pot.isLate && now() > pot.expiresAt;
    pot.isLate = now() > pot.expiresAt;
    if (isFirstLate && granted > 0) return;
    while (pot.reserved > 0 && pot.queue.size > 0) {
      pot.reserved -= 1;
      pot.made += 1;
      pot.queue.shift()?.settle({ kind: 'taken' });
    }
    if (granted === 0) await waitFor(pot, waitMs);
  }

  async function waitFor(pot: Pot, waitMs: number): Promise<void> {
    pot.blockedUntil = now() + waitMs;
    for (const waiter of pot.queue.takeWhere((waiting) => waiting.deadline < pot.blockedUntil)) {
      waiter.settle({ kind: 'not_yet', afterMs: waitMs });
    }
    if (pot.queue.size > 0) await deps.clock.sleep(waitMs);
    // Who came during the wait with less time than it took was told by `take`.
  }

  return {
    take,
    /** Forgets budgets nobody has used for a minute. */
    tidy: () => {
      for (const [name, pot] of pots) {
        if (!pot.isAsking && now() - pot.idleSince > 60_000) pots.delete(name);
      }
    },
  };
}

function shortestOf(windows: readonly CountedWindow[]): number {
  return Math.min(...windows.map((window) => window.ms));
}

function useReserved(pot: Pot, at: number): boolean {
  if (pot.reserved === 0 || at >= pot.expiresAt) return false;
  pot.reserved -= 1;
  pot.made += 1;
  return true;
}

/** As many as were used in the last hold, but never more than a twentieth of the tightest window. */
function ahead(pot: Pot, at: number): number {
  const elapsed = Math.max(at - pot.countedFrom, 1);
  const expected = Math.floor((pot.made * pot.holdMs) / elapsed);
  if (elapsed > pot.holdMs) {
    pot.made = 0;
    pot.countedFrom = at;
  }
  const most = Math.floor(Math.min(...pot.windows.map((window) => window.calls)) / 20);
  return Math.min(expected, most);
}

function potFor(pots: Map<string, Pot>, key: string, rateWindows: readonly RateWindow[], at: number): Pot {
  const windows = rateWindows.map((window) => ({
    id: `${window.group ?? ''}/${window.perSeconds}`,
    calls: window.calls,
    ms: Math.max(1, Math.round(window.perSeconds * 1_000)),
  }));
  const name = `${key} ${windows.map((window) => `${window.id}=${window.calls}`).join(' ')}`;
  const present = pots.get(name);
  if (present) return present;
  const made: Pot = {
    key,
    windows,
    // Counted on top of every window, so a share of the shortest one.
    holdMs: Math.min(Math.max(Math.round(shortestOf(windows) / 20), 10), 250),
    reserved: 0,
    expiresAt: 0,
    isLate: false,
    made: 0,
    countedFrom: at,
    blockedUntil: 0,
    isAsking: false,
    queue: new FairQueue(),
    idleSince: at,
  };
  pots.set(name, made);
  return made;
}
