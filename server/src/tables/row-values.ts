import type { KeyedRow } from './row-store.ts';
import type { Column, Row, StoredValue } from './table.ts';
import { fitValue } from './value.ts';

/** Values by key, ready for the store, and what did not fit. */
export interface Keyed {
  set: Record<string, StoredValue>;
  unset: string[];
  problems: { columnId: string; message: string }[];
}

/** Values by column id as the outside brings them; each is fitted to its column's type. */
export function toKeyed(
  columns: ReadonlyMap<string, Column>,
  values: Readonly<Record<string, unknown>>,
): Keyed {
  const keyed: Keyed = { set: {}, unset: [], problems: [] };
  for (const [columnId, value] of Object.entries(values)) {
    const column = columns.get(columnId);
    if (!column) keyed.problems.push({ columnId, message: 'This table has no such column.' });
    else if (column.type === 'action')
      keyed.problems.push({ columnId, message: `${column.name} is an action column: run it to fill it.` });
    else {
      const fit = fitValue(column.type, value);
      if (fit.kind === 'misfit') keyed.problems.push({ columnId, message: `${column.name}: ${fit.message}` });
      else if (fit.value === null) keyed.unset.push(String(column.key));
      else keyed.set[column.key] = fit.value;
    }
  }
  return keyed;
}

/** Rows as the rooms above see them; what a deleted column has left in them is passed over. */
export function fromKeyed(columns: readonly Column[], rows: readonly KeyedRow[]): Row[] {
  const idByKey = new Map(columns.map(({ key, id }) => [String(key), id]));
  return rows.map(({ id, position, values }) => {
    const byId: Row['values'] = {};
    for (const [key, value] of Object.entries(values)) {
      const columnId = idByKey.get(key);
      if (columnId !== undefined) byId[columnId] = value;
    }
    return { id, position, values: byId };
  });
}

export function byId(columns: readonly Column[]): Map<string, Column> {
  return new Map(columns.map((column) => [column.id, column]));
}
