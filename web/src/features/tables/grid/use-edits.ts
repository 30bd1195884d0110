import type { CellValue } from '@keyrail/contract/tables';
import { useCallback, useRef, useState } from 'react';
import { api } from '../../../lib/api.ts';
import { hasCode } from '../../../lib/failure.ts';
import { toastDone, toastError } from '../../../lib/toast.tsx';
import { holdPage } from '../../../lib/unsaved.ts';
import { type Edit, EditQueue } from './edit-queue.ts';
import type { RowWindow } from './row-window.ts';

/** Saves what is typed into the grid, and takes it back by Ctrl Z. The page is not closed before all of it is saved. */
export function useEdits(tableId: string, rows: RowWindow, onSaved: () => void) {
  const settled = useRef(onSaved);
  settled.current = onSaved;
  const [queue] = useState(
    () =>
      new EditQueue({
        rows,
        send: (edits, signal) => api.rows.update(tableId, { rows: bodyOf(edits) }, signal),
        whenBack,
        onSettled: () => settled.current(),
        onRefused: (error) => toastError(error, 'Not saved'),
      }),
  );
  const save = useCallback((edits: readonly Edit[]) => holdPage(queue.save(edits)), [queue]);
  const undo = useCallback(async () => {
    if (await holdPage(queue.undo())) toastDone('Undone.');
  }, [queue]);
  return { save, undo };
}

/** After this long a computer that is back online finds its servers again. */
const settlesWithinMs = 1_000;

/** Changes wait until the computer is back online, as the page says. A server on this very computer needs no network. */
function whenBack(error: unknown): Promise<void> | undefined {
  if (!hasCode(error, 'network') || navigator.onLine) return undefined;
  return new Promise((resolve) => {
    addEventListener('online', () => setTimeout(resolve, settlesWithinMs), { once: true });
  });
}

function bodyOf(edits: readonly Edit[]): { id: string; values: Record<string, CellValue> }[] {
  return [...Map.groupBy(edits, (edit) => edit.rowId)].map(([id, ofRow]) => ({
    id,
    values: Object.fromEntries(ofRow.map(({ columnId, value }) => [columnId, value])),
  }));
}
