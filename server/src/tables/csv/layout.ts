import type { ValueType } from '@keyrail/contract/tables';
import { AppError } from '../../lib/app-error.ts';
import { detectType } from '../detect-type.ts';
import { createDecoder, type Encoding } from './decode.ts';
import { DELIMITERS, type DelimiterName, detectDelimiter, separatorLine } from './delimiter.ts';
import type { ImportLimits } from './limits.ts';
import { CsvReader, UnreadableCsv } from './reader.ts';
import { notACsv } from './sniff.ts';

/** How a person says a file is to be read; `auto` looks at its first part. */
export interface CsvOptions {
  encoding: Encoding | 'auto';
  delimiter: DelimiterName | 'auto';
  has_header: 'auto' | 'true' | 'false';
}

/** How a file is written. */
export interface Layout {
  /** What its first part shows; `auto` may still turn out otherwise later on (decode.ts). */
  encoding: Encoding;
  delimiter: string;
  hasHeader: boolean;
  /** One per column of the file; empty without a header. */
  headers: string[];
  width: number;
  /** By column; the narrowest that the first part allows. */
  types: ValueType[];
  /** Characters of Excel's "sep=;" line, which is no row. */
  separatorLineLength: number;
  /** Rows of the first part, the header left out. */
  rows: string[][];
}

/** Finds out how a file is written from its first part. Throws where it is none that can be read, saying why. */
export function findLayout(
  sample: { start: Buffer; isWhole: boolean },
  options: CsvOptions,
  limits: Pick<ImportLimits, 'maxColumns' | 'maxLineChars'>,
): Layout {
  const other = notACsv(sample.start);
  if (other) throw refusal('unsupported_media_type', 'not_a_csv', `${other} Nothing was imported.`);
  const decoder = createDecoder(options.encoding, sample.start);
  let text = decoder.write(sample.start);
  if (sample.isWhole) text += decoder.end();
  refuseBinary(text);
  const separator = separatorLine(text);
  const body = text.slice(separator?.length ?? 0);
  const delimiter =
    options.delimiter === 'auto'
      ? (separator?.delimiter ?? detectDelimiter(body))
      : DELIMITERS[options.delimiter];
  const rows = readRows(body, sample.isWhole, delimiter, limits);
  const [first] = rows;
  if (!first)
    throw refusal(
      'invalid_input',
      'empty',
      'There is nothing in this file: no header, no rows. Nothing was imported.',
    );
  const hasHeader =
    options.has_header === 'auto' ? looksLikeHeader(first, rows.slice(1)) : options.has_header === 'true';
  const data = hasHeader ? rows.slice(1) : rows;
  const width = hasHeader ? first.length : Math.max(...data.slice(0, 100).map((row) => row.length));
  if (width > limits.maxColumns)
    throw refusal(
      'too_large',
      'too_many_columns',
      `The file has more than ${limits.maxColumns.toLocaleString('en')} columns, the most this server takes. Nothing was imported.`,
    );
  // Rows that are too wide are left out of the import: their values stand under the wrong columns.
  const fitting = data.filter((row) => row.slice(width).every((field) => field === ''));
  return {
    encoding: decoder.encoding,
    delimiter,
    hasHeader,
    headers: hasHeader ? first : [],
    width,
    types: Array.from({ length: width }, (_, at) => detectType(fitting.map((row) => row[at] ?? ''))),
    separatorLineLength: separator?.length ?? 0,
    rows: data,
  };
}

function readRows(
  text: string,
  isWhole: boolean,
  delimiter: string,
  limits: Pick<ImportLimits, 'maxColumns' | 'maxLineChars'>,
): string[][] {
  const rows: string[][] = [];
  const reader = new CsvReader(
    { delimiter, maxFields: limits.maxColumns, maxLineChars: limits.maxLineChars },
    { row: (fields) => rows.push(fields), broken: () => {} },
  );
  try {
    reader.write(text);
    if (isWhole) reader.end();
  } catch (error) {
    if (error instanceof UnreadableCsv)
      throw refusal('too_large', error.reason, `${error.message} Nothing was imported.`);
    throw error;
  }
  if (rows.length > 0 || isWhole) return rows;
  throw refusal(
    'too_large',
    'line_too_long',
    'The first line is longer than 1 MB. Is this a CSV with one row in a line? Nothing was imported.',
  );
}

/**
 * A header names what stands below it. So the first row is one unless something in it is a value itself (a number, a date,
 * an address) and nothing below is told apart from what stands above it.
 */
function looksLikeHeader(first: readonly string[], rest: readonly string[][]): boolean {
  const values = first.map((text) => detectType([text]));
  if (values.every((type) => type === 'text')) return true;
  if (values.some((type) => type === 'email' || type === 'url' || type === 'date')) return false;
  return values.some(
    (type, at) =>
      type === 'text' && (first[at] ?? '') !== '' && detectType(rest.map((row) => row[at] ?? '')) !== 'text',
  );
}

/** Text has line breaks and tabs, but no other control characters to speak of. */
function refuseBinary(text: string): void {
  let controls = 0;
  const length = Math.min(text.length, 4096);
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 9 || (code > 13 && code < 32)) controls += 1;
  }
  if (controls > 8 && controls > length / 20)
    throw refusal(
      'unsupported_media_type',
      'not_a_csv',
      'This is no text but binary data. Nothing was imported.',
    );
}

function refusal(
  code: 'invalid_input' | 'too_large' | 'unsupported_media_type',
  reason: string,
  detail: string,
): AppError {
  return new AppError(code, { reason, detail });
}
