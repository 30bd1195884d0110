import { afterAll, beforeAll, expect } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/database.ts';
import { AppError } from '../../lib/app-error.ts';
import { type TablesUnderTest, tablesUnderTest } from '../under-test.ts';

export let database: TestDatabase;
export let room: TablesUnderTest;
/** Tables on a database, for the tests of one file. */
export function useTables(): void {
  beforeAll(async () => {
    database = await freshDatabase();
    room = await tablesUnderTest(database);
  });
  afterAll(() => database.close());
}

export async function imported(
  text: string | Buffer,
  how: Parameters<TablesUnderTest['importText']>[2] = {},
) {
  const table = await room.newTable();
  const result = await room.importText(table.id, text, how);
  return { result, tableId: table.id, rows: await room.rowsOf(table.id) };
}

export async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

/** What a refused import left: columns and rows of the table. */
export async function remains(tableId: string) {
  const { table, columns } = await room.tables.get(room.who, tableId);
  return { rows: (await room.rowsOf(tableId)).length, rowCount: table.rowCount, columns: columns.length };
}

/** One row's values, left to right. */
export async function rowAt(tableId: string, offset: number): Promise<unknown[]> {
  const { columns } = await room.tables.get(room.who, tableId);
  const page = await room.tables.listRows(room.who, tableId, { limit: 1, after: null, offset });
  return columns.map(({ id }) => page[0]?.values[id]);
}

export const typesOf = (columns: readonly { name: string; type: string }[]) =>
  Object.fromEntries(columns.map(({ name, type }) => [name, type]));
