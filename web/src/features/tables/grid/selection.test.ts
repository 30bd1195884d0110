import { expect, test } from 'vitest';
import { at, moved, rangeOf } from './selection.ts';

const size = { rows: 100, columns: 5, page: 20 };
const press = (key: string, held: Partial<Record<'shiftKey' | 'ctrlKey' | 'metaKey', boolean>> = {}) => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  ...held,
});

test('arrows move one cell and stop at the edges', () => {
  expect(moved(at(0, 0), press('ArrowUp'), size)).toEqual(at(0, 0));
  expect(moved(at(0, 0), press('ArrowRight'), size)).toEqual(at(0, 1));
  expect(moved(at(99, 4), press('ArrowDown'), size)).toEqual(at(99, 4));
});

test('Shift grows the range from the active cell, which stays', () => {
  const grown = moved(at(3, 1), press('ArrowDown', { shiftKey: true }), size);
  expect(grown).toEqual({ active: { row: 3, column: 1 }, reach: { row: 4, column: 1 } });
  expect(grown && rangeOf(grown)).toEqual({ top: 3, bottom: 4, left: 1, right: 1 });
});

test('Ctrl goes to the edge, Home and End to the ends of the row, with Ctrl to those of the table', () => {
  expect(moved(at(3, 1), press('ArrowDown', { ctrlKey: true }), size)).toEqual(at(99, 1));
  expect(moved(at(3, 1), press('End'), size)).toEqual(at(3, 4));
  expect(moved(at(3, 1), press('Home', { metaKey: true }), size)).toEqual(at(0, 0));
});

test('Tab goes on in the next row, and back from its beginning', () => {
  expect(moved(at(3, 4), press('Tab'), size)).toEqual(at(4, 0));
  expect(moved(at(4, 0), press('Tab', { shiftKey: true }), size)).toEqual(at(3, 4));
});

test('a letter moves nothing', () => {
  expect(moved(at(3, 1), press('x'), size)).toBeUndefined();
});
