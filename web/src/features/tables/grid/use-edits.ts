import type { CellValue } from '@keyrail/contract/tables';
import { useCallback, useRef } from 'react';
import { api } from '../../../lib/api.ts';
import { toastDone, toastError } from '../../../lib/toast.tsx';
import type { RowWindow } from './row-window.ts';

export interface Edit {
  rowId: string;
  columnId: string;
  value: CellValue;
}

/** Rows the API takes at once. */
const atOnce = 1000;
const keptUndos = 50;

/** Changes values: shown at once, taken back if the server refuses them, and undone by Ctrl Z. */
export function useEdits(tableId: string, rows: RowWindow, onSaved: () => void) {
  const undos = useRef<Edit[][]>([]);

  const send = useCallback(
    async (edits: readonly Edit[]): Promise<boolean> => {
      const before = edits.map((edit) => ({ ...edit, value: valueIn(rows, edit) }));
      for (const edit of edits) rows.setValue(edit.rowId, edit.columnId, edit.value);
      try {
        for (const body of bodiesOf(edits)) await api.rows.update(tableId, { rows: body });
        onSaved();
        undos.current = [...undos.current, before].slice(-keptUndos);
        return true;
      } catch (error) {
        for (const edit of before) rows.setValue(edit.rowId, edit.columnId, edit.value);
        toastError(error, 'Not saved');
        return false;
      }
    },
    [tableId, rows, onSaved],
  );

  const undo = useCallback(async () => {
    const last = undos.current.pop();
    if (last === undefined) return;
    if (await send(last)) {
      // Undoing is no step of its own to undo.
      undos.current.pop();
      toastDone('Undone.');
    }
  }, [send]);

  return { save: send, undo };
}

function valueIn(rows: RowWindow, { rowId, columnId }: Edit): CellValue {
  const index = rows.indexOf(rowId);
  return (index === undefined ? undefined : rows.row(index))?.values[columnId] ?? null;
}

function bodiesOf(edits: readonly Edit[]): { id: string; values: Record<string, CellValue> }[][] {
  const byRow = new Map<string, Record<string, CellValue>>();
  for (const { rowId, columnId, value } of edits) {
    byRow.set(rowId, { ...byRow.get(rowId), [columnId]: value });
  }
  const all = [...byRow].map(([id, values]) => ({ id, values }));
  return Array.from({ length: Math.ceil(all.length / atOnce) }, (_, at) =>
    all.slice(at * atOnce, (at + 1) * atOnce),
  );
}
