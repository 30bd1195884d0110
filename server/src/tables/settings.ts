export interface TableSettings {
  /** Rows a table may hold. */
  maxRows: number;
}

export const DEFAULT_TABLE_SETTINGS: TableSettings = { maxRows: 1_000_000 };

/** Columns a table may have; a CSV of the most columns (1,000) still fits beside those that are there. */
export const MAX_TABLE_COLUMNS = 2000;
