import { describe, expect, it } from 'vitest';
import { clockWords, isClockFarOff } from './clock-words.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const theirs = (aheadSeconds: number) => ({
  date: new Date(NOW.getTime() - aheadSeconds * 1_000).toUTCString(),
});

describe('what is said of a clock that is not believed', () => {
  it.each([
    [3_600, 'it is 1 hour ahead.'],
    [-3_600, 'it is 1 hour behind.'],
    [-3_590, 'it is 1 hour behind.'],
    [7_140, 'it is 2 hours ahead.'],
    [-720, 'it is 12 minutes behind.'],
    [45, 'it is 45 seconds ahead.'],
    [259_200, 'it is 3 days ahead.'],
  ])('names by how much it is off: %d seconds', (ahead, words) => {
    expect(clockWords(theirs(ahead), NOW)).toContain(
      `The clock of this server is wrong: ${words} Set it right`,
    );
  });

  it.each<[string, Record<string, string>, string]>([
    ['no date', {}, 'may be wrong'],
    ['a date that is none', { date: 'yesterday' }, 'may be wrong'],
    ['an answer from a cache', { ...theirs(3_600), age: '3600' }, 'may be wrong'],
    ['a clock that is right', theirs(2), 'is right to 2 seconds'],
  ])('claims nothing that it does not know: %s', (_, headers, words) => {
    expect(clockWords(headers, NOW)).toContain(words);
    expect(isClockFarOff(headers, NOW)).toBe(false);
  });

  it('explains a refusal by the clock alone from five minutes on', () => {
    expect([299, 300, -300].map((ahead) => isClockFarOff(theirs(ahead), NOW))).toEqual([false, true, true]);
  });
});
