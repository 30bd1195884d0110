import type { CellState } from '@keyrail/contract/tables';
import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { parseRunChange, RUN_CHANGED, type RunChange } from './announce.ts';
import { createBell } from './bell.ts';
import { required } from './commands.ts';
import type { NamedRun } from './run.ts';
import { isOver } from './run.ts';
import { lookAtCells } from './store/cell-view-store.ts';
import { findRun } from './store/run-store.ts';

export interface WatchDeps {
  transact: Transact;
  clock: Clock;
  listener: {
    listen(
      channel: string,
      onMessage: (payload: string) => void,
      onGap?: () => void,
    ): Promise<() => Promise<void>>;
  };
}

export type RunNews =
  | { kind: 'progress' | 'end'; run: NamedRun }
  | {
      kind: 'cells';
      columnId: string;
      cells: { rowId: string; state: CellState; message: string | null }[];
      more: boolean;
    };

export interface RunWatch {
  /** Tells how a run goes on, until it is over or `closed`. Throws `not_found` before it tells anything. */
  follow(who: Who, runId: string, tell: (news: RunNews) => Promise<void>, closed: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** At most four times a second. */
const PAUSE_MS = 250;
/** Where a message was lost, or the executor's process is silent, the tables are looked at anyway. */
const LOOK_MS = 1_000;
const CELLS_AT_MOST = 200;

/** One LISTEN for all who watch in this process; what changed is read from the tables, whoever changed it. */
export async function createRunWatch(deps: WatchDeps): Promise<RunWatch> {
  const followers = new Map<string, Set<(change: RunChange | null) => void>>();
  const stop = await deps.listener.listen(
    RUN_CHANGED,
    (payload) => {
      const change = parseRunChange(payload);
      if (change) for (const tell of followers.get(change.run) ?? []) tell(change);
    },
    () => {
      for (const all of followers.values()) for (const tell of all) tell(null);
    },
  );
  return {
    stop,
    follow: async (who, runId, tell, closed) => {
      const news = createNews();
      const all = followers.get(runId) ?? new Set();
      followers.set(runId, all.add(news.onChange));
      closed.addEventListener('abort', news.bell.ring, { once: true });
      try {
        await followRun(deps, who, runId, news, tell, closed);
      } finally {
        closed.removeEventListener('abort', news.bell.ring);
        all.delete(news.onChange);
        if (all.size === 0) followers.delete(runId);
      }
    },
  };
}

function createNews() {
  const bell = createBell();
  const changed = { rows: new Set<string>(), more: false };
  return {
    bell,
    onChange: (change: RunChange | null) => {
      if (change === null || change.more || changed.rows.size > CELLS_AT_MOST) changed.more = true;
      if (change && changed.rows.size <= CELLS_AT_MOST) for (const row of change.rows) changed.rows.add(row);
      bell.ring();
    },
    take: () => {
      const rowIds = [...changed.rows].slice(0, CELLS_AT_MOST);
      const more = changed.more || changed.rows.size > rowIds.length;
      changed.rows.clear();
      changed.more = false;
      return { rowIds, more };
    },
  };
}

async function followRun(
  deps: WatchDeps,
  who: Who,
  runId: string,
  news: ReturnType<typeof createNews>,
  tell: (news: RunNews) => Promise<void>,
  closed: AbortSignal,
): Promise<void> {
  let told = '';
  while (!closed.aborted) {
    const { rowIds, more } = news.take();
    const { run, cells } = await deps.transact(who.workspaceId, async (tx) => {
      const run = required(await findRun(tx, who.workspaceId, runId));
      return { run, cells: await lookAtCells(tx, who.workspaceId, run.columnId, rowIds) };
    });
    if (cells.length > 0 || more) await tell({ kind: 'cells', columnId: run.columnId, cells, more });
    const isEnd = isOver(run.state) && run.isSettled;
    const state = JSON.stringify([run.state, run.message, run.counts, run.calls, run.total]);
    if (isEnd || state !== told) await tell({ kind: isEnd ? 'end' : 'progress', run });
    told = state;
    if (isEnd) return;
    await deps.clock.sleep(PAUSE_MS, closed).catch(() => {});
    if (!closed.aborted) await news.bell.wait(LOOK_MS - PAUSE_MS);
  }
}
