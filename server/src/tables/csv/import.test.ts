import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { imported, refusal, remains, room, rowAt, typesOf, useTables } from './import-under-test.ts';

useTables();

test('a file makes its columns with their types, and its rows', async () => {
  const { result, rows } = await imported(
    'Name,Age,Active,Since,Email,Site\nJane,34,true,2024-02-29,jane@acme.com,https://acme.com\nJoe,,false,,,\n',
  );
  expect(typesOf(result.columns)).toEqual({
    Name: 'text',
    Age: 'number',
    Active: 'boolean',
    Since: 'date',
    Email: 'email',
    Site: 'url',
  });
  expect(rows).toEqual([
    {
      Name: 'Jane',
      Age: 34,
      Active: true,
      Since: '2024-02-29',
      Email: 'jane@acme.com',
      Site: 'https://acme.com',
    },
    { Name: 'Joe', Active: false },
  ]);
  expect(result).toMatchObject({
    rowsAdded: 2,
    rowsChanged: 0,
    rejected: 0,
    problems: [],
    encoding: 'utf-8',
  });
});

test.each([
  '00123',
  '12345678901234567890',
  '1E5',
  '2024-02-30',
  'TRUE',
  '=1+1',
  '1.50',
  '+5',
  '-0',
  ' 7',
  '0x1F',
])('%s stays byte for byte what it is, as text', async (value) => {
  const { result, rows } = await imported(`a\n${value}\n`);
  expect(typesOf(result.columns)).toEqual({ a: 'text' });
  expect(rows).toEqual([{ a: value }]);
});

test('a row that is too wide has no say in what its columns are', async () => {
  const { result } = await imported('Company,Size\nHolt, Berg & Co,64\nAurora,12\nCedar,7,\n');
  expect(typesOf(result.columns)).toEqual({ Company: 'text', Size: 'number' });
  expect(result.rejected).toBe(1);
});

test('a detected type that does not hold further down makes the column text, and nothing is lost', async () => {
  const numbers = Array.from({ length: 60_000 }, (_, index) => `${index}.5,true,x@y.zz`).join('\n');
  const table = await room.newTable();
  const result = await room.importText(table.id, `n,b,e\n${numbers}\n007,TRUE,none\n`);
  expect(typesOf(result.columns)).toEqual({ n: 'text', b: 'text', e: 'text' });
  expect(result.rowsAdded).toBe(60_001);
  expect(await rowAt(table.id, 0)).toEqual(['0.5', 'true', 'x@y.zz']);
  expect(await rowAt(table.id, 60_000)).toEqual(['007', 'TRUE', 'none']);
  expect(result.notes).toContainEqual(
    '"n" looked like number, but not from line 60002 on; it came in as text.',
  );
});

test('values that a column of the table does not take keep their rows out, and are listed', async () => {
  const table = await room.newTable({ Name: 'text', Age: 'number' });
  const result = await room.importText(
    table.id,
    'name,AGE\nJane,34\nJoe,old\nJim,12345678901234567890\nJill,\n',
  );
  expect(result).toMatchObject({ rowsAdded: 2, rejected: 2 });
  expect(result.problems).toEqual([
    { line: 3, column: 'AGE', value: 'old', message: '"old" is not a number.' },
    {
      line: 4,
      column: 'AGE',
      value: '12345678901234567890',
      message: '"12345678901234567890" has more digits than a number can keep. Use a text column.',
    },
  ]);
  expect(await room.rowsOf(table.id)).toEqual([{ Name: 'Jane', Age: 34 }, { Name: 'Jill' }]);
});

