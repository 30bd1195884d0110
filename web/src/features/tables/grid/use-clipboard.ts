import type { Column, Row } from '@keyrail/contract/tables';
import { notifications } from '@mantine/notifications';
import { useCallback } from 'react';
import { count, number } from '../../../lib/format.ts';
import { toastDone, toastError } from '../../../lib/toast.tsx';
import { parse, textOf } from './cell-value.ts';
import { fromTabbed, toTabbed } from './clipboard.ts';
import type { Edit } from './edit-queue.ts';
import type { RowWindow } from './row-window.ts';
import { type Range, rangeOf, type Selection } from './selection.ts';

const mostCopied = 50_000;
const mostPasted = 10_000;

interface Deps {
  columns: readonly Column[];
  rows: RowWindow;
  rowCount: number;
  selection: Selection | null;
  mayEdit: boolean;
  save: (edits: readonly Edit[]) => Promise<boolean>;
  select: (selection: Selection) => void;
}

/** Copy, cut, paste and clear of ranges; only ever text. */
export function useClipboard({ columns, rows, rowCount, selection, mayEdit, save, select }: Deps) {
  const onCopy = (event: React.ClipboardEvent) => {
    if (selection === null || isTextField(event.target)) return;
    event.preventDefault();
    const range = rangeOf(selection);
    if (sizeOf(range) > mostCopied) return tell(`At most ${number(mostCopied)} cells are copied at once.`);
    const here = rowsHere(rows, range);
    if (here !== undefined) {
      event.clipboardData.setData('text/plain', textOfRange(range, columns, here));
      return;
    }
    void rows
      .read(range.top, range.bottom)
      .then((found) => navigator.clipboard.writeText(textOfRange(range, columns, found)))
      .then(() => toastDone(`${count(sizeOf(range), 'cell')} copied.`))
      .catch((error: unknown) => toastError(error, 'Not copied'));
  };

  const clear = useCallback(
    async (range: Range) => {
      if (!mayEdit) return;
      if (sizeOf(range) > mostPasted) return tell(`At most ${number(mostPasted)} cells are cleared at once.`);
      try {
        const { edits } = editsFor(range, columns, await rows.read(range.top, range.bottom), () => '');
        if (edits.length > 0) await save(edits);
      } catch (error) {
        toastError(error, 'Not cleared');
      }
    },
    [columns, rows, mayEdit, save],
  );

  const onPaste = (event: React.ClipboardEvent) => {
    if (selection === null || !mayEdit || isTextField(event.target)) return;
    event.preventDefault();
    const pasted = fromTabbed(event.clipboardData.getData('text/plain'));
    paste(pasted, selection).catch((error: unknown) => toastError(error, 'Not pasted'));
  };

  const paste = async (pasted: string[][], from: Selection) => {
    const range = targetOf(pasted, rangeOf(from), rowCount, columns.length);
    if (range === undefined) return;
    if (sizeOf(range) > mostPasted)
      return tell(`At most ${number(mostPasted)} cells are pasted at once; nothing was pasted.`);
    const found = await rows.read(range.top, range.bottom);
    const width = Math.max(...pasted.map((line) => line.length));
    const { edits, refused } = editsFor(range, columns, found, (row, column) => {
      const line = pasted[(row - range.top) % pasted.length];
      return line?.[(column - range.left) % width] ?? '';
    });
    if (edits.length === 0 && refused === 0) return;
    // Before it is saved: whoever has gone on meanwhile is not taken back.
    select({
      active: { row: range.top, column: range.left },
      reach: { row: range.bottom, column: range.right },
    });
    if (edits.length > 0) await save(edits);
    const cut = pasted.length === 1 ? 0 : pasted.length - (range.bottom - range.top + 1);
    if (cut > 0)
      tell(`${count(cut, 'row')} of what was copied did not fit below. Add rows, then paste again.`);
    if (refused > 0)
      tell(`${count(refused, 'cell')} did not fit the type of the column and stayed as it was.`);
  };

  return { onCopy, onPaste, clear };
}

const isTextField = (target: EventTarget): boolean =>
  target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;

const sizeOf = ({ top, bottom, left, right }: Range): number => (bottom - top + 1) * (right - left + 1);

/** Undefined where some of them are not loaded. */
function rowsHere(rows: RowWindow, { top, bottom }: Range): Row[] | undefined {
  const here: Row[] = [];
  for (let at = top; at <= bottom; at++) {
    const row = rows.row(at);
    if (row === undefined) return undefined;
    here.push(row);
  }
  return here;
}

function textOfRange(range: Range, columns: readonly Column[], rows: readonly Row[]): string {
  const chosen = columns.slice(range.left, range.right + 1);
  return toTabbed(
    rows.map((row) =>
      chosen.map(({ id, type }) => textOf(type === 'action' ? row.cells[id]?.value : row.values[id])),
    ),
  );
}

/** One value fills the whole selection; else the pasted block begins at its corner and ends with the table. */
function targetOf(
  pasted: string[][],
  range: Range,
  rowCount: number,
  columnCount: number,
): Range | undefined {
  const width = Math.max(0, ...pasted.map((line) => line.length));
  if (width === 0) return undefined;
  if (pasted.length === 1 && width === 1) return range;
  return {
    ...range,
    bottom: Math.min(rowCount - 1, range.top + pasted.length - 1),
    right: Math.min(columnCount - 1, range.left + width - 1),
  };
}

/** The changes of a range, whose rows are given; cells of action columns stay, and so does what does not fit its column. */
function editsFor(
  range: Range,
  columns: readonly Column[],
  rows: readonly Row[],
  textAt: (row: number, column: number) => string,
): { edits: Edit[]; refused: number } {
  const edits: Edit[] = [];
  let refused = 0;
  for (let row = range.top; row <= range.bottom; row++) {
    const found = rows[row - range.top];
    for (let at = range.left; at <= range.right; at++) {
      const column = columns[at];
      if (found === undefined || column === undefined || column.type === 'action') continue;
      const parsed = parse(textAt(row, at), column.type);
      if (parsed.kind === 'refused') refused++;
      else {
        const before = found.values[column.id] ?? null;
        edits.push({ rowId: found.id, columnId: column.id, value: parsed.value, before });
      }
    }
  }
  return { edits, refused };
}

function tell(message: string): void {
  notifications.show({ message, color: 'gray', autoClose: 6000, withBorder: true });
}
