import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/database.ts';
import type { CellOfRow, CellsSource } from '../cells-source.ts';
import { insertColumns } from '../table-store.ts';
import { type TablesUnderTest, tablesUnderTest } from '../under-test.ts';
import { exportCsv } from './export.ts';
import { csvLine } from './write-csv.ts';

let database: TestDatabase;
let room: TablesUnderTest;
let cells: Map<string, Omit<CellOfRow, 'rowId'>>;
const source: CellsSource = {
  cellsOfRows: async (_tx, _workspaceId, _tableId, rowIds) =>
    rowIds.flatMap((rowId) => {
      const cell = cells.get(rowId);
      return cell ? [{ rowId, ...cell }] : [];
    }),
  activeRuns: async () => [],
  inputsChanged: async () => {},
};
beforeAll(async () => {
  database = await freshDatabase();
  room = await tablesUnderTest(database, source);
});
afterAll(() => database.close());

async function exported(tableId: string): Promise<string> {
  const { csv } = await room.tables.exportCsv(room.who, tableId, { withByteOrderMark: false });
  return (await csv.toArray()).join('');
}

async function numbered(count: number) {
  const table = await room.newTable();
  await room.importText(
    table.id,
    `n,text\n${Array.from({ length: count }, (_, index) => `${index},some text ${index}`).join('\n')}`,
  );
  return table.id;
}

test('a cell of an action column is exported where it is done, and empty otherwise', async () => {
  const { id, columnIds } = await room.newTable({ Name: 'text' });
  const [name = ''] = columnIds;
  const columnId = 'col_01arz3ndektsv4rrffq69g5fav';
  const action = { integration: 'finder', action: 'find', connection_id: null, inputs: {}, outputs: {} };
  await database.db.transact(room.who.workspaceId, (tx) =>
    insertColumns(tx, room.who.workspaceId, id, [
      { id: columnId, key: 9, name: 'Find', type: 'action', position: 1, width: null, action },
    ]),
  );
  const rows = await room.tables.createRows(
    room.who,
    id,
    ['done', 'error', 'stale', 'number', 'never'].map((value) => ({ values: { [name]: value } })),
  );
  const ids = rows.map((row) => row.id);
  const cell = (state: CellOfRow['state'], value: CellOfRow['value']) => ({
    columnId,
    state,
    value,
    message: null,
  });
  cells = new Map([
    [ids[0] ?? '', cell('done', '=found@acme.com')],
    [ids[1] ?? '', cell('error', null)],
    [ids[2] ?? '', cell('stale', 'old@acme.com')],
    [ids[3] ?? '', cell('done', -5)],
  ]);
  expect(await exported(id)).toBe(
    "Name,Find\r\ndone,'=found@acme.com\r\nerror,\r\nstale,\r\nnumber,-5\r\nnever,\r\n",
  );
});

test('what changes while an export goes on does not show in it', async () => {
  const id = await numbered(60_000);
  const { csv } = await room.tables.exportCsv(room.who, id, { withByteOrderMark: false });
  const reading = csv[Symbol.asyncIterator]();
  const parts = [String((await reading.next()).value)];
  await room.importText(id, 'n,text\n1,late\n');
  const [last] = await room.tables.listRows(room.who, id, { limit: 1, after: null, offset: 59_999 });
  await room.tables.deleteRows(room.who, id, [last?.id ?? '']);
  for (let next = await reading.next(); !next.done; next = await reading.next())
    parts.push(String(next.value));
  const rows: string[][] = parse(parts.join(''));
  expect(rows.length).toBe(60_001);
  expect(rows.at(-1)).toEqual(['59999', 'some text 59999']);
});

test('a reader that goes away, or takes nothing any more, leaves no transaction behind', async () => {
  const id = await numbered(30_000);
  for (const leave of ['away', 'silent']) {
    const deps = { ...room.importDeps(), limits: { stallMs: 50 } };
    const { csv } = await exportCsv(deps, room.who, id, { withByteOrderMark: false });
    csv.on('error', () => {});
    const closed = new Promise((resolve) => csv.once('close', resolve));
    if (leave === 'away') csv.once('readable', () => csv.destroy());
    await closed;
    let open = 1;
    while (open > 0) {
      const { rows } = await database.db.systemPool.query(
        `select count(*)::int as n from pg_stat_activity
          where datname = current_database() and state = 'idle in transaction'`,
      );
      open = rows[0].n;
    }
  }
});

test('only so many files go in and out at once; the next is told to wait', async () => {
  const id = await numbered(30_000);
  const streams = [];
  for (let index = 0; index < 2; index++)
    streams.push((await room.tables.exportCsv(room.who, id, { withByteOrderMark: false })).csv);
  for (const csv of streams) {
    csv.on('error', () => {});
    await new Promise((resolve) => csv.once('readable', resolve));
  }
  await expect(room.importText(id, 'n,text\n1,x\n')).rejects.toMatchObject({ code: 'too_many_requests' });
  for (const csv of streams) csv.destroy();
  await expect
    .poll(() =>
      room.importText(id, 'n,text\n1,x\n').then(
        () => 'in',
        () => 'not yet',
      ),
    )
    .toBe('in');
});

test('a field is quoted where RFC 4180 wants it', () => {
  expect(csvLine(['a,b', 'say "hi"', 'x\r\ny', ' padded ', 'plain', null, 1.5, true, { a: 1 }])).toBe(
    '"a,b","say ""hi""","x\r\ny"," padded ",plain,,1.5,true,"{""a"":1}"\r\n',
  );
  expect(csvLine(['-1', -1, '\t=1', '\0=1', '＝1', '+49 170', 'a=b'])).toBe(
    "'-1,-1,'\t=1,'\0=1,'＝1,'+49 170,a=b\r\n",
  );
});
