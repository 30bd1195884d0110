import type { Clock } from '../lib/clock.ts';
import { FairQueue } from './fair-queue.ts';

/** `entered`: call `leave` once. `full`: nobody left in time. */
export type Entry = { kind: 'entered'; leave: () => void } | { kind: 'full' } | { kind: 'cancelled' };

interface Visitor {
  enter: () => void;
}

/**
 * At most `limit` calls at one time for each key (a connection, a workspace) in this process; those who wait are
 * let in by turns of their consumers.
 */
export function createGate(deps: { clock: Clock }, limit: number) {
  const places = new Map<string, { inside: number; queue: FairQueue<Visitor> }>();

  const placeOf = (key: string) => {
    const present = places.get(key);
    if (present) return present;
    const made = { inside: 0, queue: new FairQueue<Visitor>() };
    places.set(key, made);
    return made;
  };

  const leaveOnce = (key: string) => {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const place = placeOf(key);
      const next = place.queue.shift();
      if (next) next.enter();
      else place.inside -= 1;
      if (place.inside === 0) places.delete(key);
    };
  };

  /** Waits for at most `waitMs`. */
  async function enter(key: string, consumer: string, waitMs: number, signal?: AbortSignal): Promise<Entry> {
    const place = placeOf(key);
    if (place.inside < limit) {
      place.inside += 1;
      return { kind: 'entered', leave: leaveOnce(key) };
    }
    if (signal?.aborted) return { kind: 'cancelled' };
    const givenUp = new AbortController();
    const either = signal ? AbortSignal.any([signal, givenUp.signal]) : givenUp.signal;
    let visitor: Visitor | undefined;
    const entered = new Promise<'entered'>((resolve) => {
      visitor = { enter: () => resolve('entered') };
      place.queue.push(consumer, visitor);
    });
    const late = deps.clock.sleep(Math.max(0, waitMs), either).then(
      () => 'full' as const,
      () => 'cancelled' as const,
    );
    const first = await Promise.race([entered, late]);
    givenUp.abort();
    if (first === 'entered') return { kind: 'entered', leave: leaveOnce(key) };
    const wasWaiting = place.queue.takeWhere((waiting) => waiting === visitor).length > 0;
    // Let in at the very moment of giving up: the place goes to the next one.
    if (!wasWaiting) leaveOnce(key)();
    return { kind: first };
  }

  return { enter };
}
