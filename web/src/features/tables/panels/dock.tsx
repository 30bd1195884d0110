import type { Column, Table } from '@keyrail/contract/tables';
import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { lazy, Suspense, useLayoutEffect, useRef } from 'react';
import type { RowWindow } from '../grid/row-window.ts';
import styles from './dock.module.css';

const ActionPanel = lazy(() => import('./action-panel.tsx'));
const CellPanel = lazy(() => import('./cell-panel.tsx'));
const RunPanel = lazy(() => import('./run-panel.tsx'));
const StartPanel = lazy(() => import('./start-panel.tsx'));

/** What stands on the right of the grid; one thing at a time. */
export type Docked =
  | { kind: 'action'; columnId: string | null }
  | { kind: 'start'; columnId: string; rowIds?: string[]; scope?: 'only_errors' }
  | { kind: 'run'; runId: string }
  | { kind: 'cell'; rowId: string; columnId: string };

export interface DockProps {
  docked: Docked | null;
  table: Table;
  rows: RowWindow;
  checked: ReadonlyMap<string, number>;
  mayEdit: boolean;
  onDock: (docked: Docked | null) => void;
  onRunCell: (rowId: string, column: Column) => Promise<void>;
  onChanged: () => void;
}

export function Dock(props: DockProps) {
  const { docked } = props;
  if (docked === null) return null;
  return (
    <Suspense fallback={<aside className={styles.dock} aria-busy />}>
      {docked.kind === 'action' && (
        <ActionPanel key={docked.columnId} {...props} columnId={docked.columnId} />
      )}
      {docked.kind === 'start' && <StartPanel key={docked.columnId} {...props} docked={docked} />}
      {docked.kind === 'run' && <RunPanel key={docked.runId} {...props} runId={docked.runId} />}
      {docked.kind === 'cell' && (
        <CellPanel
          key={`${docked.rowId} ${docked.columnId}`}
          {...props}
          rowId={docked.rowId}
          columnId={docked.columnId}
        />
      )}
    </Suspense>
  );
}

interface PanelProps {
  title: string;
  about?: React.ReactNode;
  /** Which of several steps it shows: where what was pressed is gone with the last one, the keyboard goes on in the panel. */
  step?: string;
  onClose: () => void;
  /** Stays at the foot while the rest scrolls. */
  foot?: React.ReactNode;
  children: React.ReactNode;
}

export function Panel({ title, about, step, onClose, foot, children }: PanelProps) {
  const panel = useFocusLent(step);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      className={styles.dock}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      <header className={styles.head}>
        <div className={styles.heading}>
          <h2>{title}</h2>
          {about !== undefined && <p className="k-2 k-small">{about}</p>}
        </div>
        <ActionIcon onClick={onClose} aria-label={`Close ${title}`}>
          <IconX size={16} />
        </ActionIcon>
      </header>
      <div className={styles.body}>{children}</div>
      {foot !== undefined && <footer className={styles.foot}>{foot}</footer>}
    </aside>
  );
}

/** Somebody who works with the keyboard goes on in the panel, and is back in the grid when it closes. */
function useFocusLent(step: string | undefined) {
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (step !== undefined && document.activeElement === document.body)
      panel.current?.focus({ preventScroll: true });
  }, [step]);
  useLayoutEffect(() => {
    const aside = panel.current;
    const before = document.activeElement;
    const isByKeyboard = before?.matches(':focus-visible') === true;
    if (isByKeyboard && aside?.contains(before) === false) aside.focus();
    return () => {
      if (aside?.contains(document.activeElement) === true) {
        document.querySelector<HTMLElement>('[role=grid]')?.focus({ preventScroll: true });
      }
    };
  }, []);
  return panel;
}
