import { expect, test } from 'vitest';
import { createGather } from './gather.ts';

function trial(most = 100) {
  const groups: number[][] = [];
  const open: (() => void)[] = [];
  const ask = createGather<number, string>(
    async (asks) => {
      groups.push([...asks]);
      await new Promise<void>((resolve) => open.push(resolve));
      if (asks.includes(13)) throw new Error('thirteen');
      return asks.map((one) => `answer ${one}`);
    },
    { atOnce: 1, most },
  );
  const step = async () => {
    open.shift()?.();
    // The end of this turn, in which the next group is taken, and of the one in which it begins.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return { groups, ask, step };
}

test('who asks while work is under way goes together with the others who came, and never with that work', async () => {
  const { groups, ask, step } = trial(3);
  const first = ask(1);
  await step();
  const answers = Promise.all([first, ...[2, 3, 4, 5].map(ask)]);
  await step();
  await step();
  await step();
  expect(await answers).toEqual(['answer 1', 'answer 2', 'answer 3', 'answer 4', 'answer 5']);
  expect(groups).toEqual([[1], [2, 3, 4], [5]]);
});

test('who asks in the same turn of the event loop goes together', async () => {
  const { groups, ask, step } = trial();
  const answers = Promise.all([1, 2, 3].map(ask));
  await step();
  await step();
  await answers;
  expect(groups).toEqual([[1, 2, 3]]);
});

test('who cannot be answered spoils it for nobody else', async () => {
  const { ask, step } = trial();
  const answers = Promise.allSettled([1, 2, 13, 4].map(ask));
  for (let count = 0; count < 6; count += 1) await step();
  expect((await answers).map((one) => one.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
});
