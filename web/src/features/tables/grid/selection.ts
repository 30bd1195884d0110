export interface Place {
  row: number;
  column: number;
}

/** A range of cells: from where it was begun (the active cell) to where it reaches. */
export interface Selection {
  active: Place;
  reach: Place;
}

export interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export const at = (row: number, column: number): Selection => ({
  active: { row, column },
  reach: { row, column },
});

export const rangeOf = ({ active, reach }: Selection): Range => ({
  top: Math.min(active.row, reach.row),
  bottom: Math.max(active.row, reach.row),
  left: Math.min(active.column, reach.column),
  right: Math.max(active.column, reach.column),
});

export const isOneCell = ({ active, reach }: Selection): boolean =>
  active.row === reach.row && active.column === reach.column;

export interface Size {
  rows: number;
  columns: number;
  /** Rows of one screen, for Page Up and Page Down. */
  page: number;
}

interface Key {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** Where a key leads, as in a spreadsheet; `undefined` for keys that do not move. */
export function moved(selection: Selection, key: Key, size: Size): Selection | undefined {
  const isFar = key.ctrlKey || key.metaKey;
  const from = key.shiftKey && key.key !== 'Tab' && key.key !== 'Enter' ? selection.reach : selection.active;
  const target = targetOf(from, key, isFar, size);
  if (target === undefined) return undefined;
  const place = clamp(target, size);
  if (key.key === 'Tab' || key.key === 'Enter' || !key.shiftKey) return { active: place, reach: place };
  return { active: selection.active, reach: place };
}

function targetOf({ row, column }: Place, key: Key, isFar: boolean, size: Size): Place | undefined {
  switch (key.key) {
    case 'ArrowDown':
      return { row: isFar ? size.rows - 1 : row + 1, column };
    case 'ArrowUp':
      return { row: isFar ? 0 : row - 1, column };
    case 'ArrowRight':
      return { row, column: isFar ? size.columns - 1 : column + 1 };
    case 'ArrowLeft':
      return { row, column: isFar ? 0 : column - 1 };
    case 'PageDown':
      return { row: row + size.page, column };
    case 'PageUp':
      return { row: row - size.page, column };
    case 'Home':
      return { row: isFar ? 0 : row, column: 0 };
    case 'End':
      return { row: isFar ? size.rows - 1 : row, column: size.columns - 1 };
    case 'Tab':
      return tabbed({ row, column }, key.shiftKey ? -1 : 1, size);
    case 'Enter':
      return { row: row + (key.shiftKey ? -1 : 1), column };
    default:
      return undefined;
  }
}

function tabbed({ row, column }: Place, step: number, size: Size): Place {
  const next = column + step;
  if (next >= size.columns) return { row: row + 1, column: row + 1 < size.rows ? 0 : column };
  if (next < 0) return { row: row - 1, column: row > 0 ? size.columns - 1 : column };
  return { row, column: next };
}

const clamp = (place: Place, size: Size): Place => ({
  row: Math.max(0, Math.min(size.rows - 1, place.row)),
  column: Math.max(0, Math.min(size.columns - 1, place.column)),
});
