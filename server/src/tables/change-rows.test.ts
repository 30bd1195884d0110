import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import type { CellsSource } from './cells-source.ts';
import { runForgetValues } from './forget-values.ts';
import { insertColumns } from './table-store.ts';
import { type TablesUnderTest, tablesUnderTest } from './under-test.ts';

let database: TestDatabase;
let room: TablesUnderTest;
let told: { columnIds: readonly string[]; rowIds: readonly string[] | null }[] = [];
const cells: CellsSource = {
  cellsOfRows: async () => [],
  activeRuns: async () => [],
  inputsChanged: async (_tx, _workspaceId, { columnIds, rowIds }) => {
    told.push({ columnIds, rowIds });
  },
};
beforeAll(async () => {
  database = await freshDatabase();
  room = await tablesUnderTest(database, cells);
});
afterAll(() => database.close());
beforeEach(() => {
  told = [];
});

/** Columns Domain and Note; the action column takes Domain. */
async function tableWithAction() {
  const { id, columnIds } = await room.newTable({ Domain: 'text', Note: 'text', Score: 'number' });
  const [domain = '', note = '', score = ''] = columnIds;
  const action = {
    integration: 'finder',
    action: 'find',
    connection_id: null,
    inputs: { domain: { kind: 'column' as const, column_id: domain as never } },
    outputs: {},
  };
  const actionId = `${domain.slice(0, -1)}${domain.endsWith('z') ? 'y' : 'z'}`;
  await database.db.transact(room.who.workspaceId, (tx) =>
    insertColumns(tx, room.who.workspaceId, id, [
      { id: actionId, key: 99, name: 'Find', type: 'action', position: 3, width: null, action },
    ]),
  );
  const made = await room.tables.createRows(room.who, id, [
    { values: { [domain]: 'a.com' } },
    { values: { [domain]: 'b.com' } },
  ]);
  return { id, domain, note, score, actionId, rowIds: made.map((row) => row.id) };
}

const write = (tableId: string, writes: { rowId: string; values: Record<string, unknown> }[]) =>
  database.db.transact(room.who.workspaceId, (tx) =>
    room.tables.writeValues(tx, room.who.workspaceId, tableId, writes),
  );

test('who takes a changed value is told which rows, and only those', async () => {
  const { id, domain, note, actionId, rowIds } = await tableWithAction();
  const [first = '', second = ''] = rowIds;
  await room.tables.updateRows(room.who, id, [
    { id: first, values: { [domain]: 'a.com', [note]: 'x' } },
    { id: second, values: { [domain]: 'c.com' } },
  ]);
  expect(told).toEqual([{ columnIds: [actionId], rowIds: [second] }]);
});

test('outputs are written in one batch; what does not fit comes back, and the rest is there', async () => {
  const { id, domain, note, score, actionId, rowIds } = await tableWithAction();
  const [first = '', second = ''] = rowIds;
  const misfits = await write(id, [
    { rowId: first, values: { [note]: 'found', [score]: '97' } },
    { rowId: second, values: { [score]: 'high', [domain]: null, col_gone: 1 } },
    { rowId: 'row_01arz3ndektsv4rrffq69g5fav', values: { [note]: 'gone' } },
    { rowId: first, values: { [note]: 'found again' } },
  ]);
  expect(misfits).toEqual([{ rowId: second, columnId: score, message: 'Score: "high" is not a number.' }]);
  expect(told).toEqual([{ columnIds: [actionId], rowIds: [second] }]);
  const rows = await database.db.transact(room.who.workspaceId, (tx) =>
    room.tables.readRows(tx, room.who.workspaceId, id, rowIds),
  );
  expect(rows.map(({ values }) => values)).toEqual([
    { [domain]: 'a.com', [note]: 'found again', [score]: 97 },
    {},
  ]);
});

test('two writers of the same rows in other orders do not stop each other', async () => {
  const { id, columnIds } = await room.newTable({ A: 'number', B: 'number' });
  const [a = '', b = ''] = columnIds;
  const made = await room.tables.createRows(
    room.who,
    id,
    Array.from({ length: 300 }, () => ({ values: {} })),
  );
  const ids = made.map((row) => row.id);
  await Promise.all(
    Array.from({ length: 8 }, (_, round) =>
      write(
        id,
        (round % 2 === 0 ? ids : ids.toReversed()).map((rowId) => ({
          rowId,
          values: { [round < 4 ? a : b]: round },
        })),
      ),
    ),
  );
  const rows = await room.rowsOf(id);
  expect(rows.every((row) => typeof row.A === 'number' && typeof row.B === 'number')).toBe(true);
});