test.each([
  ['UTF-8 with a byte order mark', Buffer.from('\ufeffName,City\nZoë,Köln\n'), 'utf-8'],
  ['UTF-16LE with a mark', iconv.encode('Name,City\nZoë,Köln\n', 'utf-16le', { addBOM: true }), 'utf-16le'],
  ['UTF-16BE with a mark', iconv.encode('Name,City\nZoë,Köln\n', 'utf-16be', { addBOM: true }), 'utf-16be'],
  ['UTF-16LE without one', iconv.encode('Name,City\nZoë,Köln\n', 'utf-16le'), 'utf-16le'],
  ['UTF-16BE without one', iconv.encode('Name,City\nZoë,Köln\n', 'utf-16be'), 'utf-16be'],
  ['Windows-1252', iconv.encode('Name,City\nZoë,Köln\n', 'windows-1252'), 'windows-1252'],
])('%s is read as what it is', async (_name, bytes, encoding) => {
  const { result, rows } = await imported(bytes);
  expect(result.encoding).toBe(encoding);
  expect(rows).toEqual([{ Name: 'Zoë', City: 'Köln' }]);
});

test('a file is known as Windows-1252 by its last line too', async () => {
  const ascii = `${'long '.repeat(20)},b\n`.repeat(15_000);
  const table = await room.newTable();
  const result = await room.importText(
    table.id,

    Buffer.concat([Buffer.from(ascii), iconv.encode('Zoë,ß\n', 'windows-1252')]),
  );
  expect(result.encoding).toBe('windows-1252');
  expect(await rowAt(table.id, 14_999)).toEqual(['Zoë', 'ß']);
});

test('bytes that are wrong in the encoding keep their row out instead of being stored as something else', async () => {
  const bytes = Buffer.concat([
    Buffer.from('n\nZoë\n'),
    Buffer.from([0x5a, 0x6f, 0xeb]),
    Buffer.from('\nJoe\n'),
  ]);
  const { result, rows } = await imported(bytes);
  expect(rows).toEqual([{ n: 'Zoë' }, { n: 'Joe' }]);
  expect(result.problems).toMatchObject([{ line: 3, column: 'n' }]);
});

test.each([
  [',', 'comma'],
  [';', 'semicolon'],
  ['\t', 'tab'],
  ['|', 'pipe'],
])('the delimiter %j is found', async (delimiter, _name) => {
  const text = ['Name,x', 'Price', 'City'].join(delimiter);
  const { result, rows } = await imported(
    `${text.replace('Name,x', 'Name')}\n${['Jane', '1', '"a,b;c"'].join(delimiter)}\n${['Joe', '2', 'd'].join(delimiter)}\n`,
  );
  expect(result.delimiter).toBe(delimiter);
  expect(rows).toEqual([
    { Name: 'Jane', Price: 1, City: 'a,b;c' },
    { Name: 'Joe', Price: 2, City: 'd' },
  ]);
});

test("Excel's first line sep=; is obeyed, and is no row", async () => {
  const { result, rows } = await imported('sep=;\r\na;b\r\n1,5;x\r\n1;2;3\r\n');
  expect(rows).toEqual([{ a: '1,5', b: 'x' }]);
  expect(result.problems).toMatchObject([{ line: 4 }]);
});

test('a first row of values is a row, not a header', async () => {
  const { rows } = await imported('jane@acme.com,34\njoe@acme.com,35\n');
  expect(rows).toEqual([
    { 'Column 1': 'jane@acme.com', 'Column 2': 34 },
    { 'Column 1': 'joe@acme.com', 'Column 2': 35 },
  ]);
});

test('headers that are empty or double are made unique, and it is said', async () => {
  const { result, rows } = await imported('Email,,email, Email ,Email 2\n1a,2a,3a,4a,5a\n');
  expect(rows).toEqual([
    { Email: '1a', 'Column 2': '2a', 'email 2': '3a', 'Email 3': '4a', 'Email 2 2': '5a' },
  ]);
  expect(result.notes).toContain('Two columns named email; the second is now email 2.');
  expect(result.notes).toContain('Column 2 has no name in the file; it is now "Column 2".');
});

test('headers named like parts of JavaScript are names like others', async () => {
  const { rows } = await imported('__proto__,constructor,<script>,toString\na,b,c,d\n');
  expect(Object.entries(rows[0] ?? {})).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['<script>', 'c'],
    ['toString', 'd'],
  ]);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});

