import { expect, test } from 'vitest';
import { toCsv } from './download.ts';

test.each(['=HYPERLINK("x")', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\0=1', '＝1+1'])(
  '%j is no formula in a downloaded list',
  (text) => {
    expect(toCsv([[text]]).replace(/^"/, '')).toMatch(/^'/);
  },
);

test('numbers stay numbers, and quotes, commas and line ends are quoted', () => {
  expect(toCsv([[-5, 'a,b', 'say "x"', null]])).toBe('-5,"a,b","say ""x""",');
});
