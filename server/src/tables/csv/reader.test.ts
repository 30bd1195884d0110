import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { growthByTen, LINEAR } from '../../../test/growth.ts';
import { CsvReader, UnreadableCsv } from './reader.ts';

interface Read {
  rows: string[][];
  lines: number[];
  broken: { line: number; column: number }[];
  reader: CsvReader;
}

function read(
  text: string,
  options: { pieceLength?: number; delimiter?: string; maxLineChars?: number } = {},
): Read {
  const result: Omit<Read, 'reader'> = { rows: [], lines: [], broken: [] };
  const reader = new CsvReader(
    { delimiter: options.delimiter ?? ',', maxFields: 1000, maxLineChars: options.maxLineChars ?? 8_000_000 },
    {
      row: (fields, line) => {
        result.rows.push(fields);
        result.lines.push(line);
      },
      broken: (line, column) => result.broken.push({ line, column }),
    },
  );
  const step = options.pieceLength ?? (text.length || 1);
  for (let at = 0; at < text.length; at += step) reader.write(text.slice(at, at + step));
  reader.end();
  return { ...result, reader };
}

test('rows come out as RFC 4180 writes them', () => {
  expect(read('a,b\r\n"1,5","say ""hi"""\r\n,"x\r\ny"\r\n').rows).toEqual([
    ['a', 'b'],
    ['1,5', 'say "hi"'],
    ['', 'x\r\ny'],
  ]);
});

test('LF, CRLF and CR end a row, also mixed in one file', () => {
  expect(read('a,b\n1,2\r\n3,4\r5,6\r7,8').rows).toEqual([
    ['a', 'b'],
    ['1', '2'],
    ['3', '4'],
    ['5', '6'],
    ['7', '8'],
  ]);
});

test('a row is known by the line it begins in, whatever line ends its values hold', () => {
  expect(read('a\n"1\n2\r\n3\r4"\nb\n\n\nc').lines).toEqual([1, 2, 6, 9]);
});

test('lines that hold nothing are left out and counted; an empty quoted value is a row', () => {
  const { rows, reader } = read('a\n\n\r\n""\nb\n');
  expect(rows).toEqual([['a'], [''], ['b']]);
  expect(reader.emptyLines).toBe(2);
});

test('a quote inside a value that does not begin with one is part of the value', () => {
  expect(read('5" pipe,x"y"\n').rows).toEqual([['5" pipe', 'x"y"']]);
});

test('a quote closed in the middle of a value costs its row, and reading goes on in the next line', () => {
  const { rows, broken } = read('a,b\n1,"x"y\n2,z\n');
  expect(broken).toEqual([{ line: 2, column: 1 }]);
  expect(rows).toEqual([
    ['a', 'b'],
    ['2', 'z'],
  ]);
});

test('a quote that is never closed costs its row, however much follows', () => {
  const rest = Array.from({ length: 50_000 }, (_, index) => `${index},v`).join('\n');
  const { rows, broken } = read(`a,b\n1,"open\n${rest}`, { pieceLength: 10_000 });
  expect(broken).toEqual([{ line: 2, column: 1 }]);
  expect(rows.length).toBe(50_001);
});

test('a quote that is never closed in an endless text costs its row once the row would be too long', () => {
  const rest = Array.from({ length: 1000 }, (_, index) => `${index},v`).join('\n');
  const { rows, broken } = read(`"open\n${rest}`, { pieceLength: 100, maxLineChars: 2000 });
  expect(broken).toEqual([{ line: 1, column: 0 }]);
  expect(rows.length).toBe(1000);
});

test('a row without an end is refused, naming its line', () => {
  expect(() => read(`a,b\n${'x,'.repeat(3000)}`, { pieceLength: 100, maxLineChars: 2000 })).toThrow(/line 2/);
  expect(() => read('x'.repeat(200_000), { pieceLength: 1000, maxLineChars: 100_000 })).toThrow(
    UnreadableCsv,
  );
});

test('a value that is too long is cut, and the row it is in still ends where it ends', () => {
  const long = 'x'.repeat(200_000);
  for (const value of [long, `"${long}"`]) {
    const { rows } = read(`a,${value},b\nc\n`, { pieceLength: 1000 });
    expect(rows.map((fields) => fields.map((field) => field.length))).toEqual([[1, 65_537, 1], [1]]);
  }
});

test('a text made to be read over and over again is refused instead', () => {
  const readHostile = (times: number) => {
    try {
      read('a","\n'.repeat(times), { pieceLength: 65_536 });
    } catch (error) {
      expect(error).toBeInstanceOf(UnreadableCsv);
    }
  };
  expect(growthByTen(readHostile, 20_000)).toBeLessThan(LINEAR);
});

test('the pieces a text comes in do not matter, and another reader reads the same', () => {
  const field = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('', 'a,b', '"', '""', 'x\ny', 'x\r\ny', ' ', '\r'),
  );
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      table,
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom('\n', '\r\n'),
      (rows, pieceLength, lineEnd) => {
        const text = rows.map((fields) => fields.map(written).join(',')).join(lineEnd);
        expect(read(text, { pieceLength }).rows).toEqual(rows);
        expect(parse(text, { relax_column_count: true, record_delimiter: lineEnd })).toEqual(rows);
      },
    ),
    { numRuns: 500 },
  );
});

test('broken text in any pieces gives the same rows and the same complaints', () => {
  const text = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'b'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9 }), (broken, pieceLength) => {
      const { reader: _one, ...whole } = read(broken);
      const { reader: _two, ...pieces } = read(broken, { pieceLength });
      expect(pieces).toEqual(whole);
    }),
    { numRuns: 3000 },
  );
});

function written(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
