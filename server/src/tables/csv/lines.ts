import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { excerpt, type FieldTarget, RowConverter } from './convert.ts';
import { createDecoder, type Encoding } from './decode.ts';
import type { Layout } from './layout.ts';
import type { ImportLimits } from './limits.ts';
import { CsvReader, UnreadableCsv } from './reader.ts';
import { createRowIds } from './row-ids.ts';

/** A row of the file that was left out, and why. Lines count from 1. */
export interface RowProblem {
  line: number;
  column: string | null;
  value: string | null;
  message: string;
}

export interface ReadResult {
  /** Rows that came through. */
  rows: number;
  rejected: number;
  /** The first 1,000. */
  problems: RowProblem[];
  /** Columns of the file whose detected type did not hold, with the line where that showed. */
  becameText: ReadonlyMap<number, number>;
  encoding: Encoding;
  notes: string[];
}

interface LinesDeps {
  limits: ImportLimits;
  clock: Clock;
  checkMayGoOn: (() => Promise<void>) | undefined;
}

interface LinesInput {
  bytes: AsyncIterable<Buffer>;
  start: Buffer;
  encoding: Encoding | 'auto';
  layout: Layout;
  /** By column of the file; for the list of problems. */
  names: readonly string[];
  targets: readonly (FieldTarget | null)[];
  firstPosition: number;
  /** What stands between the position and the row's id. */
  rowPrefix: string;
}

const MAX_PROBLEMS = 1000;
const ASK_EVERY_MS = 2000;

/**
 * Reads a file and writes each of its rows as a line for COPY: position, prefix, a new id, values. `lines` is to be read
 * once; as nothing is read ahead, a slow reader slows the sender. `result` is whole when `lines` has ended.
 */
export function readLines(
  deps: LinesDeps,
  input: LinesInput,
): { lines: AsyncIterable<Buffer>; result(): ReadResult } {
  const { layout } = input;
  const decoder = createDecoder(input.encoding, input.start);
  const rows = new LineWriter(input, deps.limits, () => decoder.hasSeenInvalid);
  const reader = new CsvReader(
    {
      delimiter: layout.delimiter,
      maxFields: deps.limits.maxColumns,
      maxLineChars: deps.limits.maxLineChars,
      firstLine: layout.separatorLineLength > 0 ? 2 : 1,
    },
    rows,
  );

  async function* lines(): AsyncGenerator<Buffer> {
    let toSkip = layout.separatorLineLength;
    let askAt = deps.clock.now().getTime() + ASK_EVERY_MS;
    for await (const piece of input.bytes) {
      if (deps.checkMayGoOn && deps.clock.now().getTime() >= askAt) {
        await deps.checkMayGoOn();
        askAt = deps.clock.now().getTime() + ASK_EVERY_MS;
      }
      const text = decoder.write(piece);
      reader.write(toSkip > 0 ? text.slice(toSkip) : text);
      toSkip = Math.max(0, toSkip - text.length);
      if (rows.hasText()) yield rows.takeText();
    }
    reader.write(decoder.end());
    reader.end();
    if (rows.hasText()) yield rows.takeText();
  }

  return {
    lines: refusing(lines()),
    result: () => rows.result(decoder.encoding, reader.emptyLines),
  };
}

/** What the reader cannot go on with is the file's fault, and is told to whoever sent it. */
async function* refusing(lines: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* lines;
  } catch (error) {
    if (!(error instanceof UnreadableCsv)) throw error;
    throw new AppError('too_large', {
      reason: error.reason,
      detail: `${error.message} Nothing was imported.`,
    });
  }
}

class LineWriter {
  readonly #input: LinesInput;
  readonly #limits: ImportLimits;
  readonly #hasSeenInvalid: () => boolean;
  readonly #converter: RowConverter;
  readonly #width: number;
  readonly #idOf = createRowIds();
  readonly #becameText = new Map<number, number>();
  readonly #problems: RowProblem[] = [];
  #isHeaderDue: boolean;
  #text = '';
  #rows = 0;
  #rejected = 0;
  #blank = 0;
  #short = 0;

