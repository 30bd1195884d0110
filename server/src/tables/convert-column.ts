import type { ValueType } from '@keyrail/contract/tables';
import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../lib/tx.ts';
import {
  endOfRows,
  type KeyedRow,
  type KeyedWrite,
  mergeValues,
  rowsAfter,
  valuesBecomeNumbers,
  valuesBecomeText,
} from './row-store.ts';
import type { Column, StoredValue } from './table.ts';
import { asText, fitValue } from './value.ts';

const PAGE_ROWS = 5000;
const POSITIONS_A_STEP = 50_000;

/**
 * Turns the values of a column into another type. All of them, or none: throws `conflict` with how many do not fit and
 * the first few, and the transaction goes back. What the database can convert itself, it does, many rows at a time.
 */
export async function convertColumn(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  column: Column,
  type: ValueType,
): Promise<void> {
  const key = String(column.key);
  if (type !== 'text' || column.type === 'json') {
    const found = await fitPages(tx, workspaceId, tableId, column, type);
    if (found.count > 0) throw doNotFit(column, type, found);
  }
  const becomesText = type === 'text' && (column.type === 'number' || column.type === 'boolean');
  const inSteps = becomesText ? valuesBecomeText : type === 'number' ? valuesBecomeNumbers : null;
  if (!inSteps) return;
  const end = await endOfRows(tx, workspaceId, tableId);
  for (let from = 0; from < end; from += POSITIONS_A_STEP)
    await inSteps(tx, workspaceId, tableId, [key], { from, to: from + POSITIONS_A_STEP });
}

interface Misfits {
  count: number;
  first: string[];
}

/** Looks at every value; writes those that change and that the database does not convert itself. */
async function fitPages(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  column: Column,
  type: ValueType,
): Promise<Misfits> {
  const misfits: Misfits = { count: 0, first: [] };
  for (let after = -1; ; ) {
    const page = await rowsAfter(tx, workspaceId, tableId, { after, limit: PAGE_ROWS });
    const writes = page.flatMap((row) => fitRow(row, column.key, type, misfits) ?? []);
    if (misfits.count === 0 && writes.length > 0) await mergeValues(tx, workspaceId, tableId, writes, []);
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) return misfits;
    after = last.position;
  }
}

function fitRow(row: KeyedRow, key: number, type: ValueType, misfits: Misfits): KeyedWrite | null {
  const value = row.values[key];
  if (value === undefined) return null;
  const fit = fitValue(type, value);
  if (fit.kind === 'misfit') {
    misfits.count += 1;
    if (misfits.first.length < 3) misfits.first.push(asText(value).slice(0, 60));
    return null;
  }
  if (fit.value === null) return { id: row.id, set: {}, unset: [String(key)] };
  if (fit.value === value || (type === 'number' && isPlainNumeral(value))) return null;
  return { id: row.id, set: { [key]: fit.value }, unset: [] };
}

/** Numerals that PostgreSQL reads as the same number. */
function isPlainNumeral(value: StoredValue): boolean {
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value);
}

function doNotFit(column: Column, type: ValueType, misfits: Misfits): AppError {
  const values = `${misfits.count.toLocaleString('en')} ${misfits.count === 1 ? 'value' : 'values'}`;
  const shown = misfits.first.map((text) => `"${text}"`).join(', ');
  return new AppError('conflict', {
    reason: 'values_do_not_fit',
    detail: `${values} of "${column.name}" cannot be kept as ${type}: ${shown}${misfits.count > 3 ? ', …' : ''}. Nothing was changed.`,
    extra: { misfit_count: misfits.count },
  });
}
