import type { CsvColumnPlan, ValueType } from '@keyrail/contract/tables';
import type { Clock } from '../../lib/clock.ts';
import type { Transact } from '../../lib/tx.ts';
import type { Who } from '../../workspaces/who.ts';
import { readTable } from '../manage-table.ts';
import { excerpt } from './convert.ts';
import { type DelimiterName, nameOfDelimiter } from './delimiter.ts';
import { type CsvOptions, findLayout } from './layout.ts';
import type { ImportLimits } from './limits.ts';
import { planByNames, shownPlan } from './plan.ts';
import { takeSample } from './sample.ts';

export interface Preview {
  encoding: string;
  delimiter: DelimiterName;
  hasHeader: boolean;
  columns: { header: string; name: string; type: ValueType; samples: string[]; plan: CsvColumnPlan }[];
  rows: string[][];
  notes: string[];
}

export interface PreviewRequest {
  body: AsyncIterable<Buffer>;
  options: CsvOptions;
  tableId?: string | undefined;
}

const SHOWN_ROWS = 20;
const SAMPLES = 5;

/** How the beginning of a file would be read, and into which columns it would go. Anything after the first megabyte is not looked at. */
export async function previewCsv(
  deps: { transact: Transact; clock: Clock; limits: ImportLimits },
  who: Who,
  request: PreviewRequest,
): Promise<Preview> {
  const { tableId } = request;
  const columns =
    tableId === undefined
      ? []
      : (await deps.transact(who.workspaceId, (tx) => readTable(tx, who.workspaceId, tableId))).columns;
  const sample = await takeSample(deps, request.body);
  await sample.close();
  const layout = findLayout(sample, request.options, deps.limits);
  const plan = planByNames(layout, columns);
  return {
    encoding: layout.encoding,
    delimiter: nameOfDelimiter(layout.delimiter),
    hasHeader: layout.hasHeader,
    columns: plan.targets.map((target, at) => ({
      header: layout.headers[at] ?? '',
      name: plan.names[at] ?? '',
      type: layout.types[at] ?? 'text',
      samples: samplesOf(layout.rows, at),
      plan: shownPlan(target),
    })),
    rows: layout.rows.slice(0, SHOWN_ROWS).map((row) => row.map(excerpt)),
    notes: plan.notes,
  };
}

/** The first few different values. */
function samplesOf(rows: readonly string[][], at: number): string[] {
  const samples = new Set<string>();
  for (const row of rows) {
    const value = row[at] ?? '';
    if (value !== '') samples.add(excerpt(value));
    if (samples.size === SAMPLES) break;
  }
  return [...samples];
}
