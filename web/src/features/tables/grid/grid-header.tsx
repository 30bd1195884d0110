// biome-ignore-all lint/a11y/useSemanticElements: an HTML table cannot be drawn in windows; these are the roles of an ARIA grid, which itself holds the focus
// biome-ignore-all lint/a11y/useFocusableInteractive: an HTML table cannot be drawn in windows; these are the roles of an ARIA grid, which itself holds the focus
import type { Run } from '@keyrail/contract/runs';
import type { Column } from '@keyrail/contract/tables';
import { IconPlus } from '@tabler/icons-react';
import { memo, useState } from 'react';
import { finishedOf } from '../finished.ts';
import { TypeIcon } from '../type-icon.tsx';
import { gutterWidth } from './geometry.ts';
import styles from './grid.module.css';
import { ResizeHandle } from './resize-handle.tsx';

interface Props {
  columns: readonly Column[];
  offsets: readonly number[];
  firstColumn: number;
  endColumn: number;
  /** The run of an action column that is not over. */
  runOf: (columnId: string) => Run | undefined;
  mayEdit: boolean;
  renderMenu: (column: Column, at: number) => React.ReactNode;
  renderAdd: () => React.ReactNode;
  onResize: (column: Column, width: number, isFinal: boolean) => void;
  onMove: (column: Column, to: number) => void;
}

interface Drag {
  from: number;
  to: number;
}

/** The names of the columns; dragged to reorder, their edges to resize. */
export const GridHeader = memo(function GridHeader(props: Props) {
  const { columns, offsets, firstColumn, endColumn } = props;
  const [drag, setDrag] = useState<Drag | null>(null);
  const spacer = (offsets[firstColumn] ?? 0) - (offsets[1] ?? 0);
  const shown = Array.from({ length: Math.max(0, endColumn - firstColumn) }, (_, step) => firstColumn + step);

  const begin = (from: number) => (event: React.PointerEvent<HTMLElement>) => {
    if (!props.mayEdit || event.button !== 0 || event.pointerType === 'touch') return;
    if ((event.target as Element).closest('button')) return;
    const header = event.currentTarget.parentElement;
    const startX = event.clientX;
    let latest: Drag | null = null;
    const move = (next: PointerEvent) => {
      if (latest === null && Math.abs(next.clientX - startX) < 6) return;
      latest = { from, to: columnUnder(next.clientX, header, offsets) };
      setDrag(latest);
    };
    const end = () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
      setDrag(null);
      const column = columns[from];
      if (latest !== null && latest.to !== from && column) props.onMove(column, latest.to);
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
  };

  return (
    <div className={styles.header} role="row" aria-rowindex={1}>
      <div className={styles.headGutter} role="columnheader" aria-label="Row" />
      {columns.length > 0 && <HeadCell {...props} at={0} drag={drag} onDragStart={begin(0)} isPinned />}
      {spacer > 0 && <div style={{ width: spacer, flex: 'none' }} />}
      {shown.map((at) => (
        <HeadCell key={columns[at]?.id ?? at} {...props} at={at} drag={drag} onDragStart={begin(at)} />
      ))}
      {endColumn >= columns.length && props.mayEdit && props.renderAdd()}
    </div>
  );
});

/** The header scrolls with the canvas, so that its left edge tells how far. The pinned column stays where it is. */
function columnUnder(clientX: number, header: HTMLElement | null, offsets: readonly number[]): number {
  const viewport = header?.parentElement?.parentElement;
  const box = viewport?.getBoundingClientRect();
  const onScreen = clientX - (box?.left ?? 0) - gutterWidth;
  const pinned = offsets[1] ?? 0;
  const x = onScreen < pinned ? onScreen : onScreen + (viewport?.scrollLeft ?? 0);
  const next = offsets.findIndex((offset) => offset > x);
  return next === -1 ? offsets.length - 2 : Math.max(0, next - 1);
}

interface HeadCellProps extends Props {
  at: number;
  drag: Drag | null;
  isPinned?: boolean;
  onDragStart: (event: React.PointerEvent<HTMLElement>) => void;
}

function HeadCell({ at, drag, isPinned = false, onDragStart, ...props }: HeadCellProps) {
  const column = props.columns[at];
  if (column === undefined) return null;
  const width = (props.offsets[at + 1] ?? 0) - (props.offsets[at] ?? 0);
  const run = props.runOf(column.id);
  const isTarget = drag !== null && drag.to === at && drag.to !== drag.from;
  return (
    <div
      className={isPinned ? `${styles.headCell} ${styles.headPinned}` : styles.headCell}
      role="columnheader"
      aria-colindex={at + 2}
      style={{ width }}
      data-dragged={drag?.from === at || undefined}
      data-drop={isTarget ? (drag.to > drag.from ? 'after' : 'before') : undefined}
      onPointerDown={onDragStart}
      title={column.name}
    >
      <TypeIcon column={column} className={styles.headIcon} />
      <span className={styles.headName}>{column.name}</span>
      {props.renderMenu(column, at)}
      {run !== undefined && run.total > 0 && (
        <span className={styles.progress} style={{ width: `${(finishedOf(run) / run.total) * 100}%` }} />
      )}
      {props.mayEdit && <ResizeHandle column={column} width={width} onResize={props.onResize} />}
    </div>
  );
}

export function AddColumnButton({ onClick }: { onClick: () => void }) {
  return (
    <div role="columnheader">
      <button
        type="button"
        className={styles.add}
        onClick={onClick}
        aria-label="Add column"
        title="Add column"
      >
        <IconPlus size={16} />
      </button>
    </div>
  );
}
