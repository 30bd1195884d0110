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

/** What was there before a change, and whether the change was taken. */
interface Step {
  before: readonly Edit[];
  isSaved: Promise<boolean>;
}

/**
 * Changes values: shown at once, taken back if the server refuses them, and undone by Ctrl Z. They go to the server one after
 * the other, so that of two changes of one cell the later one stays, and an undo never arrives before what it undoes.
 */
export function useEdits(tableId: string, rows: RowWindow, onSaved: () => void) {
  const undos = useRef<Step[]>([]);
  const last = useRef<Promise<unknown>>(Promise.resolve());

  const put = useCallback(
    (edits: readonly Edit[]): Step => {
      const before = edits.map((edit) => ({ ...edit, value: valueIn(rows, edit) }));
      const release = rows.show(edits);
      const send = async (): Promise<boolean> => {
        try {
          for (const body of bodiesOf(edits)) await api.rows.update(tableId, { rows: body });
          release();
          onSaved();
          return true;
        } catch (error) {
          release();
          for (const edit of before) rows.setValue(edit.rowId, edit.columnId, edit.value);
          toastError(error, 'Not saved');
          return false;
        }
      };
      const isSaved = last.current.then(send);
      last.current = isSaved;
      return { before, isSaved };
    },
    [tableId, rows, onSaved],
  );

  const save = useCallback(
    async (edits: readonly Edit[]): Promise<boolean> => {
      const step = put(edits);
      undos.current = [...undos.current, step].slice(-keptUndos);
      const isSaved = await step.isSaved;
      if (!isSaved) undos.current = undos.current.filter((one) => one !== step);
      return isSaved;
    },
    [put],
  );

  const undo = useCallback(async () => {
    const step = undos.current.pop();
    if (step === undefined || !(await step.isSaved)) return;
    if (await put(step.before).isSaved) toastDone('Undone.');
  }, [put]);

  return { save, undo };
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
