import type { Drive } from './drive-state.ts';
import { move, type Turn } from './turn.ts';

/** The pause before a run that waits tries again by itself, and the longest it grows to. */
const WAIT_SECONDS = { connection: [60, 600], credits: [60, 3600] } as const;

/** The rest waits, and the run tries again by itself after a pause that grows. */
export async function freeze(turn: Turn): Promise<void> {
  const { drive, run } = turn;
  turn.isFrozen = true;
  const [first, most] = WAIT_SECONDS[drive.waitingFor];
  turn.change = {
    ...turn.change,
    state: 'waiting',
    waitingFor: drive.waitingFor,
    message: drive.waitMessage,
    waits: run.waits + 1,
    wakeAfterSeconds: Math.min(most, first * 2 ** Math.min(run.waits, 10)),
    rowsPerSecond: 0,
  };
  await move(turn, 'queued', waitingState(drive), drive.waitMessage);
}

export function waitingState(drive: Drive): 'waiting_for_connection' | 'out_of_credits' {
  return drive.waitingFor === 'credits' ? 'out_of_credits' : 'waiting_for_connection';
}