  constructor(input: LinesInput, limits: ImportLimits, hasSeenInvalid: () => boolean) {
    this.#input = input;
    this.#limits = limits;
    this.#hasSeenInvalid = hasSeenInvalid;
    this.#converter = new RowConverter(input.targets);
    this.#width = input.layout.width;
    this.#isHeaderDue = input.layout.hasHeader;
  }

  row(fields: string[], line: number): void {
    if (this.#isHeaderDue) {
      this.#isHeaderDue = false;
      return;
    }
    if (fields.length !== this.#width && !this.#fitsWidth(fields, line)) return;
    const knownAsText = this.#converter.becameText.size;
    const json = this.#converter.convert(fields, this.#hasSeenInvalid());
    if (this.#converter.becameText.size > knownAsText) this.#noteText(line);
    if (json === null) {
      const { problem } = this.#converter;
      this.#reject(line, problem?.column ?? null, problem?.value ?? null, problem?.message ?? '');
    } else if (json === '{}' && fields.every((field) => field.trim() === '')) {
      this.#blank += 1;
    } else this.#add(json);
  }

  broken(line: number, column: number, message: string): void {
    this.#reject(line, column, null, message);
  }

  hasText(): boolean {
    return this.#text !== '';
  }

  takeText(): Buffer {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    return bytes;
  }

  result(encoding: Encoding, emptyLines: number): ReadResult {
    const notes: string[] = [];
    const blank = this.#blank + emptyLines;
    if (blank > 0) notes.push(`${count(blank, 'empty row was', 'empty rows were')} left out.`);
    if (this.#short > 0)
      notes.push(
        `${count(this.#short, 'row has', 'rows have')} fewer values than there are columns; the missing ones are empty.`,
      );
    if (this.#rows === 0 && this.#rejected === 0) notes.push('There were no rows in the file.');
    return {
      rows: this.#rows,
      rejected: this.#rejected,
      problems: this.#problems,
      becameText: this.#becameText,
      encoding,
      notes,
    };
  }

  /** Short rows are filled up; long ones are refused unless what is too much is empty. */
  #fitsWidth(fields: string[], line: number): boolean {
    if (fields.length < this.#width) {
      if (fields.length > 1 || fields[0] !== '') this.#short += 1;
      return true;
    }
    const first = fields.findIndex((field, at) => at >= this.#width && field !== '');
    if (first < 0) return true;
    const given =
      fields.length > this.#limits.maxColumns ? `more than ${this.#limits.maxColumns}` : fields.length;
    this.#reject(
      line,
      null,
      excerpt(fields[first] ?? ''),
      `The row has ${given} values for ${this.#width} columns.`,
    );
    return false;
  }

  #add(json: string): void {
    if (this.#rows >= this.#limits.maxRows)
      throw new AppError('too_large', {
        reason: 'too_many_rows',
        detail: `The file has more than ${this.#limits.maxRows.toLocaleString('en')} rows, the most a table holds. Nothing was imported. Split it, or ask the operator to raise KEYRAIL_CSV_MAX_ROWS.`,
      });
    const position = this.#input.firstPosition + this.#rows;
    this.#text += `${position}\t${this.#input.rowPrefix}${this.#idOf(this.#rows)}\t${json}\n`;
    this.#rows += 1;
  }

  #noteText(line: number): void {
    for (const at of this.#converter.becameText)
      if (!this.#becameText.has(at)) this.#becameText.set(at, line);
  }

  #reject(line: number, column: number | null, value: string | null, message: string): void {
    this.#rejected += 1;
    if (this.#problems.length >= MAX_PROBLEMS) return;
    const name = column === null ? null : (this.#input.names[column] ?? null);
    this.#problems.push({ line, column: name, value, message });
  }
}

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
