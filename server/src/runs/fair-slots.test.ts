import { expect, test } from 'vitest';
import { createFairSlots } from './fair-slots.ts';

test('a run alone gets its most, and ten runs of one workspace do not slow another workspace down', () => {
  const slots = createFairSlots(200, 100);
  const alone = slots.join('wsp_a');
  expect(alone.share()).toBe(100);
  const greedy = Array.from({ length: 10 }, () => slots.join('wsp_b'));
  expect(alone.share()).toBe(100);
  expect(greedy[0]?.share()).toBe(10);
  for (const member of greedy) member.leave();
  expect(slots.join('wsp_b').share()).toBe(100);
});

test('every run gets at least one call, however many there are', () => {
  const slots = createFairSlots(10, 100);
  const members = Array.from({ length: 50 }, (_, index) => slots.join(`wsp_${index}`));
  expect(members.map((member) => member.share())).toEqual(members.map(() => 1));
});

test('a run that leaves twice takes nobody else with it', () => {
  const slots = createFairSlots(100, 100);
  const [first, second] = [slots.join('wsp_a'), slots.join('wsp_a')];
  const other = slots.join('wsp_b');
  first.leave();
  first.leave();
  expect([second.share(), other.share()]).toEqual([50, 50]);
});
