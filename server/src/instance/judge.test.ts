import { expect, test } from 'vitest';
import { type Evidence, judge } from './judge.ts';

const here = { cluster: '7', database: '16384', folder: null };
const original: Evidence = {
  id: 'ins_a',
  known: here,
  here,
  setting: null,
  isOnFile: true,
  isConfirmedAlready: false,
  isDecidedSince: false,
  isVouched: false,
  isJustMade: false,
};

test('an instance is confirmed where it ran before, on a machine that somebody vouches for, and nowhere else', () => {
  const because = (change: Partial<Evidence>) => {
    const judged = judge({ ...original, ...change });
    return judged.kind === 'confirmed' ? null : judged.because;
  };
  expect(because({})).toBeNull();
  expect(because({ isOnFile: false })).toBe('unknown_machine');
  for (const word of ['isConfirmedAlready', 'isDecidedSince', 'isVouched', 'isJustMade'] as const) {
    expect(because({ isOnFile: false, [word]: true })).toBeNull();
    expect(because({ isOnFile: false, [word]: true, here: { ...here, cluster: '8' } })).toBe('moved');
  }
  expect(because({ isOnFile: false, setting: 'ins_a' })).toBeNull();
  expect(because({ setting: 'ins_b' })).toBe('other_instance');
  expect(because({ here: { ...here, database: '16385' }, setting: 'ins_a' })).toBe('moved');
  expect(because({ known: { ...here, folder: '/a' }, here: { ...here, folder: '/b' } })).toBe('moved');
  // A user who may not read the number of the cluster, and a database reached by its address instead of its folder.
  expect(because({ here: { ...here, cluster: null } })).toBeNull();
  expect(because({ known: { ...here, folder: '/a' } })).toBeNull();
});
