import type { Clock } from '../lib/clock.ts';
import type { RateWindow } from './call.ts';
import { createGate, type Entry } from './gate.ts';
import type { OutboundLimits } from './limits.ts';
import { type BudgetStore, createReservations } from './reservations.ts';

export interface PauseStore {
  /** Nobody calls before then, in any process. An earlier end than the present one changes nothing. */
  pause(key: string, milliseconds: number): Promise<void>;
  /** What is left of the pauses of these budgets, in milliseconds. */
  pauses(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Removes budgets that nobody has touched for so long; they are made anew at the next use. */
  prune(untouchedMs: number): Promise<void>;
}

export interface BudgetRequest {
  key: string;
  workspaceId: string;
  consumer: string;
  rateWindows: readonly RateWindow[];
  waitMs: number;
  signal?: AbortSignal | undefined;
}

/** `may_call`: make the call, then `done()`. */
export type Permit = { kind: 'may_call'; done: () => void } | Refusal;

type Refusal = { kind: 'not_yet'; afterMs: number } | { kind: 'cancelled' };

interface BudgetDeps {
  store: BudgetStore & PauseStore;
  clock: Clock;
  limits: Pick<OutboundLimits, 'concurrencyPerConnection' | 'concurrencyPerWorkspace'>;
}

/** Busy for longer than the caller waits: there is no telling when, so soon. */
const FULL_AFTER_MS = 1_000;
const PAUSE_STEP_MS = 250;

/**
 * Decides when a call may be made: not during a pause the third party asked for, not above the connection's
 * concurrency, not above the documented limits (counted over all processes), not above the workspace's concurrency.
 */
export function createBudget(deps: BudgetDeps) {
  const connections = createGate(deps, deps.limits.concurrencyPerConnection);
  const workspaces = createGate(deps, deps.limits.concurrencyPerWorkspace);
  const reservations = createReservations(deps);
  const pausedUntil = new Map<string, number>();
  /** Budgets used of late, whose pauses in other processes are looked up. */
  const active = new Map<string, number>();
  const now = () => deps.clock.now().getTime();

  async function permit(request: BudgetRequest): Promise<Permit> {
    active.set(request.key, now());
    const deadline = now() + request.waitMs;
    const held: (() => void)[] = [];
    const leaveAll = () => {
      for (const leave of held) leave();
    };
    try {
      const refused = await passAll(request, () => Math.max(0, deadline - now()), held);
      if (refused === null) return { kind: 'may_call', done: leaveAll };
      leaveAll();
      return refused;
    } catch (error) {
      leaveAll();
      throw error;
    }
  }

  /**
   * The workspace's gate comes last: a call that waits for its connection's budget must not take a place from the
   * workspace's other connections.
   */
  async function passAll(
    request: BudgetRequest,
    leftMs: () => number,
    held: (() => void)[],
  ): Promise<Refusal | null> {
    const { key, consumer, signal } = request;
    const entry = await connections.enter(key, consumer, leftMs(), signal);
    if (entry.kind !== 'entered') return refusal(entry);
    held.push(entry.leave);
    const pause = await sitOutPause(request, leftMs());
    if (pause) return pause;
    if (request.rateWindows.length > 0) {
      const taken = await reservations.take(key, request.rateWindows, consumer, leftMs(), signal);
      if (taken.kind !== 'taken') return taken;
    }
    const room = await workspaces.enter(request.workspaceId, key, leftMs(), signal);
    if (room.kind !== 'entered') return refusal(room);
    held.push(room.leave);
    return null;
  }

  async function sitOutPause(request: BudgetRequest, waitMs: number): Promise<Refusal | null> {
    for (;;) {
      const pauseMs = (pausedUntil.get(request.key) ?? 0) - now();
      if (pauseMs <= 0) return null;
      if (pauseMs > waitMs) return { kind: 'not_yet', afterMs: pauseMs };
      try {
        await deps.clock.sleep(pauseMs, request.signal);
      } catch {
        return { kind: 'cancelled' };
      }
    }
  }

  /** The third party said to wait: all callers of this budget do, here at once, elsewhere within a second. */
  async function pause(key: string, milliseconds: number): Promise<void> {
    const until = now() + milliseconds;
    const present = pausedUntil.get(key) ?? 0;
    if (until <= present) return;
    pausedUntil.set(key, until);
    // A hundred calls refused together are one write.
    if (until > present + PAUSE_STEP_MS) await deps.store.pause(key, milliseconds);
  }

  /** Learns of pauses other processes were asked for. Called about once a second. */
  async function refresh(): Promise<void> {
    for (const [key, usedAt] of active) if (now() - usedAt > 60_000) active.delete(key);
    for (const [key, until] of pausedUntil) if (until <= now()) pausedUntil.delete(key);
    reservations.tidy();
    if (active.size === 0) return;
    for (const [key, milliseconds] of await deps.store.pauses([...active.keys()])) {
      pausedUntil.set(key, Math.max(pausedUntil.get(key) ?? 0, now() + milliseconds));
    }
  }

  return { permit, pause, refresh };
}

export type Budget = ReturnType<typeof createBudget>;

function refusal(entry: Exclude<Entry, { kind: 'entered' }>): Refusal {
  return entry.kind === 'full' ? { kind: 'not_yet', afterMs: FULL_AFTER_MS } : entry;
}
