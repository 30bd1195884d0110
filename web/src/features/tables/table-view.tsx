import type { Run } from '@keyrail/contract/runs';
import type { Column, Table } from '@keyrail/contract/tables';
import { lazy, Suspense, useCallback, useState } from 'react';
import { api } from '../../lib/api.ts';
import { toastError } from '../../lib/toast.tsx';
import { allSaved } from '../../lib/unsaved.ts';
import { useMay } from '../../lib/use-role.ts';
import { Failed } from '../../ui/notice.tsx';
import { AddColumnPopup } from './add-column-popup.tsx';
import { ColumnMenu } from './column-menu.tsx';
import { EmptyTable } from './empty-table.tsx';
import { Grid } from './grid/grid.tsx';
import { AddColumnButton } from './grid/grid-header.tsx';
import type { RowWindow } from './grid/row-window.ts';
import { Dock, type Docked } from './panels/dock.tsx';
import styles from './table-page.module.css';
import { Toolbar } from './toolbar.tsx';
import { useChecked } from './use-checked.ts';
import { useColumns } from './use-columns.ts';
import { useRuns } from './use-runs.ts';

const ImportPopup = lazy(() => import('./import/import-popup.tsx'));

interface Props {
  table: Table;
  rows: RowWindow;
  failure: unknown;
  onChanged: () => void;
}

/** The grid with what stands around it: the toolbar above, one panel on the right. */
export function TableView({ table, rows, failure, onChanged }: Props) {
  const mayEdit = useMay('editor');
  const runs = useRuns(table, rows);
  const columns = useColumns(table, onChanged);
  const checked = useChecked(rows);
  // A run that goes on is shown to everybody who comes, also after a reload.
  const [docked, setDocked] = useState<Docked | null>(() => goingOn(table));
  const [isImporting, setImporting] = useState(false);
  const [addingAt, setAddingAt] = useState<number | null>(null);

  const startRun = useCallback((column: Column, rowIds?: string[]) => {
    setDocked({ kind: 'start', columnId: column.id, ...(rowIds && { rowIds }) });
  }, []);
  const runOne = async (rowId: string, column: Column) => {
    rows.setState(rowId, column.id, 'queued', null);
    try {
      // It runs on what is seen.
      await allSaved();
      const run = await api.runs.start(table.id, column.id, { scope: 'selected', row_ids: [rowId] });
      if (docked?.kind !== 'cell') setDocked({ kind: 'run', runId: run.id });
    } catch (error) {
      toastError(error, `${column.name} was not run`);
    }
    onChanged();
  };
  const addRow = async () => {
    try {
      await api.rows.create(table.id, { rows: [{ values: {} }] });
      onChanged();
    } catch (error) {
      toastError(error, 'No row was added');
    }
  };
  const addAction = () => setDocked({ kind: 'action', columnId: null });

  return (
    <div className={styles.page}>
      <Toolbar
        table={table}
        rows={rows}
        runs={runs}
        checked={checked}
        mayEdit={mayEdit}
        onImport={() => setImporting(true)}
        onAddAction={addAction}
        onRun={startRun}
        onShowRun={(runId) => setDocked({ kind: 'run', runId })}
        onChanged={onChanged}
      />
      <div className={styles.split}>
        <div className={styles.left}>
          {failure !== null && (
            <div className={styles.failure}>
              <Failed error={failure} what="Some rows could not be loaded." retry={() => rows.reload()} />
            </div>
          )}
          {table.row_count === 0 && table.columns.length <= 1 ? (
            <EmptyTable mayEdit={mayEdit} onImport={() => setImporting(true)} onAddRow={addRow} />
          ) : (
            <Grid
              table={table}
              columns={columns.shown}
              rows={rows}
              mayEdit={mayEdit}
              checked={checked.rows}
              onCheck={checked.toggle}
              runOf={(columnId) => runs.find((run) => run.column_id === columnId)}
              onOpenCell={(rowId, column) => setDocked({ kind: 'cell', rowId, columnId: column.id })}
              onRunCell={(rowId, column) => void runOne(rowId, column)}
              onAddRow={() => void addRow()}
              onSaved={onChanged}
              aboutColumnId={columnOf(docked, runs)}
              onResize={columns.resize}
              onMove={columns.move}
              renderAdd={() => <AddColumnButton onClick={() => setAddingAt(table.columns.length)} />}
              renderMenu={(column, at) => (
                <ColumnMenu
                  table={table}
                  column={column}
                  at={at}
                  mayEdit={mayEdit}
                  onRun={() => startRun(column)}
                  onEditAction={() => setDocked({ kind: 'action', columnId: column.id })}
                  onInsert={setAddingAt}
                  onMove={(to) => columns.move(column, to)}
                  onChanged={onChanged}
                />
              )}
            />
          )}
        </div>
        <Dock
          docked={docked}
          table={table}
          rows={rows}
          checked={checked.rows}
          mayEdit={mayEdit}
          onDock={setDocked}
          onRunCell={runOne}
          onChanged={onChanged}
        />
      </div>
      {addingAt !== null && (
        <AddColumnPopup
          table={table}
          at={addingAt}
          onClose={() => setAddingAt(null)}
          onAction={() => {
            setAddingAt(null);
            addAction();
          }}
          onChanged={onChanged}
        />
      )}
      {isImporting && (
        <Suspense>
          <ImportPopup table={table} onClose={() => setImporting(false)} onImported={onChanged} />
        </Suspense>
      )}
    </div>
  );
}

/** The column that the panel is about. */
function columnOf(docked: Docked | null, runs: readonly Run[]): string | undefined {
  if (docked === null) return undefined;
  if (docked.kind === 'run') return runs.find((run) => run.id === docked.runId)?.column_id;
  return docked.columnId ?? undefined;
}

/** At phone width a panel covers the table; there the run is a button above it. */
function goingOn({ active_run_ids: [runId] }: Table): Docked | null {
  const hasRoom = matchMedia('(min-width: 861px)').matches;
  return runId === undefined || !hasRoom ? null : { kind: 'run', runId };
}
