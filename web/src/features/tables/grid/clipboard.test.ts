import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromTabbed, toTabbed } from './clipboard.ts';

test('what is copied is what is pasted, whatever the cells hold', () => {
  const cell = fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\r', ''));
  const rows = fc
    .integer({ min: 1, max: 4 })
    .chain((width) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 4 }),
    )
    // One empty cell is an empty clipboard.
    .filter((all) => toTabbed(all) !== '');
  fc.assert(
    fc.property(rows, (all) => {
      const pasted = fromTabbed(`${toTabbed(all)}\n`);
      expect(pasted).toEqual(all);
    }),
  );
});

test('line ends of every system end a row, and one at the end opens no row', () => {
  expect(fromTabbed('a\tb\r\nc\td\n')).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('a quote inside a cell, or one that is never closed, is text', () => {
  expect(fromTabbed('5" pipe\t"open')).toEqual([['5" pipe', '"open']]);
});

test('HTML is text', () => {
  expect(fromTabbed('<img src=x onerror=alert(1)>')).toEqual([['<img src=x onerror=alert(1)>']]);
});
