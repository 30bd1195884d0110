import type { ValueType } from '@keyrail/contract/tables';
import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../lib/tx.ts';
import { type KeyedWrite, mergeValues, valuesOfColumn } from './row-store.ts';
import type { Column } from './table.ts';
import { asText, fitValue } from './value.ts';

const PAGE_ROWS = 5000;

/**
 * Turns the values of a column into another type. All of them, or none: throws `conflict` with how many do not fit and
 * the first few, and the transaction goes back.
 */
export async function convertColumn(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  column: Column,
  type: ValueType,
): Promise<void> {
  const misfits: string[] = [];
  let misfitCount = 0;
  for (let after = -1; ; ) {
    const page = await valuesOfColumn(tx, workspaceId, tableId, column.key, { after, limit: PAGE_ROWS });
    const writes: KeyedWrite[] = [];
    for (const { id, value } of page) {
      const fit = fitValue(type, value);
      if (fit.kind === 'misfit') {
        misfitCount += 1;
        if (misfits.length < 3) misfits.push(asText(value).slice(0, 60));
      } else if (fit.value === null) writes.push({ id, set: {}, unset: [String(column.key)] });
      else if (fit.value !== value) writes.push({ id, set: { [column.key]: fit.value }, unset: [] });
    }
    if (misfitCount === 0 && writes.length > 0) await mergeValues(tx, workspaceId, tableId, writes, []);
    const last = page.at(-1);
    if (!last || page.length < PAGE_ROWS) break;
    after = last.position;
  }
  if (misfitCount === 0) return;
  const count = misfitCount.toLocaleString('en');
  throw new AppError('conflict', {
    reason: 'values_do_not_fit',
    detail:
      `${count} ${misfitCount === 1 ? 'value' : 'values'} of "${column.name}" cannot be kept as ${type}: ` +
      `${misfits.map((text) => `"${text}"`).join(', ')}${misfitCount > 3 ? ', …' : ''}. Nothing was changed.`,
    extra: { misfit_count: misfitCount },
  });
}
