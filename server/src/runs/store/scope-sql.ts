import type { RunScope } from '@keyrail/contract/runs';
import { type RawBuilder, sql } from 'kysely';

export interface Scope {
  scope: RunScope;
  firstRows: number | null;
  rowIds: readonly string[] | null;
}

/** The rows a scope speaks of, before their cells are looked at. */
export function scopedRows(workspaceId: string, tableId: string, scope: Scope): RawBuilder<unknown> {
  const rows = sql`select * from table_rows where workspace_id = ${workspaceId} and table_id = ${tableId}`;
  if (scope.scope === 'selected') return sql`(${rows} and id = any(${scope.rowIds ?? []}::text[]))`;
  if (scope.scope === 'first') return sql`(${rows} order by position limit ${scope.firstRows ?? 0})`;
  return sql`(${rows})`;
}

/** Which of them are taken, by the cell `c` that is there (or is not). */
export function scopeCondition(scope: RunScope): RawBuilder<unknown> {
  switch (scope) {
    case 'first':
    case 'all':
      return sql`(c.state is null or c.state not in ('done', 'no_result'))`;
    case 'only_empty':
      return sql`c.row_id is null`;
    case 'only_errors':
      return sql`c.state in ('error', 'unknown')`;
    case 'selected':
    case 'forced':
      return sql`true`;
  }
}
