import type { ColumnType } from 'kysely';

/**
 * A jsonb column: read as unknown (check it with zod), written as text (`JSON.stringify`), because the driver would turn a
 * JavaScript array into an SQL array, and a string into something that is no JSON.
 */
export type JsonColumn = ColumnType<unknown, string, string>;
