import { expect, test } from 'vitest';
import { count, duration, fileSize, lastingTime, possessive, relativeTime } from './format.ts';

const now = Date.parse('2026-06-15T12:00:00Z');
const ago = (seconds: number) => relativeTime(new Date(now - seconds * 1000).toISOString(), now);

test('times are relative, then a date', () => {
  expect([ago(5), ago(240), ago(7_300), ago(86_400), ago(-86_400 * 3)]).toEqual([
    'just now',
    '4 min ago',
    '2 h ago',
    '1 day ago',
    'in 3 days',
  ]);
  expect(ago(86_400 * 40)).toMatch(/^May \d+, 2026$/);
});

test('counts have separators and the right form of the noun', () => {
  expect([count(1, 'row'), count(0, 'row'), count(1204, 'entry', 'entries')]).toEqual([
    '1 row',
    '0 rows',
    '1,204 entries',
  ]);
});

test('durations and sizes are in units people read', () => {
  expect([duration(0.2), duration(8), duration(250), duration(7_800)]).toEqual([
    'less than a second',
    '8 s',
    'about 4 min',
    'about 2 h 10 min',
  ]);
  expect([fileSize(12), fileSize(120_000), fileSize(2_500_000)]).toEqual(['12 bytes', '120 KB', '2.5 MB']);
});

test('how long it has been so is not said as a moment, and a name that ends in s takes no second one', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const ago = (seconds: number) => lastingTime(new Date(now - seconds * 1_000).toISOString(), now);
  expect([ago(5), ago(200)]).toEqual(['since just now', 'for 3 min']);
  expect(ago(90 * 86_400)).toMatch(/^since Dec \d+, 2025$/);
  expect([possessive('Airtable'), possessive('Google Sheets')]).toEqual(["Airtable's", "Google Sheets'"]);
});
