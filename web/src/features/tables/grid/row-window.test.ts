import type { Row } from '@keyrail/contract/tables';
import { afterEach, expect, test, vi } from 'vitest';
import { pageSize, RowWindow } from './row-window.ts';

const rowAt = (index: number) => ({ id: `row_${index}`, values: { a: index }, cells: {} }) as unknown as Row;
const page = (offset: number) => Array.from({ length: pageSize }, (_, at) => rowAt(offset + at));

afterEach(() => {
  vi.useRealTimers();
});

test('only what is on screen when the pace allows it is asked for', async () => {
  vi.useFakeTimers();
  const asked: number[] = [];
  const rows = new RowWindow(async (offset) => {
    asked.push(offset / pageSize);
    return page(offset);
  }, fail);
  rows.look(50, 60);
  await vi.advanceTimersByTimeAsync(200);
  for (let first = 1_000; first < 90_000; first += 1_000) rows.look(first + 50, first + 60);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toEqual([0, 890]);
  expect(rows.row(89_055)?.id).toBe('row_89055');
});

test('a page that is scrolled past while it loads is given up', async () => {
  vi.useFakeTimers();
  const given: boolean[] = [];
  const rows = new RowWindow(
    (_offset, _limit, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          given.push(true);
          reject(signal.reason);
        });
      }),
    fail,
  );
  rows.look(50, 60);
  await vi.advanceTimersByTimeAsync(200);
  rows.look(5_050, 5_060);
  await vi.advanceTimersByTimeAsync(200);
  expect(given).toEqual([true]);
});

test('a row that has not changed keeps its identity over a reload, so that it is not drawn again', async () => {
  let changed = -1;
  const rows = new RowWindow(
    async (offset) =>
      page(offset).map((row, at) => (at === changed ? { ...row, values: { a: 'new' } } : row)),
    fail,
  );
  rows.look(50, 60);
  await expect.poll(() => rows.row(0)).toBeDefined();
  const [first, second] = [rows.row(0), rows.row(1)];
  changed = 1;
  rows.reload();
  await expect.poll(() => rows.row(1)?.values).toEqual({ a: 'new' });
  expect(rows.row(0)).toBe(first);
  expect(rows.row(1)).not.toBe(second);
});

test('what is not saved yet is shown whatever is loaded meanwhile, and after that what the server has', async () => {
  let answer = (_: Row[]) => {};
  const rows = new RowWindow(() => new Promise((resolve) => (answer = resolve)), fail);
  const loaded = async () => {
    rows.reload();
    answer(page(0));
    await new Promise((resolve) => setTimeout(resolve));
  };
  rows.look(0, 10);
  await loaded();
  const settle = rows.show([{ rowId: 'row_1', columnId: 'a', value: 'typed' }]);
  expect(rows.row(1)?.values).toEqual({ a: 'typed' });
  await loaded();
  expect(rows.row(1)?.values).toEqual({ a: 'typed' });
  expect(rows.row(2)?.values).toEqual({ a: 2 });
  settle(true);
  await loaded();
  expect(rows.row(1)?.values).toEqual({ a: 1 });
});

test('memory holds a bounded number of rows, however far somebody scrolls', async () => {
  vi.useFakeTimers();
  const rows = new RowWindow(async (offset) => page(offset), fail);
  for (let first = 0; first < 20_000; first += pageSize) {
    rows.look(first, first + 10);
    await vi.advanceTimersByTimeAsync(200);
  }
  const kept = Array.from({ length: 200 }, (_, at) => rows.row(at * pageSize)).filter(Boolean);
  expect(kept.length).toBeGreaterThan(50);
  expect(kept.length).toBeLessThanOrEqual(60);
});

test('what is copied or pasted over is read whole, however long it is and whatever is loaded again meanwhile', async () => {
  const rows: RowWindow = new RowWindow(async (offset) => {
    if (offset % 1_000 === 0) rows.reload();
    return page(offset);
  }, fail);
  rows.show([{ rowId: 'row_2', columnId: 'a', value: 'typed' }]);
  const found = await rows.read(1, 9_998);
  expect(found.map((row) => row.id)).toEqual(Array.from({ length: 9_998 }, (_, at) => `row_${at + 1}`));
  expect(found.slice(0, 3).map((row) => row.values.a)).toEqual([1, 'typed', 3]);
});

test('rows that cannot be loaded are not taken for rows that are not there', async () => {
  const gone = new Error('gone');
  const rows = new RowWindow(() => Promise.reject(gone), fail);
  await expect(rows.read(0, 10)).rejects.toBe(gone);
});

function fail(error: unknown): void {
  throw error;
}