test('of several values for one cell in one batch the last one stays', async () => {
  const { id, columnIds } = await room.newTable({ A: 'text' });
  const [a = ''] = columnIds;
  const made = await room.tables.createRows(
    room.who,
    id,
    Array.from({ length: 1000 }, () => ({ values: {} })),
  );
  for (let batch = 0; batch < 10; batch++)
    await write(
      id,
      made.slice(batch * 100, batch * 100 + 100).flatMap(({ id: rowId }) => [
        { rowId, values: { [a]: `first ${batch}` } },
        { rowId, values: { [a]: `second ${batch}` } },
      ]),
    );
  const kept = (await room.rowsOf(id)).map((row) => row.A);
  expect(kept).toEqual(Array.from({ length: 1000 }, (_, index) => `second ${Math.floor(index / 100)}`));
});

test('a deleted column is gone from every answer at once, and from the rows once the job is done', async () => {
  const { id, columnIds } = await room.newTable({ A: 'text', B: 'text' });
  const [a = '', b = ''] = columnIds;
  await room.tables.createRows(room.who, id, [
    { values: { [a]: 'secret', [b]: 'kept' } },
    { values: { [b]: 'kept' } },
  ]);
  await room.tables.deleteColumn(room.who, id, a, null);
  expect(await room.rowsOf(id)).toEqual([{ B: 'kept' }, { B: 'kept' }]);
  // A new column of the same name does not bring the old values back.
  await room.tables.createColumn(room.who, id, { name: 'A', type: 'text' }, null);
  expect(await room.rowsOf(id)).toEqual([{ B: 'kept' }, { B: 'kept' }]);
  const { rows } = await database.db.systemPool.query(
    "select payload from graphile_worker._private_jobs where payload ->> 'table_id' = $1",
    [id],
  );
  const outcome = await runForgetValues({ transact: database.db.transact }, rows[0].payload, {
    stopping: new AbortController().signal,
  });
  expect(outcome).toBe('done');
  const left = await database.db.systemPool.query('select values::text from table_rows where table_id = $1', [
    id,
  ]);
  expect(left.rows.map((row) => row.values)).toEqual(['{"2": "kept"}', '{"2": "kept"}']);
});

test('a deleted table takes its rows with it, and no other table any', async () => {
  const [gone, stays] = [await room.newTable({ A: 'text' }), await room.newTable({ A: 'text' })];
  for (const { id, columnIds } of [gone, stays])
    await room.tables.createRows(room.who, id, [{ values: { [columnIds[0] ?? '']: 'x' } }]);
  await room.tables.remove(room.who, gone.id, null);
  const left = await database.db.systemPool.query(
    'select table_id from table_rows where table_id = any($1)',
    [[gone.id, stays.id]],
  );
  expect(left.rows).toEqual([{ table_id: stays.id }]);
});

test('a connection to the database that is lost in the middle of an import leaves nothing', async () => {
  const table = await room.newTable();
  async function* lines(): AsyncGenerator<Buffer> {
    yield Buffer.from(`a\n${'1234567890\n'.repeat(200_000)}`);
    const { rows } = await database.db.systemPool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy table_rows%' and datname = current_database()",
    );
    expect(rows.length).toBe(1);
    yield Buffer.from('1\n'.repeat(1000));
  }
  await expect(room.importText(table.id, lines())).rejects.toMatchObject({ code: 'unavailable' });
  expect(await room.rowsOf(table.id)).toEqual([]);
  expect((await room.importText(table.id, 'a\n1\n')).rowsAdded).toBe(1);
});

test('the loop of events goes on while a file comes in', async () => {
  const table = await room.newTable();
  const line = `${Array.from({ length: 10 }, (_, index) => `some value ${index}`).join(',')}\n`;
  let longest = 0;
  // The processor time of this thread, as others may keep the machine busy meanwhile.
  const timeMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = timeMs();
  const timer = setInterval(() => {
    const now = timeMs();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  const result = await room.importText(
    table.id,
    Buffer.from(`h\n${line}`.replace('h', line.trim()) + line.repeat(60_000)),
  );
  clearInterval(timer);
  expect(result.rowsAdded + result.rejected).toBeGreaterThan(60_000);
  expect(longest).toBeLessThan(200);
});
