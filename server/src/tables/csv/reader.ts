import { MAX_FIELD_CHARS } from './limits.ts';

/** Where the rows of a file go, in order. Lines count from 1, as an editor shows them. */
export interface RowSink {
  /** `fields` is the sink's to keep. A value that is too long is cut one character past the limit. */
  row(fields: string[], line: number): void;
  /** A row that cannot be read: its quotes are broken in this column (from 0). Reading goes on in the next line. */
  broken(line: number, column: number, message: string): void;
}

export interface ReaderOptions {
  delimiter: string;
  /** Fields beyond one more than this are counted out of the row: it has too many anyway. */
  maxFields: number;
  maxLineChars: number;
  /** The number of the first line; 1 when not said. */
  firstLine?: number;
}

/** The file cannot be read any further; `reason` is a stable word. */
export class UnreadableCsv extends Error {
  override readonly name = 'UnreadableCsv';
  readonly reason: 'line_too_long' | 'too_many_broken_quotes';

  constructor(reason: UnreadableCsv['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

const CR = 13;
const LF = 10;
const QUOTE = 34;

/** Text read twice after broken quotes, on top of four times what was read once: more is an attack or no CSV. */
const REREAD_FLOOR_CHARS = 64 * 1024 ** 2;

/**
 * Reads CSV (RFC 4180; also LF or CR alone as line ends, and quotes inside a value that does not begin with one) from
 * text that comes in pieces. Memory holds the current row; time is linear.
 *
 * Broken quotes (never closed, or closed in the middle of a value) cost the row they are in: reading resumes in the
 * line after the quote that opened. Which one that is shows late, so the text since then is read twice.
 */
export class CsvReader {
  readonly #sink: RowSink;
  readonly #delimiter: string;
  readonly #delimiterCode: number;
  readonly #maxFields: number;
  readonly #maxLineChars: number;

  /** Not yet read for good: from the start of the current field on. */
  #text = '';
  /** Where the current field starts in `#text`. */
  #at = 0;
  #fields: string[] = [];
  #fieldCount = 0;
  /** The line that `#at` is in, and the one the current row began in. */
  #line = 1;
  #rowLine = 1;
  /** Characters of the current row before `#at`. */
  #rowChars = 0;
  /** Where the next of each stands in `#text`: -1 nowhere, -2 not looked for yet. Never looked for twice. */
  #nextQuote = -2;
  #nextCr = -2;
  /** In a quoted field: where to look on for its end. */
  #resumeAt = 0;
  /** Of an unquoted field that is too long: its start, the rest is dropped. */
  #cutField: string | null = null;
  #isSkippingLine = false;
  #isLastPiece = false;
  #readChars = 0;
  #rereadChars = 0;
  /** Rows that hold nothing at all, not even a delimiter: left out. */
  emptyLines = 0;

  constructor(options: ReaderOptions, sink: RowSink) {
    this.#sink = sink;
    this.#delimiter = options.delimiter;
    this.#delimiterCode = options.delimiter.charCodeAt(0);
    this.#maxFields = options.maxFields;
    this.#maxLineChars = options.maxLineChars;
    this.#line = options.firstLine ?? 1;
    this.#rowLine = this.#line;
  }

  write(piece: string): void {
    if (piece === '') return;
    this.#readChars += piece.length;
    this.#take(piece);
    this.#read();
  }

  end(): void {
    this.#isLastPiece = true;
    this.#read();
    if (this.#isSkippingLine) return;
    if (this.#fieldCount > 0 || this.#cutField !== null || this.#at < this.#text.length) {
      this.#addField(this.#text.slice(this.#at));
      this.#endRow();
    }
  }

  #take(piece: string): void {
    this.#text = this.#at < this.#text.length ? this.#text.slice(this.#at) + piece : piece;
    this.#resumeAt = Math.max(0, this.#resumeAt - this.#at);
    this.#at = 0;
    this.#nextQuote = -2;
    this.#nextCr = -2;
  }

  /** Reads as far as the text goes. */
  #read(): void {
    while (this.#at < this.#text.length) {
      if (this.#isSkippingLine) {
        if (!this.#skipLine()) return;
      } else if (this.#fieldCount === 0 && this.#cutField === null && this.#readPlainLines()) {
        // The rest has a quote in its line, is not whole yet, or is unusual in another way: field by field.
      } else if (!this.#readField()) return;
    }
  }

  /** Whole lines without a quote, split by the engine's own code. Returns whether it read any. */
  #readPlainLines(): boolean {
    const text = this.#text;
    const from = this.#at;
    for (let lf = text.indexOf('\n', from); lf >= 0; lf = text.indexOf('\n', this.#at)) {
      const cr = this.#findCr();
      const end = cr >= 0 && cr < lf ? cr : lf;
      if (this.#hasQuoteBefore(lf) || end < lf - 1 || lf - this.#at > MAX_FIELD_CHARS) break;
      this.#plainLine(text.slice(this.#at, end));
      this.#at = lf + 1;
      this.#startRow(1);
    }
    return this.#at > from;
  }

  #hasQuoteBefore(end: number): boolean {
    if (this.#nextQuote !== -1 && this.#nextQuote < this.#at)
      this.#nextQuote = this.#text.indexOf('"', this.#at);
    return this.#nextQuote >= 0 && this.#nextQuote < end;
  }

  #findCr(): number {
    if (this.#nextCr !== -1 && this.#nextCr < this.#at) this.#nextCr = this.#text.indexOf('\r', this.#at);
    return this.#nextCr;
  }

  #plainLine(line: string): void {
    if (line === '') {
      this.emptyLines += 1;
      return;
    }
    const fields = line.split(this.#delimiter, this.#maxFields + 1);
    this.#sink.row(fields, this.#rowLine);
  }

  /** One field, quoted or not. Returns false when the text ends before it does. */
  #readField(): boolean {
    if (this.#cutField === null && this.#text.charCodeAt(this.#at) === QUOTE) return this.#readQuoted();
    const end = this.#endOfUnquoted();
    if (end < 0) {
      this.#dropWhatIsTooLong();
      return false;
    }
    this.#endField(this.#text.slice(this.#at, end), end);
    return true;
  }

  #endOfUnquoted(): number {
    const text = this.#text;
    const delimiter = this.#delimiterCode;
    for (let at = this.#at; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === delimiter || code === LF) return at;
      if (code === CR) return at + 1 < text.length || this.#isLastPiece ? at : -1;
    }
    return -1;
  }

  /** Keeps the first part of a value that goes on and on, so that memory does not grow with it. */
  #dropWhatIsTooLong(): void {
    const length = this.#text.length - this.#at;
    if (this.#cutField === null && length <= MAX_FIELD_CHARS) return;
    this.#cutField ??= this.#text.slice(this.#at, this.#at + MAX_FIELD_CHARS + 1);
    // A CR at the very end may be half of a line end.
    const keep = this.#text.endsWith('\r') ? 1 : 0;
    this.#advance(this.#text.length - keep);
  }

  #readQuoted(): boolean {
    const text = this.#text;
    const from = this.#at + 1;
    let look = Math.max(from, this.#resumeAt);
    for (;;) {
      const quote = text.indexOf('"', look);
      if (quote < 0 || (quote === text.length - 1 && !this.#isLastPiece)) {
        this.#resumeAt = quote < 0 ? text.length : quote;
        return this.#isLastPiece || this.#isRowTooLong(text.length)
          ? this.#breakQuote('never closed')
          : false;
      }
      const next = text.charCodeAt(quote + 1);
      if (next === QUOTE) {
        look = quote + 2;
        continue;
      }
      if (Number.isNaN(next) || next === this.#delimiterCode || next === LF || next === CR) {
        return this.#endQuoted(from, quote);
      }
      this.#resumeAt = quote + 1;
      return this.#breakQuote('closed in the middle of the value');
    }
  }

  #endQuoted(from: number, quote: number): boolean {
    // A CR at the very end may be half of a line end: wait for the rest.
    if (quote + 2 === this.#text.length && this.#text.charCodeAt(quote + 1) === CR && !this.#isLastPiece) {
      this.#resumeAt = quote;
      return false;
    }
    let value = this.#text.slice(from, Math.min(quote, from + 2 * MAX_FIELD_CHARS + 2));
    if (value.includes('"')) value = value.replaceAll('""', '"');
    this.#line += countLineEnds(this.#text, from, quote);
    this.#resumeAt = 0;
    this.#endField(value, quote + 1, true);
    return true;
  }

  /** Gives the row up, and goes on in the line after the one in which the quote was opened. */
  #breakQuote(how: string): true {
    const excerpt = this.#text.slice(this.#at, this.#at + 40).replace(/[\r\n].*$/s, '');
    this.#sink.broken(
      this.#rowLine,
      this.#fieldCount,
      `A quote is opened here and ${how}: ${excerpt}. Write a quote inside a value twice ("").`,
    );
    this.#rereadChars += this.#resumeAt - this.#at;
    if (this.#rereadChars > REREAD_FLOOR_CHARS + 4 * this.#readChars)
      throw new UnreadableCsv(
        'too_many_broken_quotes',
        `The quotes are broken in so many places that the file cannot be read (line ${this.#line}).`,
      );
    this.#resumeAt = 0;
    this.#fields = [];
    this.#fieldCount = 0;
    this.#isSkippingLine = true;
    return true;
  }

  #skipLine(): boolean {
    const lf = this.#text.indexOf('\n', this.#at);
    const cr = this.#findCr();
    const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf;
    if (end < 0 || (end === cr && cr === this.#text.length - 1 && !this.#isLastPiece)) {
      this.#advance(end < 0 ? this.#text.length : end);
      return false;
    }
    this.#isSkippingLine = false;
    this.#at = end + (end === cr && lf === cr + 1 ? 2 : 1);
    this.#startRow(1);
    return true;
  }

  /** Takes in the field that ends at `end`, and the row if that is where it ends. */
  #endField(value: string, end: number, wasQuoted = false): void {
    this.#advance(end);
    this.#addField(value);
    const code = this.#text.charCodeAt(end);
    if (code === this.#delimiterCode) {
      this.#advance(end + 1);
      // "a," at the very end of a file: there is an empty field after the delimiter, and a row to end.
      return;
    }
    const isBlank = this.#fieldCount === 1 && value === '' && !wasQuoted;
    this.#at = end + (code === CR && this.#text.charCodeAt(end + 1) === LF ? 2 : 1);
    if (isBlank) {
      this.emptyLines += 1;
      this.#startRow(1);
    } else {
      this.#endRow();
    }
  }

  #addField(value: string): void {
    this.#fieldCount += 1;
    const whole = this.#cutField ?? value;
    this.#cutField = null;
    if (this.#fieldCount <= this.#maxFields + 1)
      this.#fields.push(whole.length > MAX_FIELD_CHARS ? whole.slice(0, MAX_FIELD_CHARS + 1) : whole);
  }

  #endRow(): void {
    this.#sink.row(this.#fields, this.#rowLine);
    this.#startRow(1);
  }

  #startRow(lineEnds: number): void {
    this.#fields = [];
    this.#fieldCount = 0;
    this.#rowChars = 0;
    this.#resumeAt = 0;
    this.#line += lineEnds;
    this.#rowLine = this.#line;
  }

  #advance(to: number): void {
    if (this.#isRowTooLong(to))
      throw new UnreadableCsv(
        'line_too_long',
        `The row in line ${this.#rowLine} is longer than ${Math.floor(this.#maxLineChars / 1024 ** 2)} MB. ` +
          'Is this a CSV with one row in a line?',
      );
    this.#rowChars += to - this.#at;
    this.#at = to;
  }

  #isRowTooLong(to: number): boolean {
    return this.#rowChars + to - this.#at > this.#maxLineChars;
  }
}

function countLineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === LF || (code === CR && text.charCodeAt(at + 1) !== LF)) count += 1;
  }
  return count;
}
