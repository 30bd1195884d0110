const locale = 'en-US';
const whole = new Intl.NumberFormat(locale);
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' });
const dayAndYear = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', year: 'numeric' });

export const number = (value: number): string => whole.format(value);
export const shortNumber = (value: number): string => compact.format(value);
export const exactTime = (at: string): string => exact.format(new Date(at));
export const dayOf = (at: string): string => day.format(new Date(at));
const dateOf = (at: string): string => dayAndYear.format(new Date(at));

/** "1 row", "2 rows", "1,204 entries". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** "just now", "4 min ago", "yesterday", "in 3 days", then the date. */
export function relativeTime(at: string, now = Date.now()): string {
  const seconds = (now - new Date(at).getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return 'just now';
  if (size >= 30 * 86_400) return dateOf(at);
  const words = sizeInWords(size);
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

/** How long it has been so: "since just now", "for 4 min", "since Jan 3, 2026". */
export function lastingTime(at: string, now = Date.now()): string {
  const seconds = Math.max(0, (now - new Date(at).getTime()) / 1000);
  if (seconds < 45) return 'since just now';
  return seconds >= 30 * 86_400 ? `since ${dateOf(at)}` : `for ${sizeInWords(seconds)}`;
}

/** "Airtable's", "Google Sheets'". */
export const possessive = (name: string): string => (/s$/i.test(name) ? `${name}'` : `${name}'s`);

function sizeInWords(seconds: number): string {
  if (seconds < 3_600) return `${Math.max(1, Math.round(seconds / 60))} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 3_600)} h`;
  return count(Math.round(seconds / 86_400), 'day');
}

/** How long something takes: "8 s", "about 4 min", "about 2 h 10 min". */
export function duration(seconds: number): string {
  if (seconds < 1) return 'less than a second';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} min`;
  const rest = minutes % 60;
  return `about ${Math.floor(minutes / 60)} h${rest > 0 ? ` ${rest} min` : ''}`;
}

export function fileSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(0)} KB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
