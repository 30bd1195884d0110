/** Columns a table may have; a CSV of the most columns (1,000) still fits beside those that are there. */
export const MAX_TABLE_COLUMNS = 2000;
