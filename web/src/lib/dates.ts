import { count } from './format.ts';

/** A day of the calendar as people name it, without a time: "2027-03-14". */
export type Day = string;

const dayMs = 86_400_000;
const locale = 'en-US';
const long = new Intl.DateTimeFormat(locale, { dateStyle: 'long' });
const medium = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', year: 'numeric' });
const month = new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric' });

/** The day a moment falls on, where the person sits. */
export function dayOfMoment(at: string | Date): Day {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * What a chosen day is saved as: the hour in UTC that is of the same day from Hawaii to New Zealand in summer, so that colleagues
 * elsewhere read the day that was entered.
 */
export const momentOfDay = (day: Day): string => `${day}T10:00:00.000Z`;

export const today = (): Day => dayOfMoment(new Date());

/** Noon there, so that no change of the clocks moves it to another day. */
const noon = (day: Day): Date => new Date(`${day}T12:00:00`);

export function addDays(day: Day, days: number): Day {
  const date = noon(day);
  date.setDate(date.getDate() + days);
  return dayOfMoment(date);
}

/** The same day some months on, or the last one of a shorter month. */
export function addMonths(day: Day, months: number): Day {
  const date = noon(day);
  const wanted = date.getDate();
  date.setDate(1);
  date.setMonth(date.getMonth() + months);
  const last = new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate();
  date.setDate(Math.min(wanted, last));
  return dayOfMoment(date);
}

export const firstOfMonth = (day: Day): Day => `${day.slice(0, 8)}01`;
export const monthOf = (day: Day): string => day.slice(0, 7);

/** 0: Monday … 6: Sunday. */
export const weekday = (day: Day): number => (noon(day).getDay() + 6) % 7;

/** The weeks that a month is drawn in, Monday first; the days of its neighbours fill the ends. */
export function weeksOf(day: Day): Day[][] {
  const first = firstOfMonth(day);
  let at = addDays(first, -weekday(first));
  const weeks: Day[][] = [];
  while (weeks.length === 0 || monthOf(at) === monthOf(first)) {
    weeks.push(Array.from({ length: 7 }, (_, index) => addDays(at, index)));
    at = addDays(at, 7);
  }
  return weeks;
}

export const monthName = (day: Day): string => month.format(noon(day));
export const dayName = (day: Day): string => long.format(noon(day));
export const shortDay = (day: Day): string => medium.format(noon(day));

/** "Today", "Tomorrow", "In 12 days", "In about 5 months", "3 days ago": by days of the calendar. */
export function daysLeft(at: string, now: Day = today()): string {
  const days = Math.round((noon(dayOfMoment(at)).getTime() - noon(now).getTime()) / dayMs);
  if (days === 0) return 'Today';
  if (days === 1) return 'Tomorrow';
  if (days === -1) return 'Yesterday';
  return days > 0 ? `In ${size(days)}` : `${capital(size(-days))} ago`;
}

function size(days: number): string {
  if (days < 90) return count(days, 'day');
  if (days < 700) return `about ${count(Math.round(days / 30.4), 'month')}`;
  return `about ${count(Math.round(days / 365.25), 'year')}`;
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
const two = (value: number): string => String(value).padStart(2, '0');
