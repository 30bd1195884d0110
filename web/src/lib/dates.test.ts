import { afterEach, expect, test, vi } from 'vitest';
import { addDays, addMonths, dayOfMoment, daysLeft, momentOfDay, weekday, weeksOf } from './dates.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each(['UTC', 'Pacific/Honolulu', 'America/Los_Angeles', 'Asia/Kolkata', 'Pacific/Auckland'])(
  'a day that was chosen is the same day when it is read again in %s',
  (zone) => {
    vi.stubEnv('TZ', zone);
    // Summer in the south, and in the north.
    expect(dayOfMoment(momentOfDay('2027-01-14'))).toBe('2027-01-14');
    expect(dayOfMoment(momentOfDay('2027-07-14'))).toBe('2027-07-14');
  },
);

test('days go on over the ends of months, leap days and changed clocks', () => {
  expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
  expect(addDays('2027-03-27', 2)).toBe('2027-03-29');
  expect(addDays('2027-01-01', -1)).toBe('2026-12-31');
});

test('a month on from its last day is the last day of a shorter month', () => {
  expect(addMonths('2027-01-31', 1)).toBe('2027-02-28');
  expect(addMonths('2027-03-31', -1)).toBe('2027-02-28');
  expect(addMonths('2026-12-15', 1)).toBe('2027-01-15');
});

test('a month is whole weeks from Monday on, and has each of its days once', () => {
  const days = weeksOf('2027-02-10').flat();
  expect(days.length).toBe(28);
  expect(days[0]).toBe('2027-02-01');
  expect(weekday('2027-02-01')).toBe(0);
  const may = weeksOf('2027-05-01');
  expect(may.length).toBe(6);
  expect(may.flat().filter((day) => day.startsWith('2027-05')).length).toBe(31);
});

test.each([
  ['2027-03-14T23:59:00', 'Today'],
  ['2027-03-15T00:01:00', 'Tomorrow'],
  ['2027-03-13T00:01:00', 'Yesterday'],
  ['2027-03-26T08:00:00', 'In 12 days'],
  ['2027-08-14T08:00:00', 'In about 5 months'],
  ['2030-03-14T08:00:00', 'In about 3 years'],
  ['2027-03-11T08:00:00', '3 days ago'],
  ['2026-09-11T08:00:00', 'About 6 months ago'],
])('how long it is until %s is said in words', (at, words) => {
  expect(daysLeft(at, '2027-03-14')).toBe(words);
});
