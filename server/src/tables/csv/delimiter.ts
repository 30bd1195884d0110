import { DEFAULT_IMPORT_LIMITS } from './limits.ts';
import { CsvReader, UnreadableCsv } from './reader.ts';

export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
export type DelimiterName = keyof typeof DELIMITERS;

const LOOK_AT_CHARS = 65_536;
const LOOK_AT_ROWS = 100;

/** Excel's own first line, "sep=;": it says the delimiter and is no row. */
export function separatorLine(text: string): { delimiter: string; length: number } | null {
  const found = /^sep=([,;\t|])(?:\r\n|\n|\r)/i.exec(text);
  return found?.[1] ? { delimiter: found[1], length: found[0].length } : null;
}

/** The delimiter under which the first rows, and the very first above all, come out equally wide; comma where none does. */
export function detectDelimiter(text: string): string {
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of Object.values(DELIMITERS)) {
    const score = evenness(widths(text.slice(0, LOOK_AT_CHARS), delimiter));
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

export function nameOfDelimiter(delimiter: string): DelimiterName {
  const names = Object.keys(DELIMITERS) as DelimiterName[];
  return names.find((name) => DELIMITERS[name] === delimiter) ?? 'comma';
}

/** How many fields each row has; 0 for one with broken quotes. */
function widths(text: string, delimiter: string): number[] {
  const found: number[] = [];
  const { maxColumns, maxLineChars } = DEFAULT_IMPORT_LIMITS;
  const reader = new CsvReader(
    { delimiter, maxFields: maxColumns, maxLineChars },
    { row: (fields) => found.push(fields.length), broken: () => found.push(0) },
  );
  try {
    reader.write(text);
    if (text.length < LOOK_AT_CHARS) reader.end();
  } catch (error) {
    if (!(error instanceof UnreadableCsv)) throw error;
  }
  return found.slice(0, LOOK_AT_ROWS);
}

function evenness(found: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const width of found) counts.set(width, (counts.get(width) ?? 0) + 1);
  let usual = 0;
  for (const [width, count] of counts) if (count > (counts.get(usual) ?? 0)) usual = width;
  if (usual < 2) return 0;
  const share = (counts.get(usual) ?? 0) / found.length;
  return share * Math.log2(usual) * (found[0] === usual ? 1 : 0.3);
}
