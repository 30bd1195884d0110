import { expect, it } from 'vitest';
import { createMemory } from './memory.ts';
import { standingClock } from './under-test.ts';

const clock = standingClock();
const memory = (keepMs = 60_000, maxEntries = 100) => createMemory<number>({ clock }, { keepMs, maxEntries });

/** Counts how often it was asked to load. */
function counter() {
  let loads = 0;
  return { load: async () => ++loads, loads: () => loads };
}

it('many who ask at once share one load, and what was loaded is kept for its time', async () => {
  const [kept, { load, loads }] = [memory(), counter()];
  expect(await Promise.all([1, 2, 3].map(() => kept.get('wsp_a', 'con_1', load)))).toEqual([1, 1, 1]);
  clock.move(59_000);
  expect(await kept.get('wsp_a', 'con_1', load)).toBe(1);
  clock.move(2_000);
  expect(await kept.get('wsp_a', 'con_1', load)).toBe(2);
  expect(loads()).toBe(2);
});

it('a change drops what is kept of its workspace alone, also what is being loaded at that moment', async () => {
  const [kept, { load }] = [memory(), counter()];
  await kept.get('wsp_b', 'con_1', load);
  const underWay = kept.get('wsp_a', 'con_1', load);
  kept.forget('wsp_a');
  expect(await underWay).toBe(2);
  expect(await kept.get('wsp_a', 'con_1', load)).toBe(3);
  expect(await kept.get('wsp_b', 'con_1', load)).toBe(1);
  kept.forget(null);
  expect(kept.size()).toBe(0);
});

it('a failure is told to all who asked, and is not kept', async () => {
  const kept = memory();
  const fail = () => Promise.reject(new Error('no database'));
  await expect(kept.get('wsp_a', 'con_1', fail)).rejects.toThrow('no database');
  expect(await kept.get('wsp_a', 'con_1', async () => 7)).toBe(7);
});

it('holds no more than its number, and nothing past its time, even if nobody asks again', async () => {
  const kept = memory(20, 3);
  for (const key of ['1', '2', '3', '4', '5']) await kept.get('wsp_a', key, async () => 1);
  expect(kept.size()).toBe(3);
  await expect.poll(() => kept.size()).toBe(0);
});
