import type { Clock } from '../lib/clock.ts';
import type { Drive } from './drive-state.ts';
import { callLimit } from './flight.ts';
import { freeze } from './freeze.ts';
import { claimCells, dropCells } from './store/cell-store.ts';
import { add, CHUNK, move, settle, type Turn } from './turn.ts';

/** Takes the next cells: as many as may be called, where the provider, the cap and the run's state allow any. */
export async function claim(
  deps: { clock: Clock },
  turn: Turn,
  isDrained: boolean,
  isRepeatable: boolean,
): Promise<void> {
  const { tx, drive, run } = turn;
  const pauseMs = drive.notBeforeMs - deps.clock.now().getTime();
  if (pauseMs > 0) return sayThrottled(turn, pauseMs);
  const allowed = allowance(turn);
  if (allowed <= 0) return spent(turn, isDrained);
  const busy = drive.inFlight.size + drive.claimed.length + drive.parked.size;
  const wanted = Math.min(isRepeatable ? callsAhead(drive) - busy : callLimit(drive) - busy, allowed);
  if (wanted <= 0) return;
  const { claimed, gone } = await claimCells(tx, run, drive.plan.places, wanted, turn.cursor);
  await dropCells(tx, run, gone);
  add(turn, 'queued', -claimed.length - gone.length);
  add(turn, 'running', claimed.length);
  turn.claimed = claimed;
  turn.changedRows.push(...claimed.map((cell) => cell.rowId));
  const wasFullScan = turn.cursor === -1;
  turn.cursor = claimed.at(-1)?.position ?? -1;
  if (claimed.length > 0 && (run.state !== 'running' || run.message !== null))
    turn.change = { ...turn.change, ...going };
  if (claimed.length > 0) return;
  turn.isDry = wasFullScan && gone.length === 0;
  if (turn.isDry) await noneQueued(turn, isDrained);
  else turn.isAgain = true;
}

/** A pause people would wonder about is said. */
function sayThrottled({ drive, run, change }: Turn, pauseMs: number): void {
  if (pauseMs < 2_000 || run.message !== null || drive.footing.kind !== 'ready') return;
  change.message = `${drive.footing.prepared.definition.name} asks to slow down. It goes on by itself.`;
}

const going = { state: 'running', message: null, waitingFor: null } as const;

/** Nothing is queued: cells that waited may go on, a few first; or the run is over. */
async function noneQueued(turn: Turn, isDrained: boolean): Promise<void> {
  const { drive, run } = turn;
  if (turn.thawLeft > 0) {
    const limit = Math.min(turn.thawLeft, drive.isTrial ? 3 : CHUNK);
    let moved = 0;
    for (const state of ['waiting_for_connection', 'out_of_credits'] as const) {
      if (moved < limit) moved += await move(turn, state, 'queued', null, undefined, limit - moved);
    }
    turn.thawLeft = moved === 0 ? 0 : turn.thawLeft - moved;
    if (moved > 0) return;
  }
  if (!isDrained) return;
  const waiting =
    run.counts.waiting_for_connection +
    run.counts.out_of_credits +
    (turn.counts.waiting_for_connection ?? 0) +
    (turn.counts.out_of_credits ?? 0);
  if (waiting > 0) await freeze(turn);
  else settle(turn, 'done');
}

/**
 * What may be done twice may also be taken ahead of its turn, so that no slot waits for the database: as much as is called
 * in a quarter of a second. It says `running` a little too early, and is queued again where the run stops.
 */
function callsAhead(drive: Drive): number {
  const limit = callLimit({ member: drive.member, footing: drive.footing, streak: 0, isTrial: false });
  return limit + Math.min(4 * limit, Math.max(limit, Math.ceil(drive.pace.rowsPerSecond() / 4)));
}

/** How many more calls the cap allows; what is in flight counts, as most of it will have called. */
function allowance({ drive, run, callsWritten }: Turn): number {
  if (run.maxCalls === null) return Number.POSITIVE_INFINITY;
  const pending = [...drive.inFlight.values(), ...drive.claimed].filter((cell) => cell.poll === null).length;
  return run.maxCalls - run.calls - callsWritten - drive.batch.calls - pending;
}

/** The cap is reached: once nothing is in flight that could turn out not to have called, the rest is over budget. */
async function spent(turn: Turn, isDrained: boolean): Promise<void> {
  if (!isDrained) return;
  let moved = 0;
  for (const state of ['queued', 'waiting_for_connection', 'out_of_credits'] as const) {
    moved += await move(turn, state, 'over_budget', 'Spending limit reached.');
  }
  if (moved === 0) settle(turn, 'done');
}
