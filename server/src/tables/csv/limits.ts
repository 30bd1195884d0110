/** How much a file may ask of the server. The first two are settings. */
export interface ImportLimits {
  maxBytes: number;
  /** Rows in a table, those already there included. */
  maxRows: number;
  maxColumns: number;
  /** Characters in one row of the file, its line breaks included. */
  maxLineChars: number;
  /** Longest silence of whoever sends the file. */
  stallMs: number;
}

export const DEFAULT_IMPORT_LIMITS: ImportLimits = {
  maxBytes: 1024 ** 3,
  maxRows: 1_000_000,
  maxColumns: 1000,
  maxLineChars: 8 * 1024 ** 2,
  stallMs: 60_000,
};

/** Values longer than this are refused one by one (`value.ts` counts in bytes; no text of more characters is shorter). */
export const MAX_FIELD_CHARS = 65_536;

/** What is looked at to find out how a file is written, and the most a preview takes. */
export const SAMPLE_BYTES = 1024 ** 2;
