import type { CellValue, Column } from '@keyrail/contract/tables';
import { useCallback, useRef, useState } from 'react';
import type { Leave } from './cell-editor.tsx';
import { textOf } from './cell-value.ts';
import type { GridProps } from './grid.tsx';
import type { Editing } from './grid-row.tsx';
import { at, isOneCell, moved, type Place, rangeOf, type Selection } from './selection.ts';
import { useClipboard } from './use-clipboard.ts';
import { useEdits } from './use-edits.ts';

interface Deps extends GridProps {
  rowCount: number;
  reveal: (place: Place) => void;
  pageRows: () => number;
  focus: () => void;
}

/** The keyboard, the mouse and the clipboard on cells: what is selected, what is being edited. */
export function useCells(deps: Deps) {
  const { table, columns, rows, rowCount, mayEdit, reveal, pageRows, focus } = deps;
  const [selection, setSelection] = useState<Selection | null>(null);
  const [editing, setEditing] = useState<Editing | null>(null);
  /** After Escape, Tab leaves the grid as it leaves any other field. */
  const tabLeaves = useRef(false);
  const isDragging = useRef(false);
  const { save, undo } = useEdits(table.id, rows, deps.onSaved);

  const select = useCallback(
    (next: Selection) => {
      tabLeaves.current = false;
      setSelection(next);
      reveal(next.reach);
    },
    [reveal],
  );
  const { onCopy, onPaste, clear } = useClipboard({
    columns,
    rows,
    rowCount,
    selection,
    mayEdit,
    save,
    select,
  });

  const valueAt = ({ row, column }: Place): CellValue | undefined =>
    rows.row(row)?.values[columns[column]?.id ?? ''];

  const edit = (place: Place, typed?: string) => {
    const column = columns[place.column];
    if (!mayEdit || column === undefined || column.type === 'action' || rows.row(place.row) === undefined)
      return;
    setSelection(at(place.row, place.column));
    reveal(place);
    setEditing({ ...place, text: typed ?? textOf(valueAt(place)) });
  };

  const open = (place: Place, typed?: string) => {
    const column = columns[place.column];
    const row = rows.row(place.row);
    if (column === undefined || row === undefined) return;
    if (column.type === 'action') {
      if (typed === undefined) deps.onOpenCell(row.id, column);
    } else if (column.type === 'boolean' && typed === undefined) {
      const before = valueAt(place) ?? null;
      if (mayEdit) void save([{ rowId: row.id, columnId: column.id, value: before !== true, before }]);
    } else edit(place, typed);
  };

  const step = (from: Place, leave: Leave) => {
    const key = { stay: '', down: 'ArrowDown', up: 'ArrowUp', right: 'Tab', left: 'Tab' }[leave];
    const size = { rows: rowCount, columns: columns.length, page: 1 };
    const plain = { key, shiftKey: leave === 'left', ctrlKey: false, metaKey: false };
    const next = moved({ active: from, reach: from }, plain, size);
    if (next) select(next);
  };

  const onEdited = useLatest((value: CellValue, leave: Leave) => {
    const column = columns[editing?.column ?? -1];
    const row = editing === null ? undefined : rows.row(editing.row);
    if (editing === null || column === undefined || row === undefined) return;
    setEditing(null);
    const before = row.values[column.id] ?? null;
    if (JSON.stringify(value) !== JSON.stringify(before)) {
      void save([{ rowId: row.id, columnId: column.id, value, before }]);
    }
    if (leave !== 'stay') {
      step({ row: editing.row, column: editing.column }, leave);
      focus();
    }
  });
  const onEditCancelled = useLatest(() => {
    setEditing(null);
    focus();
  });

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (editing !== null || event.target !== event.currentTarget || rowCount === 0) return;
    const isHeld = event.ctrlKey || event.metaKey;
    if (event.key === 'Tab' && (tabLeaves.current || selection === null)) return;
    if (event.key === 'Escape') {
      tabLeaves.current = true;
      if (selection !== null && !isOneCell(selection))
        setSelection({ ...selection, reach: selection.active });
      return;
    }
    const act = deedOf(event, isHeld);
    if (act === undefined) return;
    event.preventDefault();
    act();
  };

  /** What a key does; `undefined` for keys that are not the grid's. */
  const deedOf = (event: React.KeyboardEvent, isHeld: boolean): (() => void) | undefined => {
    const now = selection ?? at(0, 0);
    const key = event.key;
    if (isHeld && key.toLowerCase() === 'z' && !event.shiftKey) return () => void undo();
    if (isHeld && key.toLowerCase() === 'a') return () => setSelection(everything(rowCount, columns));
    if ((key === 'Enter' && !isHeld && !event.shiftKey) || key === 'F2') return () => open(now.active);
    if (key === ' ' && columns[now.active.column]?.type === 'boolean') return () => open(now.active);
    if (key === ' ' && event.shiftKey) return () => deps.onCheck(now.active.row, false);
    if (key === 'Delete' || key === 'Backspace') return () => void clear(rangeOf(now));
    const next =
      selection === null
        ? moved(at(0, 0), { ...keyOf(event), key: key.startsWith('Arrow') ? 'Home' : key }, sizeNow())
        : moved(selection, keyOf(event), sizeNow());
    if (next !== undefined) return () => select(next);
    if (key.length === 1 && !isHeld && !event.altKey) return () => open(now.active, key);
    return undefined;
  };

  const sizeNow = () => ({ rows: rowCount, columns: columns.length, page: pageRows() });

  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0) return;
    const target = event.target as Element;
    const check = target.closest<HTMLElement>('[data-check]');
    if (check) return;
    const place = placeOf(target);
    if (place === undefined || target.closest('textarea')) return;
    isDragging.current = event.pointerType === 'mouse';
    tabLeaves.current = false;
    setSelection((now) =>
      event.shiftKey && now !== null ? { ...now, reach: place } : at(place.row, place.column),
    );
  };
  const onPointerMove = (event: React.PointerEvent) => {
    if (!isDragging.current || event.buttons !== 1) {
      isDragging.current = false;
      return;
    }
    const place = placeOf(event.target as Element);
    if (place) setSelection((now) => (now === null || isReach(now, place) ? now : { ...now, reach: place }));
  };

  const onClick = (event: React.MouseEvent) => {
    const target = event.target as Element;
    const check = target.closest<HTMLElement>('[data-check]');
    if (check) return deps.onCheck(Number(check.dataset.check), event.shiftKey);
    const place = placeOf(target);
    const column = columns[place?.column ?? -1];
    const row = rows.row(place?.row ?? -1);
    if (place === undefined || column === undefined || row === undefined || column.type !== 'action') return;
    const deed = target.closest<HTMLElement>('[data-deed]')?.dataset.deed;
    if (deed === 'run') return deps.onRunCell(row.id, column);
    // What went wrong is shown whole by a click; a value is only selected.
    const state = row.cells[column.id]?.state ?? 'empty';
    if (deed === 'open' || !['empty', 'done', 'queued', 'running'].includes(state))
      deps.onOpenCell(row.id, column);
  };
  /** A link opens by its click, but the focus stays with the grid. */
  const onMouseDown = (event: React.MouseEvent) => {
    if (!(event.target as Element).closest('a')) return;
    event.preventDefault();
    focus();
  };
  const onDoubleClick = (event: React.MouseEvent) => {
    const place = placeOf(event.target as Element);
    if (place && !(event.target as Element).closest('textarea, a')) open(place);
  };

  const handlers = {
    onKeyDown,
    onPointerDown,
    onPointerMove,
    onMouseDown,
    onClick,
    onDoubleClick,
    onCopy,
    onPaste,
  };
  return { selection, editing, onEdited, onEditCancelled, handlers };
}

const keyOf = ({ key, shiftKey, ctrlKey, metaKey }: React.KeyboardEvent) => ({
  key,
  shiftKey,
  ctrlKey,
  metaKey,
});

const isReach = ({ reach }: Selection, { row, column }: Place) =>
  reach.row === row && reach.column === column;

const everything = (rowCount: number, columns: readonly Column[]): Selection => ({
  active: { row: 0, column: 0 },
  reach: { row: rowCount - 1, column: columns.length - 1 },
});

function placeOf(target: Element): Place | undefined {
  const column = target.closest<HTMLElement>('[data-column]')?.dataset.column;
  const row = target.closest<HTMLElement>('[data-row]')?.dataset.row;
  return row === undefined || column === undefined ? undefined : { row: Number(row), column: Number(column) };
}

/** A function that stays the same while what it does follows the latest render; rows are not drawn again for it. */
function useLatest<Args extends unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  const latest = useRef(act);
  latest.current = act;
  return useCallback((...args: Args) => latest.current(...args), []);
}
