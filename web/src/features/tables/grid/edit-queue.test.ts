import type { CellValue, Row } from '@keyrail/contract/tables';
import { afterEach, expect, test, vi } from 'vitest';
import { answerWithinMs, atOnce, type Edit, EditQueue } from './edit-queue.ts';
import { pageSize, RowWindow } from './row-window.ts';

afterEach(() => {
  vi.useRealTimers();
});

const offline = new Error('offline');

/** A grid of a hundred rows, and a server that answers when it is told to. */
async function setUp() {
  const stored = new Map<string, CellValue>(Array.from({ length: pageSize }, (_, at) => [`row_${at}`, at]));
  const load = async () => [...stored].map(([id, a]) => ({ id, values: { a }, cells: {} }) as unknown as Row);
  const rows = new RowWindow(load, (error) => expect.unreachable(String(error)));
  rows.look(0, 10);
  rows.reload();
  await expect.poll(() => rows.row(0)).toBeDefined();
  const sent: { values: CellValue[]; take: () => void; refuse: (why?: unknown) => void }[] = [];
  const refused: unknown[] = [];
  const back = Promise.withResolvers<void>();
  const queue = new EditQueue({
    rows,
    whenBack: (error) => (error === offline ? back.promise : undefined),
    send: (edits, signal) =>
      new Promise<void>((resolve, reject) => {
        const take = () => {
          for (const { rowId, value } of edits) stored.set(rowId, value);
          resolve();
        };
        const values = edits.map(({ value }) => value);
        sent.push({ values, take, refuse: (why = new Error('refused')) => reject(why) });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    onSettled: () => {},
    onRefused: (error) => refused.push(error),
  });
  const shown = (row: number) => rows.row(row)?.values.a;
  const type = (row: number, value: CellValue) =>
    queue.save([{ rowId: `row_${row}`, columnId: 'a', value, before: shown(row) ?? null }]);
  const next = async (answer: 'take' | 'refuse') => {
    await expect.poll(() => sent.length).toBeGreaterThan(0);
    sent.shift()?.[answer]();
  };
  return { queue, type, next, sent, refused, shown, stored, back };
}

test('a change that is refused keeps none that comes after it, and takes nothing back that was typed later', async () => {
  const { type, next, shown, stored, refused } = await setUp();
  const results = [type(0, 'one'), type(0, 'two'), type(1, 'other')];
  await next('refuse');
  expect(await results[0]).toBe(false);
  expect(shown(0)).toBe('two');
  await next('take');
  await next('take');
  expect(await Promise.all(results)).toEqual([false, true, true]);
  expect([shown(0), stored.get('row_0'), stored.get('row_1')]).toEqual(['two', 'two', 'other']);
  expect(refused).toHaveLength(1);
});

test('where nothing of what was typed is taken, the cell shows what the server has', async () => {
  const { type, next, shown } = await setUp();
  const results = [type(0, 'one'), type(0, 'two')];
  await next('refuse');
  await next('refuse');
  expect(await Promise.all(results)).toEqual([false, false]);
  expect(shown(0)).toBe(0);
});

test('where the second of two changes is refused, the cell shows the first', async () => {
  const { type, next, shown } = await setUp();
  const results = [type(0, 'one'), type(0, 'two')];
  await next('take');
  await next('refuse');
  expect(await Promise.all(results)).toEqual([true, false]);
  expect(shown(0)).toBe('one');
});

test('what is typed after an undo stays, also where the undone change was not saved yet', async () => {
  const { queue, type, next, shown, stored } = await setUp();
  const first = type(0, 'one');
  const undone = queue.undo();
  expect(shown(0)).toBe(0);
  const last = type(0, 'two');
  for (let at = 0; at < 3; at++) await next('take');
  expect(await Promise.all([first, undone, last])).toEqual([true, true, true]);
  expect([shown(0), stored.get('row_0')]).toEqual(['two', 'two']);
});

test('what was refused is not undone', async () => {
  const { queue, type, next, shown, sent } = await setUp();
  const first = type(0, 'one');
  const undone = queue.undo();
  await next('refuse');
  expect(await Promise.all([first, undone])).toEqual([false, false]);
  expect([shown(0), sent.length]).toEqual([0, 0]);
});

test('a change without an answer is given up, and what comes after it is sent', async () => {
  const { type, sent, shown, refused } = await setUp();
  vi.useFakeTimers();
  const [first, second] = [type(0, 'one'), type(1, 'other')];
  await vi.advanceTimersByTimeAsync(answerWithinMs);
  expect(await first).toBe(false);
  expect(refused).toMatchObject([{ code: 'network' }]);
  expect([shown(0), sent.length]).toEqual([0, 2]);
  sent[1]?.take();
  expect(await second).toBe(true);
});

test('what is typed offline waits until the computer is back, in its order', async () => {
  const { type, next, sent, shown, stored, back, refused } = await setUp();
  const results = [type(0, 'one'), type(0, 'two')];
  await expect.poll(() => sent.length).toBe(1);
  sent.shift()?.refuse(offline);
  back.resolve();
  await next('take');
  await next('take');
  expect(await Promise.all(results)).toEqual([true, true]);
  expect([shown(0), stored.get('row_0'), refused]).toEqual(['two', 'two', []]);
});

test('of a long change that is refused in its middle, what was taken stays, and can be undone', async () => {
  const { queue, next, shown, sent } = await setUp();
  const many = Array.from(
    { length: 2 * atOnce },
    (_, at): Edit => ({ rowId: `row_${at}`, columnId: 'a', value: 'new', before: at }),
  );
  const saved = queue.save(many.reverse());
  await next('take');
  await next('refuse');
  expect(await saved).toBe(false);
  expect(shown(0)).toBe(0);
  const undone = queue.undo();
  await expect.poll(() => sent.length).toBe(1);
  expect(sent[0]?.values.slice(0, 2)).toEqual([2 * atOnce - 1, 2 * atOnce - 2]);
  await next('take');
  expect([await undone, sent.length]).toEqual([true, 0]);
});
