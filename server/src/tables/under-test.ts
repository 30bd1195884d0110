import type { WorkspaceId } from '@keyrail/contract/ids';
import type { CsvColumnPlan, ValueType } from '@keyrail/contract/tables';
import type { TestDatabase } from '../../test/database.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { sameForAll } from '../catalog/catalogs.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Who } from '../workspaces/who.ts';
import type { CellsSource } from './cells-source.ts';
import type { RowWithCells } from './change-rows.ts';
import { type ImportDeps, type Imported, type ImportRequest, importCsv } from './csv/import.ts';
import type { CsvOptions } from './csv/layout.ts';
import { DEFAULT_IMPORT_LIMITS, type ImportLimits } from './csv/limits.ts';
import { createTables, type Tables } from './tables.ts';

/** The room over a real database, for its own tests; nobody else imports this. */
export interface TablesUnderTest {
  who: Who;
  tables: Tables;
  importDeps(limits?: Partial<ImportLimits>): ImportDeps;
  /** An empty table; or one with columns, by name and type. */
  newTable(columns?: Record<string, ValueType>): Promise<{ id: string; columnIds: string[] }>;
  importText(
    tableId: string,
    text: string | Buffer | AsyncIterable<Buffer>,
    how?: ImportHow,
  ): Promise<Imported>;
  /** Values by column name, in the order of rows. */
  rowsOf(tableId: string): Promise<Record<string, unknown>[]>;
}

export interface ImportHow {
  options?: Partial<CsvOptions>;
  plan?: CsvColumnPlan[];
  upsertBy?: string;
  limits?: Partial<ImportLimits>;
  checkMayGoOn?: ImportRequest['checkMayGoOn'];
}

/** Nothing ever ran. */
const noCells: CellsSource = {
  cellsOfRows: async () => [],
  activeRuns: async () => [],
  inputsChanged: async () => {},
};

const AUTO: CsvOptions = { encoding: 'auto', delimiter: 'auto', has_header: 'auto' };

export function whoOf(workspaceId: WorkspaceId): Who {
  return {
    workspaceId,
    userId: null,
    tokenId: null,
    role: 'owner',
    scopes: new Set(),
    connectionIds: null,
    label: 'Olive Owner',
    ip: '127.0.0.1',
  };
}

export async function tablesUnderTest(
  database: TestDatabase,
  cells: CellsSource = noCells,
): Promise<TablesUnderTest> {
  const who = whoOf(newId<WorkspaceId>('wsp'));
  await database.db.system.insertInto('workspaces').values({ id: who.workspaceId, name: 'Acme' }).execute();
  const tables = createTables({
    transact: database.db.transact,
    catalogs: sameForAll(createCatalog([], [])),
    connections: { resolve: async () => ({ kind: 'missing', because: 'none' }) },
    cells,
    clock: systemClock,
    bulk: database.db,
    limits: DEFAULT_IMPORT_LIMITS,
  });
  const importDeps = (limits: Partial<ImportLimits> = {}): ImportDeps => ({
    transact: database.db.transact,
    bulk: database.db,
    cells,
    clock: systemClock,
    limits: { ...DEFAULT_IMPORT_LIMITS, ...limits },
  });
  return {
    who,
    tables,
    importDeps,
    newTable: async (columns = {}) => {
      const wanted = Object.entries(columns).map(([name, type]) => ({ name, type }));
      const made = await tables.create(who, { name: 'Leads', columns: wanted });
      return { id: made.table.id, columnIds: made.columns.map(({ id }) => id) };
    },
    importText: (tableId, text, how = {}) =>
      importCsv(importDeps(how.limits), who, tableId, {
        body: typeof text === 'string' || Buffer.isBuffer(text) ? inPieces(Buffer.from(text)) : text,
        options: { ...AUTO, ...how.options },
        plan: how.plan,
        upsertBy: how.upsertBy,
        checkMayGoOn: how.checkMayGoOn,
      }),
    rowsOf: async (tableId) => {
      const { columns } = await tables.get(who, tableId);
      const names = new Map(columns.map(({ id, name }) => [id, name]));
      const rows: Record<string, unknown>[] = [];
      for (let after: number | null = null; ; ) {
        const page: RowWithCells[] = await tables.listRows(who, tableId, { limit: 1000, after });
        for (const { values } of page)
          rows.push(
            Object.fromEntries(Object.entries(values).map(([id, value]) => [names.get(id) ?? id, value])),
          );
        after = page.at(-1)?.position ?? null;
        if (after === null) return rows;
      }
    },
  };
}

export async function* inPieces(bytes: Buffer, length = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
