import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { record } from '../../audit/record.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import type { Who } from '../../workspaces/who.ts';
import { type BulkDatabase, inBulk } from '../bulk-store.ts';
import type { CellsSource } from '../cells-source.ts';
import { withCells } from '../change-rows.ts';
import { readTable } from '../manage-table.ts';
import { rowsAfter } from '../row-store.ts';
import { fromKeyed } from '../row-values.ts';
import type { Column, StoredValue } from '../table.ts';
import type { ImportLimits } from './limits.ts';
import { csvLine } from './write-csv.ts';

export interface ExportDeps {
  transact: Transact;
  bulk: BulkDatabase;
  cells: CellsSource;
  clock: Clock;
  limits: Pick<ImportLimits, 'stallMs'>;
}

export interface Exported {
  tableName: string;
  /** Ends with an error, and so without its last part, where the table could not be read to its end. */
  csv: Readable;
}

const PAGE_ROWS = 1000;

/**
 * The table as one CSV, written while it is read, page by page; what is changed meanwhile does not show in it. An action
 * column gives its primary value where a cell is done, and nothing otherwise.
 */
export async function exportCsv(
  deps: ExportDeps,
  who: Who,
  tableId: string,
  options: { withByteOrderMark: boolean },
): Promise<Exported> {
  const tableName = await deps.transact(who.workspaceId, async (tx) => {
    const { table } = await readTable(tx, who.workspaceId, tableId);
    const subject = { kind: 'table', id: tableId, name: table.name };
    await record(tx, { who, action: 'table.exported', subject, detail: { rows: table.rowCount } });
    return table.name;
  });
  const csv = new PassThrough({ highWaterMark: 256 * 1024 });
  inBulk(deps.bulk, who.workspaceId, 'snapshot', async ({ tx }) => {
    if (options.withByteOrderMark) await send(deps, csv, '\ufeff');
    await writeTable(deps, tx, who.workspaceId, tableId, (text) => send(deps, csv, text));
  }).then(
    () => csv.end(),
    (error: Error) => csv.destroy(error),
  );
  return { tableName, csv };
}

async function writeTable(
  deps: Pick<ExportDeps, 'cells'>,
  tx: Tx,
  workspaceId: string,
  tableId: string,
  write: (text: string) => Promise<void>,
): Promise<void> {
  const { columns } = await readTable(tx, workspaceId, tableId);
  const hasActions = columns.some(({ type }) => type === 'action');
  await write(csvLine(columns.map(({ name }) => name)));
  for (let after = -1; ; ) {
    const page = await rowsAfter(tx, workspaceId, tableId, { after, limit: PAGE_ROWS });
    const ids = page.map(({ id }) => id);
    const cells = hasActions ? await deps.cells.cellsOfRows(tx, workspaceId, tableId, ids) : [];
    const rows = withCells(fromKeyed(columns, page), cells);
    if (rows.length > 0) await write(rows.map((row) => csvLine(valuesOf(columns, row))).join(''));
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) return;
    after = last.position;
  }
}

function valuesOf(
  columns: readonly Column[],
  row: ReturnType<typeof withCells>[number],
): (StoredValue | null | undefined)[] {
  return columns.map((column) => {
    if (column.type !== 'action') return row.values[column.id];
    const cell = row.cells.find(({ columnId }) => columnId === column.id);
    return cell?.state === 'done' ? (cell.value as StoredValue | null) : null;
  });
}

/** Waits for a slow reader, but not for one that is gone or takes nothing for a minute. */
async function send(
  deps: Pick<ExportDeps, 'clock' | 'limits'>,
  csv: PassThrough,
  text: string,
): Promise<void> {
  if (csv.destroyed) throw new Error('nobody reads the export any more');
  if (csv.write(text)) return;
  const settled = new AbortController();
  const { signal } = settled;
  try {
    await Promise.race([
      once(csv, 'drain', { signal }),
      once(csv, 'close', { signal }).then(() => {
        throw new Error('nobody reads the export any more');
      }),
      deps.clock.sleep(deps.limits.stallMs, signal).then(() => {
        throw new Error('the export was not read for too long');
      }),
    ]);
  } finally {
    settled.abort();
  }
}
