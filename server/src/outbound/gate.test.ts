import { describe, expect, it } from 'vitest';
import type { Clock } from '../lib/clock.ts';
import { createGate, type Entry } from './gate.ts';

/** A clock whose one sleep ends when the test says so. */
function heldClock() {
  let wake: () => void = () => {};
  const clock: Clock = {
    now: () => new Date(0),
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        wake = resolve;
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  return { clock, wake: () => wake() };
}

async function entered(entry: Promise<Entry>): Promise<() => void> {
  const result = await entry;
  if (result.kind !== 'entered') throw new Error(result.kind);
  return result.leave;
}

describe('a gate', () => {
  it('loses no place when somebody is let in at the moment of giving up, at whatever moment that is', async () => {
    for (let ticks = 0; ticks < 12; ticks += 1) {
      const { clock, wake } = heldClock();
      const gate = createGate({ clock }, 1);
      const leave = await entered(gate.enter('k', 'a', 1_000));
      const waiting = gate.enter('k', 'b', 1_000);
      wake();
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      leave();
      const result = await waiting;
      if (result.kind === 'entered') result.leave();
      const next = gate.enter('k', 'c', 1_000);
      const free = await Promise.race([
        next,
        new Promise<null>((resolve) => setImmediate(() => resolve(null))),
      ]);
      expect(free, `after ${ticks} ticks`).toMatchObject({ kind: 'entered' });
    }
  });
});
