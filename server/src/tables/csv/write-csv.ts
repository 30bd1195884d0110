import type { StoredValue } from '../table.ts';

/**
 * One line of a CSV as RFC 4180 writes it. A text that a spreadsheet would take for a formula (it begins with = + - @, tab, a line
 * break, or the full-width forms of those) gets a ' in front; a value that is a number stays one, negative or not.
 */
export function csvLine(values: readonly (StoredValue | null | undefined)[]): string {
  return `${values.map(field).join(',')}\r\n`;
}

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

function field(value: StoredValue | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = FORMULA.test(text) || text.startsWith('\0') ? `'${text}` : text;
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
