import type { Column } from '@keyrail/contract/tables';
import { expect, test } from 'vitest';
import { canvasHeight, headerHeight, offsetsOf, rowHeight, scrollTopFor, viewAt } from './geometry.ts';

const height = 20 * rowHeight + headerHeight;
const column = (id: string, width: number) => ({ id, name: id, type: 'text', width }) as unknown as Column;
const offsets = offsetsOf([column('a', 200), column('b', 300), column('c', 300), column('d', 300)]);
const scrolled = (top: number, left = 0) => ({ top, left, width: 700, height });

test('only the rows on screen and a few around them are drawn', () => {
  const view = viewAt(scrolled(1000 * rowHeight), 100_000, offsets);
  expect(view.firstRow).toBe(994);
  expect(view.endRow).toBe(1026);
});

test('the last row is reached at the end of the scroll bar, with a million rows too', () => {
  for (const rowCount of [30, 100_000, 1_000_000]) {
    const end = canvasHeight(rowCount) - (height - headerHeight);
    expect(viewAt(scrolled(end), rowCount, offsets).endRow).toBe(rowCount);
  }
});

test('a canvas is never taller than a browser draws', () => {
  expect(canvasHeight(1_000_000)).toBeLessThan(17_000_000);
});

test('where a row is scrolled to, it is drawn at the top', () => {
  const rowCount = 1_000_000;
  for (const row of [0, 1, 499_999, 999_000]) {
    const top = scrollTopFor(row * rowHeight, rowCount, height - headerHeight);
    const view = viewAt(scrolled(top), rowCount, offsets);
    const drawnAt = view.top + (row - view.firstRow) * rowHeight - top;
    expect(Math.abs(drawnAt)).toBeLessThan(0.01);
  }
});

test('columns out of sight are not drawn, and the pinned one is not counted among the others', () => {
  expect(viewAt(scrolled(0, 0), 10, offsets)).toMatchObject({ firstColumn: 1, endColumn: 3 });
  expect(viewAt(scrolled(0, 400), 10, offsets)).toMatchObject({ firstColumn: 2, endColumn: 4 });
});

test('an empty table draws nothing', () => {
  expect(viewAt(scrolled(0), 0, [0])).toMatchObject({ firstRow: 0, endRow: 0, firstColumn: 1, endColumn: 1 });
});
