import type { PollState } from '../actions/outcome.ts';
import type { PreparedAction } from '../actions/prepare.ts';
import type { Bell } from './bell.ts';
import type { SettledCell } from './cell.ts';
import type { Member } from './fair-slots.ts';
import type { Pace } from './pace.ts';
import type { Plan } from './plan.ts';
import type { Run } from './run.ts';
import type { ClaimedCell } from './store/cell-store.ts';
import type { Lease } from './store/lease-store.ts';

/** What a run stands on at this moment; looked at again every second and after every refusal. */
export type Footing =
  | { kind: 'ready'; prepared: PreparedAction }
  /** Never made, disconnected or deleted: the cells fail, with what to do. */
  | { kind: 'missing'; message: string; nextStep: string | null }
  /** Would be refused: the rest of the run waits. */
  | { kind: 'broken'; message: string }
  /** The action is gone from the catalog: the run fails. */
  | { kind: 'impossible'; message: string }
  /** Whoever started it may no longer use connections: the run is cancelled. */
  | { kind: 'stopped'; message: string };

/** What calls came to and the database does not know yet. */
export interface Batch {
  settled: SettledCell[];
  parked: { rowId: string; poll: PollState; dueAt: Date }[];
  requeued: string[];
  writes: { rowId: string; values: Record<string, unknown> }[];
  calls: number;
  credits: number | null;
}

/** Everything a process holds in memory of a run it works on. All of it can be lost at any moment. */
export interface Drive {
  lease: Lease;
  /** As last seen under the lock. */
  run: Run;
  plan: Plan;
  footing: Footing;
  /** When that was looked at, on the monotonic clock. */
  footingAtMs: number;
  member: Member;
  pace: Pace;
  /** Marked `running` in the database, not begun yet. */
  claimed: ClaimedCell[];
  inFlight: Map<string, ClaimedCell>;
  /** Jobs at the provider, asked for again when they are due. */
  parked: Map<string, { cell: ClaimedCell; dueAtMs: number }>;
  batch: Batch;
  /** How many outcomes the transaction under way is writing. */
  writing: number;
  /** Throttled: no call begins before this. */
  notBeforeMs: number;
  /** What was claimed could not begin for that, and has nothing else to wait for. */
  isPutOff: boolean;
  /** Refusals for want of a working connection or credits, one after the other. */
  streak: number;
  waitingFor: 'connection' | 'credits';
  waitMessage: string;
  /** Only a few calls at a time until one shows that calls work. */
  isTrial: boolean;
  /** The rest waits; nothing new begins. */
  isFrozen: boolean;
  /** Cells that waited when the run was taken and may go on now. */
  thawLeft: number;
  /** Decisions of people heard of, and seen in the tables: while they differ nothing begins. */
  decisions: { heard: number; seen: number };
  /** Wakes the run's loop. */
  bell: Bell;
  /** The last transaction left more of the same to do at once. */
  isAgain: boolean;
  /** Nothing is queued any more, as far as was looked. */
  isDry: boolean;
  /** Where the next queued cells are looked for; -1: from the beginning. */
  cursor: number;
  /** On the monotonic clock: past it another process may hold the run, and nothing may begin. */
  leaseEndsAtMs: number;
  aborting: AbortController;
}

export function emptyBatch(): Batch {
  return { settled: [], parked: [], requeued: [], writes: [], calls: 0, credits: null };
}

export function batchSize(batch: Batch): number {
  return batch.settled.length + batch.parked.length + batch.requeued.length;
}

/** Puts a batch that could not be written back in front of what has come since. */
export function mergeBatches(first: Batch, second: Batch): Batch {
  return {
    settled: [...first.settled, ...second.settled],
    parked: [...first.parked, ...second.parked],
    requeued: [...first.requeued, ...second.requeued],
    writes: [...first.writes, ...second.writes],
    calls: first.calls + second.calls,
    credits:
      first.credits === null && second.credits === null ? null : (first.credits ?? 0) + (second.credits ?? 0),
  };
}
