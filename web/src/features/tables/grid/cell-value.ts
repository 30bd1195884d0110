import type { CellValue, ValueType } from '@keyrail/contract/tables';

/** A value as text: what is shown, copied and edited. */
export function textOf(value: CellValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

/** What is drawn in a cell: one line, and a date at midnight without its time. */
export function lineOf(value: CellValue | undefined, type: string): string {
  const text = textOf(value);
  if (type === 'date') return text.replace(/T00:00(:00(\.0+)?)?Z?$/, '').replace('T', ' ');
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** An address that may be opened by a click: http(s) alone, whatever the cell says. */
export function safeAddress(value: CellValue | undefined): string | undefined {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  return value;
}

export type Parsed = { kind: 'fits'; value: CellValue } | { kind: 'refused'; message: string };

/** What was typed or pasted, as a value of the column's type. An empty text empties the cell. */
export function parse(text: string, type: ValueType): Parsed {
  const trimmed = text.trim();
  if (trimmed === '') return { kind: 'fits', value: null };
  switch (type) {
    case 'number':
      return numberFrom(trimmed);
    case 'boolean':
      return booleanFrom(trimmed);
    case 'date':
      return dateFrom(trimmed);
    case 'email':
      return /^[^\s@]+@[^\s@]+$/.test(trimmed) ? fits(trimmed) : refused('An email address has an @.');
    case 'url':
      return fits(trimmed);
    case 'json':
      return jsonFrom(trimmed);
    case 'text':
      return fits(text);
  }
}

const fits = (value: CellValue): Parsed => ({ kind: 'fits', value });
const refused = (message: string): Parsed => ({ kind: 'refused', message });

function numberFrom(text: string): Parsed {
  const plain = /^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text;
  const number = Number(plain);
  return Number.isFinite(number) ? fits(number) : refused('This column takes numbers, such as 1204.5.');
}

function booleanFrom(text: string): Parsed {
  if (/^(true|yes|y|1|x)$/i.test(text)) return fits(true);
  if (/^(false|no|n|0)$/i.test(text)) return fits(false);
  return refused('This column takes yes or no.');
}

function dateFrom(text: string): Parsed {
  const isIso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text);
  if (isIso && !Number.isNaN(Date.parse(text.replace(' ', 'T')))) return fits(text.replace(' ', 'T'));
  return refused('Dates are written as 2026-01-31.');
}

function jsonFrom(text: string): Parsed {
  try {
    return fits(JSON.parse(text) as CellValue);
  } catch {
    return refused('This is not valid JSON.');
  }
}
