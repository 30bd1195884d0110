// biome-ignore-all lint/a11y/useSemanticElements: an HTML table cannot be drawn in windows; these are the roles of an ARIA grid, which itself holds the focus
// biome-ignore-all lint/a11y/useFocusableInteractive: an HTML table cannot be drawn in windows; these are the roles of an ARIA grid, which itself holds the focus
import type { CellValue, Column, Row } from '@keyrail/contract/tables';
import { IconArrowsDiagonal, IconPlayerPlayFilled } from '@tabler/icons-react';
import { memo, useSyncExternalStore } from 'react';
import { number } from '../../../lib/format.ts';
import { CellEditor, type Leave } from './cell-editor.tsx';
import { ActionView, ValueView } from './cell-view.tsx';
import styles from './grid.module.css';
import type { RowWindow } from './row-window.ts';

export interface Editing {
  row: number;
  column: number;
  text: string;
}

interface Props {
  index: number;
  rows: RowWindow;
  columns: readonly Column[];
  offsets: readonly number[];
  firstColumn: number;
  endColumn: number;
  /** The selected columns of this row; -1 where it is not in the selection. */
  selectedFrom: number;
  selectedTo: number;
  activeColumn: number;
  isChecked: boolean;
  editing: Editing | null;
  mayRun: boolean;
  onEdited: (value: CellValue, leave: Leave) => void;
  onEditCancelled: () => void;
}

/** One row. Drawn again only when it, its selection or the columns in sight change. */
export const GridRow = memo(function GridRow(props: Props) {
  const { index, rows, columns, offsets, firstColumn, endColumn, isChecked } = props;
  const row = useSyncExternalStore(
    (listener) => rows.subscribe(index, listener),
    () => rows.row(index),
  );
  const spacer = (offsets[firstColumn] ?? 0) - (offsets[1] ?? 0);
  return (
    <div
      className={styles.row}
      role="row"
      aria-rowindex={index + 2}
      data-row={index}
      data-checked={isChecked || undefined}
    >
      <div className={styles.gutter} role="rowheader">
        <span className={styles.rowNumber}>{number(index + 1)}</span>
        <input
          type="checkbox"
          className={styles.check}
          checked={isChecked}
          readOnly
          tabIndex={-1}
          data-check={index}
          disabled={row === undefined}
          aria-label={`Choose row ${index + 1}`}
        />
      </div>
      <Cell {...props} row={row} at={0} isPinned />
      {row === undefined ? (
        <div className={styles.absent} style={{ width: (offsets.at(-1) ?? 0) - (offsets[1] ?? 0) }} />
      ) : (
        <>
          {spacer > 0 && <div style={{ width: spacer, flex: 'none' }} />}
          {Array.from({ length: Math.max(0, endColumn - firstColumn) }, (_, step) => {
            const at = firstColumn + step;
            return <Cell key={columns[at]?.id ?? at} {...props} row={row} at={at} />;
          })}
        </>
      )}
    </div>
  );
});

interface CellProps extends Props {
  row: Row | undefined;
  at: number;
  isPinned?: boolean;
}

function Cell({ row, at, isPinned = false, ...props }: CellProps) {
  const column = props.columns[at];
  if (column === undefined) return null;
  const isActive = props.activeColumn === at;
  const isSelected = at >= props.selectedFrom && at <= props.selectedTo;
  const isEditing = props.editing?.column === at && column.type !== 'action';
  const width = (props.offsets[at + 1] ?? 0) - (props.offsets[at] ?? 0);
  return (
    <div
      id={`cell-${props.index}-${at}`}
      className={isPinned ? `${styles.cell} ${styles.pinned}` : styles.cell}
      role="gridcell"
      aria-colindex={at + 2}
      aria-selected={isSelected}
      data-column={at}
      data-type={column.type}
      data-active={isActive || undefined}
      data-selected={isSelected || undefined}
      data-editing={isEditing || undefined}
      style={{ width }}
    >
      {row === undefined ? (
        <span className={styles.absentText} />
      ) : (
        <Content row={row} column={column} mayRun={props.mayRun} />
      )}
      {isEditing && column.type !== 'action' && props.editing !== null && (
        <CellEditor
          text={props.editing.text}
          type={column.type}
          label={`${column.name}, row ${props.index + 1}`}
          onDone={props.onEdited}
          onCancel={props.onEditCancelled}
        />
      )}
    </div>
  );
}

function Content({ row, column, mayRun }: { row: Row; column: Column; mayRun: boolean }) {
  if (column.type !== 'action') return <ValueView value={row.values[column.id]} type={column.type} />;
  const cell = row.cells[column.id];
  const isEmpty = cell === undefined || cell.state === 'empty';
  return (
    <>
      <ActionView cell={cell} name={column.name} />
      {isEmpty && mayRun && (
        <button
          type="button"
          className={styles.deed}
          tabIndex={-1}
          data-deed="run"
          aria-label={`Run ${column.name} for this row`}
          title="Run for this row"
        >
          <IconPlayerPlayFilled size={12} />
        </button>
      )}
      {!isEmpty && (
        <button
          type="button"
          className={styles.deed}
          tabIndex={-1}
          data-deed="open"
          aria-label="Show the whole"
          title="Show the whole"
        >
          <IconArrowsDiagonal size={13} />
        </button>
      )}
    </>
  );
}
