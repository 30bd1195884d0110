import { expect, test } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import { inPieces, tablesUnderTest } from '../under-test.ts';
import { importCsv } from './import.ts';
import { database, refusal, remains, room, rowAt, typesOf, useTables } from './import-under-test.ts';

useTables();

async function* endless(line: string): AsyncGenerator<Buffer> {
  yield Buffer.from('a,b\n');
  for (;;) yield Buffer.from(line.repeat(1000));
}

test.each([
  ['too_many_rows', 'x,y\n', { maxRows: 5000 }],
  ['too_many_bytes', `${'x'.repeat(100)},y\n`, { maxBytes: 3_000_000 }],
  ['line_too_long', 'x', {}],
  ['line_too_long', 'x,', {}],
])(
  'an endless file is refused at the limit (%s), and nothing of it is there',
  async (reason, line, limits) => {
    const table = await room.newTable();
    const error = await refusal(room.importText(table.id, endless(line), { limits }));
    expect([error.code, error.reason]).toEqual(['too_large', reason]);
    expect(error.detail).toContain('Nothing was imported');
    expect(await remains(table.id)).toEqual({ rows: 0, rowCount: 0, columns: 0 });
  },
);

test('the limit of rows counts those that are there already', async () => {
  const table = await room.newTable();
  await room.importText(table.id, 'a\n1\n2\n3\n', { limits: { maxRows: 5 } });
  const error = await refusal(room.importText(table.id, 'a\n4\n5\n6\n', { limits: { maxRows: 5 } }));
  expect(error.reason).toBe('too_many_rows');
  expect(await remains(table.id)).toEqual({ rows: 3, rowCount: 3, columns: 1 });
});

test('a sender that goes away leaves nothing, and neither lock nor connection', async () => {
  const table = await room.newTable();
  async function* gone(): AsyncGenerator<Buffer> {
    yield Buffer.from(`a\n${'1234567890\n'.repeat(120_000)}`);
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    const error = await refusal(room.importText(table.id, gone(), { limits: { maxRows: 10_000_000 } }));
    expect(error.reason).toBe('upload_ended');
  }
  expect(await remains(table.id)).toEqual({ rows: 0, rowCount: 0, columns: 0 });
  expect((await room.importText(table.id, 'a\n1\n')).rowsAdded).toBe(1);
});

test('a sender that falls silent is given up', async () => {
  const table = await room.newTable();
  async function* silent(): AsyncGenerator<Buffer> {
    yield Buffer.from('a\n1\n');
    await new Promise(() => {});
  }
  const error = await refusal(room.importText(table.id, silent(), { limits: { stallMs: 50 } }));
  expect(error.reason).toBe('upload_ended');
});

test('two files at once into one table: the second is told to wait', async () => {
  const table = await room.newTable();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let began = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    began = resolve;
  });
  async function* slow(): AsyncGenerator<Buffer> {
    yield Buffer.from(`a\n${'1234567890\n'.repeat(120_000)}`);
    began();
    await held;
    yield Buffer.from('2\n');
  }
  const first = room.importText(table.id, slow());
  await hasBegun;
  // The first holds the table as soon as it has seen its first megabyte.
  let error: AppError | null = null;
  while (error?.reason !== 'import_active') {
    error = await room.importText(table.id, 'zz\n1\n').then(
      () => null,
      (thrown: AppError) => thrown,
    );
  }
  expect((await refusal(room.tables.remove(room.who, table.id, null))).reason).toBe('import_active');
  release();
  expect((await first).rowsAdded).toBe(120_001);
});

test('an import stops when who began it may no longer do so, and nothing is there', async () => {
  const table = await room.newTable();
  const deps = room.importDeps();
  let now = Date.now();
  const clock = {
    ...deps.clock,
    now: () => {
      now += 1000;
      return new Date(now);
    },
  };
  const error = await refusal(
    importCsv({ ...deps, clock }, room.who, table.id, {
      body: endless('1,2\n'),
      options: { encoding: 'auto', delimiter: 'auto', has_header: 'auto' },
      checkMayGoOn: async () => {
        throw new AppError('forbidden');
      },
    }),
  );
  expect(error.code).toBe('forbidden');
  expect(await remains(table.id)).toEqual({ rows: 0, rowCount: 0, columns: 0 });
});

test('a plan says where each column goes; columns can be left out', async () => {
  const table = await room.newTable({ Who: 'text' });
  const result = await room.importText(table.id, 'Name,Age,Note\nJane,34,x\n', {
    plan: [
      { to: 'column', column_id: table.columnIds[0] as never },
      { to: 'new', name: 'Years', type: 'text' },
      { to: 'skip' },
    ],
  });
  expect(typesOf(result.columns)).toEqual({ Who: 'text', Years: 'text' });
  expect(await room.rowsOf(table.id)).toEqual([{ Who: 'Jane', Years: '34' }]);
});

test('a plan that does not fit the file is refused, naming the entry', async () => {
  const table = await room.newTable({ Who: 'text' });
  const toWho = { to: 'column' as const, column_id: table.columnIds[0] as never };
  const wrong = await refusal(room.importText(table.id, 'a,b\n1,2\n', { plan: [toWho] }));
  expect(wrong.fields).toEqual([{ path: 'plan', message: 'The file has 2 columns, the plan 1 entries.' }]);
  const twice = await refusal(room.importText(table.id, 'a,b\n1,2\n', { plan: [toWho, toWho] }));
  expect(twice.fields).toMatchObject([{ path: 'plan.1.column_id' }]);
});

test('upsert changes the rows whose value is there already, and adds the others', async () => {
  const table = await room.newTable({ Email: 'email', Name: 'text', City: 'text' });
  const [email = ''] = table.columnIds;
  await room.importText(
    table.id,
    'Email,Name,City\nj@a.com,Jane,Bonn\nk@a.com,Karl,Kiel\nl@a.com,Lea,Linz\n',
  );
  const result = await room.importText(
    table.id,
    'Email,City,Score\nk@a.com,Rom,5\nn@a.com,Nizza,6\nn@a.com,,7\nl@a.com,Linz,\n,Genf,8\n',
    { upsertBy: email },
  );
  expect(result).toMatchObject({ rowsAdded: 1, rowsChanged: 1, rejected: 1 });
  expect(result.problems).toMatchObject([{ line: 6, column: 'Email' }]);
  expect(await room.rowsOf(table.id)).toEqual([
    { Email: 'j@a.com', Name: 'Jane', City: 'Bonn' },
    { Email: 'k@a.com', Name: 'Karl', City: 'Rom', Score: 5 },
    { Email: 'l@a.com', Name: 'Lea', City: 'Linz' },
    { Email: 'n@a.com', City: 'Nizza', Score: 7 },
  ]);
  expect((await room.tables.get(room.who, table.id)).table.rowCount).toBe(4);
});

test('a hundred thousand rows come in whatever pieces they are sent in', async () => {
  const table = await room.newTable();
  const text = `a,b\n${Array.from({ length: 100_000 }, (_, index) => `${index},"x, ""${index}"""`).join('\n')}`;
  const result = await room.importText(table.id, inPieces(Buffer.from(text), 1_000_003));
  expect(result.rowsAdded).toBe(100_000);
  expect(await rowAt(table.id, 99_999)).toEqual([99_999, 'x, "99999"']);
});

test('one workspace cannot import into the table of another', async () => {
  const table = await room.newTable();
  const other = await tablesUnderTest(database);
  expect((await refusal(other.importText(table.id, 'a\n1\n'))).code).toBe('not_found');
});
