import type { ValueType } from '@keyrail/contract/tables';
import { exactNumber, isNumeral } from './decimal.ts';
import { isDate } from './iso-date.ts';
import type { StoredValue } from './table.ts';

/** Whether a value can stand in a column of a type; an empty one can stand in any and is null. */
export type Fit = { kind: 'fits'; value: StoredValue | null } | { kind: 'misfit'; message: string };

export const MAX_VALUE_BYTES = 65_536;

/**
 * A value as the API, an action or an import brings it, as a column of `type` keeps it. It is converted only where
 * nothing is lost by it: the text "5" for a number, yes; "12345678901234567890", no.
 */
export function fitValue(type: ValueType, value: unknown): Fit {
  if (value === null || value === undefined || value === '') return fits(null);
  if (type === 'json') return typeof value === 'string' ? fitText(type, value) : fitJson(value);
  if (typeof value === 'string') return fitText(type, value);
  if (typeof value === 'number' && !Number.isFinite(value)) return misfit('This is not a number.');
  if (type === typeof value) return fits(value as number | boolean);
  return fitText(type, asText(value as StoredValue));
}

/** The same for text, as a file has it; white space around anything but text is left out. */
export function fitText(type: ValueType, text: string): Fit {
  const problem = storageProblem(text);
  if (problem) return misfit(problem);
  if (type === 'text') return fits(text === '' ? null : text);
  const trimmed = text.trim();
  return trimmed === '' ? fits(null) : readers[type](trimmed);
}

/** A value as text: what an export writes, and what a column becomes that is turned into text. */
export function asText(value: StoredValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Why this text cannot be kept at all, whatever the type. */
export function storageProblem(text: string): string | null {
  if (text.length > MAX_VALUE_BYTES / 3 && Buffer.byteLength(text) > MAX_VALUE_BYTES)
    return 'The value is longer than 64 KB.';
  if (text.includes('\0')) return 'The value contains a NUL character, which cannot be stored.';
  if (!text.isWellFormed()) return 'The value contains half of a character (a lone surrogate).';
  return null;
}

const readers: Record<Exclude<ValueType, 'text'>, (text: string) => Fit> = {
  number: readNumber,
  boolean: readBoolean,
  date: readDate,
  email: (text) => (isEmail(text) ? fits(text) : misfit(`${quoted(text)} is not an e-mail address.`)),
  url: (text) =>
    isUrl(text)
      ? fits(text)
      : misfit(`${quoted(text)} is not an address that starts with http:// or https://.`),
  json: readJson,
};

function readNumber(text: string): Fit {
  if (!isNumeral(text)) return misfit(`${quoted(text)} is not a number.`);
  const number = exactNumber(text);
  return number === null
    ? misfit(`${quoted(text)} has more digits than a number can keep. Use a text column.`)
    : fits(number);
}

const BOOLEANS = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

function readBoolean(text: string): Fit {
  const value = BOOLEANS.get(text.toLowerCase());
  return value === undefined ? misfit(`${quoted(text)} is neither true nor false.`) : fits(value);
}

function readDate(text: string): Fit {
  const iso = text.replace(/^(\d{4}-\d{2}-\d{2}) (?=\d{2}:)/, '$1T');
  return isDate(iso) ? fits(iso) : misfit(`${quoted(text)} is not a date such as 2026-03-31.`);
}

export function isEmail(text: string): boolean {
  return (
    text.length <= 254 && /^[^\s@<>()[\],;:"\\]+@[^\s@<>()[\],;:"\\]+\.[^\s@<>()[\],;:"\\.]+$/.test(text)
  );
}

export function isUrl(text: string): boolean {
  return text.length <= 8192 && /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);
}

function readJson(text: string): Fit {
  try {
    return fitJson(JSON.parse(text, refuseInexact));
  } catch (error) {
    return misfit(error instanceof InexactNumber ? error.message : `${quoted(text)} is not JSON.`);
  }
}

class InexactNumber extends Error {}

/** The third argument is in ECMAScript 2026 and Node since 22, not yet in TypeScript's library. */
function refuseInexact(_key: string, value: unknown, ...[context]: { source?: string }[]): unknown {
  if (typeof value === 'number' && context?.source && exactNumber(context.source) === null)
    throw new InexactNumber(
      `${quoted(context.source)} has more digits than a number can keep. Write it as text.`,
    );
  return value;
}

function fitJson(value: unknown): Fit {
  const text = JSON.stringify(value);
  if (text === undefined) return misfit('This is not JSON.');
  const problem = storageProblem(text);
  if (problem) return misfit(problem);
  // PostgreSQL takes neither in JSON: an escaped NUL, and half of a surrogate pair (which JSON.stringify escapes).
  if (/\\u(?:0000|d[89a-f][0-9a-f]{2})/i.test(text.replaceAll('\\\\', '')))
    return misfit('The value contains a character that cannot be stored.');
  return fits(value as StoredValue | null);
}

export function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}

function fits(value: StoredValue | null): Fit {
  return { kind: 'fits', value };
}

function misfit(message: string): Fit {
  return { kind: 'misfit', message };
}
