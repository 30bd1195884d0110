import type { Column } from '@keyrail/contract/tables';
import styles from './grid.module.css';

const narrowest = 60;
const widest = 1200;
const keyStep = 16;

interface Props {
  column: Column;
  width: number;
  onResize: (column: Column, width: number, isFinal: boolean) => void;
}

/** The right edge of a column's head: dragged, or moved by the arrow keys. */
export function ResizeHandle({ column, width, onResize }: Props) {
  const begin = (event: React.PointerEvent<HTMLButtonElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const startX = event.clientX;
    let latest = width;
    const move = (next: PointerEvent) => {
      latest = within(width + next.clientX - startX);
      onResize(column, latest, false);
    };
    const end = () => {
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('lostpointercapture', end);
      if (latest !== width) onResize(column, latest, true);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', end);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowLeft: -keyStep, ArrowRight: keyStep }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onResize(column, within(width + step), true);
  };
  return (
    <button
      type="button"
      className={styles.resize}
      role="slider"
      aria-orientation="horizontal"
      aria-label={`Width of ${column.name}`}
      aria-valuenow={Math.round(width)}
      aria-valuemin={narrowest}
      aria-valuemax={widest}
      aria-valuetext={`${Math.round(width)} pixels`}
      onPointerDown={begin}
      onKeyDown={onKeyDown}
    />
  );
}

const within = (width: number): number => Math.round(Math.max(narrowest, Math.min(widest, width)));
