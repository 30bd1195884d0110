// biome-ignore-all lint/a11y/useSemanticElements: an HTML table cannot be drawn in windows; these are the roles of an ARIA grid, which itself holds the focus
import type { Run } from '@keyrail/contract/runs';
import type { Column, Table } from '@keyrail/contract/tables';
import { IconPlus } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { canvasHeight, gutterWidth, headerHeight, offsetsOf, rowHeight } from './geometry.ts';
import styles from './grid.module.css';
import { GridHeader } from './grid-header.tsx';
import { GridRow } from './grid-row.tsx';
import type { RowWindow } from './row-window.ts';
import { rangeOf } from './selection.ts';
import { useCells } from './use-cells.ts';
import { useView } from './use-view.ts';

export interface GridProps {
  table: Table;
  columns: readonly Column[];
  rows: RowWindow;
  mayEdit: boolean;
  checked: ReadonlyMap<string, number>;
  onCheck: (index: number, isRange: boolean) => void;
  runOf: (columnId: string) => Run | undefined;
  onOpenCell: (rowId: string, column: Column) => void;
  onRunCell: (rowId: string, column: Column) => void;
  onAddRow: () => void;
  onSaved: () => void;
  renderMenu: (column: Column, at: number) => React.ReactNode;
  renderAdd: () => React.ReactNode;
  onResize: (column: Column, width: number, isFinal: boolean) => void;
  onMove: (column: Column, to: number) => void;
  /** The column that the panel beside is about: scrolled into sight. */
  aboutColumnId: string | undefined;
}

/**
 * A spreadsheet over any number of rows: only what is on screen is in the document. Rows are all of one height, so
 * that the place of a row is arithmetic; a general virtualiser keeps a record per row, which at a million rows alone
 * costs more than a frame.
 */
export function Grid(props: GridProps) {
  const { table, columns, rows, mayEdit, checked } = props;
  const viewport = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const offsets = useMemo(() => offsetsOf(columns), [columns]);
  const rowCount = table.row_count;
  const { view, reveal, revealColumn, pageRows } = useView(viewport, body, rowCount, offsets);
  useEffect(() => {
    if (rowCount > 0) rows.look(view.firstRow, Math.max(view.firstRow, view.endRow - 1));
  }, [rows, view, rowCount]);

  const aboutColumn = columns.findIndex((column) => column.id === props.aboutColumnId);
  useEffect(() => {
    if (aboutColumn !== -1) revealColumn(aboutColumn);
  }, [aboutColumn, revealColumn]);

  const focus = useCallback(() => viewport.current?.focus({ preventScroll: true }), []);
  const cells = useCells({ ...props, rowCount, reveal, pageRows, focus });
  const { selection, editing } = cells;
  const range = selection === null ? null : rangeOf(selection);
  const width = gutterWidth + (offsets.at(-1) ?? 0) + (mayEdit ? 44 : 0);
  const addRowTop = canvasHeight(rowCount) + headerHeight;

  return (
    <div
      ref={viewport}
      className={styles.viewport}
      role="grid"
      tabIndex={0}
      aria-label={table.name}
      aria-rowcount={rowCount + 1}
      aria-colcount={columns.length + 1}
      aria-multiselectable
      aria-activedescendant={
        selection === null ? undefined : `cell-${selection.active.row}-${selection.active.column}`
      }
      aria-description="Arrow keys move, Enter edits or opens a cell, Escape then Tab leaves the grid."
      {...cells.handlers}
    >
      <div
        className={styles.canvas}
        style={{ width, height: canvasHeight(rowCount) + headerHeight + (mayEdit ? rowHeight : 0) }}
      >
        <GridHeader
          columns={columns}
          offsets={offsets}
          firstColumn={view.firstColumn}
          endColumn={view.endColumn}
          runOf={props.runOf}
          mayEdit={mayEdit}
          renderMenu={props.renderMenu}
          renderAdd={props.renderAdd}
          onResize={props.onResize}
          onMove={props.onMove}
        />
        <div ref={body} className={styles.body} role="rowgroup">
          {Array.from({ length: Math.max(0, view.endRow - view.firstRow) }, (_, step) => {
            const index = view.firstRow + step;
            const isIn = range !== null && index >= range.top && index <= range.bottom;
            return (
              <GridRow
                key={index}
                index={index}
                rows={rows}
                columns={columns}
                offsets={offsets}
                firstColumn={view.firstColumn}
                endColumn={view.endColumn}
                selectedFrom={isIn ? range.left : -1}
                selectedTo={isIn ? range.right : -1}
                activeColumn={selection?.active.row === index ? selection.active.column : -1}
                isChecked={checked.size > 0 && checked.has(rows.row(index)?.id ?? '')}
                editing={editing?.row === index ? editing : null}
                mayRun={mayEdit}
                onEdited={cells.onEdited}
                onEditCancelled={cells.onEditCancelled}
              />
            );
          })}
        </div>
        {mayEdit && (
          // biome-ignore lint/a11y/useFocusableInteractive: the button in it takes the focus
          <div role="row">
            {/* biome-ignore lint/a11y/useFocusableInteractive: the button in it takes the focus */}
            <div role="gridcell">
              <button
                type="button"
                className={styles.addRow}
                style={{ top: addRowTop }}
                onClick={props.onAddRow}
              >
                <IconPlus size={15} aria-hidden /> Add row
              </button>
            </div>
          </div>
        )}
      </div>
    </div>
  );
}
