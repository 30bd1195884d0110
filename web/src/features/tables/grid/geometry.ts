import type { Column } from '@keyrail/contract/tables';

export const rowHeight = 32;
export const headerHeight = 36;
export const gutterWidth = 56;
const overscanRows = 6;
/**
 * Browsers cut elements off beyond a height (Firefox at about 17.8 million px, Chromium at 33.5). A longer table
 * scrolls a shorter canvas, and each pixel of the scroll bar stands for more than one of the table.
 */
const tallestCanvas = 15_000_000;

const defaultWidths: Record<Column['type'], number> = {
  text: 180,
  number: 110,
  boolean: 100,
  date: 130,
  email: 220,
  url: 220,
  json: 200,
  action: 240,
};

/** As set by somebody, else by the type, and wide enough for a name of usual length. */
const widthOf = (column: Column): number =>
  column.width ?? Math.max(defaultWidths[column.type], Math.min(240, column.name.length * 8 + 76));

/** Where each column begins, from the left edge of the first one; one more entry than columns. */
export function offsetsOf(columns: readonly Column[]): number[] {
  const offsets = [0];
  for (const column of columns) offsets.push((offsets.at(-1) ?? 0) + widthOf(column));
  return offsets;
}

export interface View {
  firstRow: number;
  /** One after the last. */
  endRow: number;
  /** Columns besides the pinned one. */
  firstColumn: number;
  endColumn: number;
  /** Where the first row is drawn, in px from the canvas's top. */
  top: number;
}

export interface Scroll {
  top: number;
  left: number;
  width: number;
  height: number;
}

/** What of the table has to be drawn. All rows are of one height, so that this is arithmetic and costs the same at any size. */
export function viewAt(scroll: Scroll, rowCount: number, offsets: readonly number[]): View {
  const bodyHeight = Math.max(0, scroll.height - headerHeight);
  const offset = tableOffset(scroll.top, rowCount, bodyHeight);
  const firstRow = Math.max(0, Math.floor(offset / rowHeight) - overscanRows);
  const endRow = Math.min(rowCount, Math.ceil((offset + bodyHeight) / rowHeight) + overscanRows);
  const pinned = offsets[1] ?? 0;
  const left = scroll.left + pinned;
  const right = scroll.left + scroll.width - gutterWidth;
  const count = offsets.length - 1;
  let firstColumn = 1;
  while (firstColumn < count && (offsets[firstColumn + 1] ?? 0) <= left) firstColumn++;
  let endColumn = firstColumn;
  while (endColumn < count && (offsets[endColumn] ?? 0) < right) endColumn++;
  return { firstRow, endRow, firstColumn, endColumn, top: firstRow * rowHeight - offset + scroll.top };
}

export const canvasHeight = (rowCount: number): number => Math.min(rowCount * rowHeight, tallestCanvas);

/** Px from the top of the table to what stands below the header, for a position of the scroll bar. */
function tableOffset(scrollTop: number, rowCount: number, bodyHeight: number): number {
  return scrollTop * scale(rowCount, bodyHeight);
}

/** The position of the scroll bar for a place in the table. */
export function scrollTopFor(offset: number, rowCount: number, bodyHeight: number): number {
  return offset / scale(rowCount, bodyHeight);
}

export const offsetAt = tableOffset;

function scale(rowCount: number, bodyHeight: number): number {
  const height = rowCount * rowHeight;
  if (height <= tallestCanvas) return 1;
  return (height - bodyHeight) / (tallestCanvas - bodyHeight);
}

export const isSameView = (one: View, other: View): boolean =>
  one.firstRow === other.firstRow &&
  one.endRow === other.endRow &&
  one.firstColumn === other.firstColumn &&
  one.endColumn === other.endColumn;