test('a header of ten kilobytes is cut, and it is said', async () => {
  const { result } = await imported(`${'h'.repeat(10_240)},b\n1,2\n`);
  expect(result.columns[0]?.name.length).toBe(200);
  expect(result.notes).toEqual(['The name of column 1 is longer than 200 characters and was cut.']);
});

test('short rows are filled up, long ones are listed, empty ones left out; each is said', async () => {
  const { result, rows } = await imported('a,b,c\n1,2\nx,y,z,zz\n\n,,\np,q,r,,\n');
  expect(rows).toEqual([
    { a: '1', b: '2' },
    { a: 'p', b: 'q', c: 'r' },
  ]);
  expect(result.problems).toEqual([
    { line: 3, column: null, value: 'zz', message: 'The row has 4 values for 3 columns.' },
  ]);
  expect(result.notes).toEqual([
    '2 empty rows were left out.',
    '1 row has fewer values than there are columns; the missing ones are empty.',
  ]);
});

test('a row with broken quotes is listed with its line, and the rest comes in', async () => {
  const { result, rows } = await imported('a,b\n1,"x"y\n2,z\n3,"open\n4,w\n');
  expect(rows).toEqual([
    { a: 2, b: 'z' },
    { a: 4, b: 'w' },
  ]);
  expect(result.problems.map(({ line, column }) => [line, column])).toEqual([
    [2, 'b'],
    [4, 'b'],
  ]);
});

test('values with NUL, half a character or more than 64 KB keep their row out; 64 KB come in', async () => {
  const long = 'ä'.repeat(32_768);
  const { result, rows } = await imported(`a,b\nx\0y,1\n${long},2\n${long}z,3\nok,4\n`);
  expect(rows.map(({ b }) => b)).toEqual([2, 4]);
  expect(result.problems.map(({ line }) => line)).toEqual([2, 4]);
  const half = Buffer.from('\ufeffa\nx\ud800y\nok\n', 'utf16le');
  expect((await imported(half)).result.problems).toMatchObject([{ line: 2 }]);
});

test('a thousand columns come in, one more is refused with the reason', async () => {
  const header = Array.from({ length: 1000 }, (_, index) => `c${index}`);
  const { result } = await imported(`${header.join(',')}\n${header.map((_, index) => index).join(',')}\n`);
  expect(result.columns.length).toBe(1000);
  expect(result.rowsAdded).toBe(1);
  const table = await room.newTable();
  const error = await refusal(room.importText(table.id, `${header.join(',')},more\n1\n`));
  expect([error.code, error.reason]).toEqual(['too_large', 'too_many_columns']);
  expect(await remains(table.id)).toEqual({ rows: 0, rowCount: 0, columns: 0 });
});

test.each(['', '\ufeff', '\n\r\n\n'])(
  'a file with nothing in it (%j) is refused with the reason',
  async (text) => {
    const table = await room.newTable();
    expect((await refusal(room.importText(table.id, text))).reason).toBe('empty');
  },
);

test('a file with a header alone makes the columns and says that there were no rows', async () => {
  const { result, rows } = await imported('Name,Email\n');
  expect(typesOf(result.columns)).toEqual({ Name: 'text', Email: 'text' });
  expect(rows).toEqual([]);
  expect(result.notes).toEqual(['There were no rows in the file.']);
});

test.each([
  ['an Excel workbook', Buffer.from('PK\x03\x04\x14\0\x06\0[Content_Types].xml', 'latin1')],
  ['a zip archive', Buffer.from('PK\x03\x04\x14\0\x06\0notes.txt', 'latin1')],
  ['an old Excel workbook', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1])],
  ['a PDF', Buffer.from('%PDF-1.7\n')],
  ['a web page', Buffer.from('<!DOCTYPE html><html>')],
  ['random bytes', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 32))],
])('%s is refused for what it is', async (_name, bytes) => {
  const table = await room.newTable();
  const error = await refusal(room.importText(table.id, bytes));
  expect([error.code, error.reason]).toEqual(['unsupported_media_type', 'not_a_csv']);
  expect(error.detail).toContain('Nothing was imported');
});
