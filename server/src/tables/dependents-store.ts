import type { Dependent } from '@keyrail/contract/connections';
import { columnAction } from '@keyrail/contract/tables';
import type { DependedOn, DependentsSource } from '../connections/dependents-source.ts';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';

/** The action columns that use a connection: those that name it and, while it is the default, those that name none. */
export const columnDependents: DependentsSource = {
  list: async (tx, workspaceId, of) => {
    const columns = await actionColumns(tx, workspaceId);
    return columns.filter((column) => uses(column, of)).map(shown);
  },
  count: async (tx, workspaceId, of) => {
    const columns = of.length === 0 ? [] : await actionColumns(tx, workspaceId);
    return new Map(of.map((one) => [one.connectionId, columns.filter((column) => uses(column, one)).length]));
  },
};

interface ActionColumn {
  id: string;
  name: string;
  tableId: string;
  tableName: string;
  integration: string;
  connectionId: string | null;
}

async function actionColumns(tx: Tx, workspaceId: string): Promise<ActionColumn[]> {
  const rows = await queries(tx)
    .selectFrom('columns')
    .innerJoin('tables', 'tables.id', 'columns.table_id')
    .select(['columns.id', 'columns.name', 'columns.table_id', 'tables.name as table_name', 'columns.action'])
    .where('columns.workspace_id', '=', workspaceId)
    .where('tables.workspace_id', '=', workspaceId)
    .where('columns.type', '=', 'action')
    .orderBy('tables.id')
    .orderBy('columns.position')
    .execute();
  return rows.map((row) => {
    const { integration, connection_id: connectionId } = columnAction.parse(row.action);
    return {
      id: row.id,
      name: row.name,
      tableId: row.table_id,
      tableName: row.table_name,
      integration,
      connectionId,
    };
  });
}

function uses({ integration, connectionId }: ActionColumn, of: DependedOn): boolean {
  if (connectionId !== null) return connectionId === of.connectionId;
  return of.isDefault && integration === of.integration;
}

function shown({ id, name, tableId, tableName }: ActionColumn): Dependent {
  return { kind: 'action_column', id, name, table_id: tableId, table_name: tableName };
}
