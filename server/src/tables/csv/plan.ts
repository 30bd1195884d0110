import type { FieldProblem } from '@keyrail/contract/errors';
import type { ColumnId } from '@keyrail/contract/ids';
import type { CsvColumnPlan, ValueType } from '@keyrail/contract/tables';
import { AppError } from '../../lib/app-error.ts';
import { checkNames, freeName, nameKey } from '../column-name.ts';
import type { Column } from '../table.ts';
import { nameColumns } from './headers.ts';
import type { Layout } from './layout.ts';

/** What becomes of one column of a file. */
export type Target =
  | { kind: 'skip' }
  | { kind: 'column'; column: Column }
  /** `isDetected`: nobody asked for the type; a value that does not fit makes it text instead of being refused. */
  | { kind: 'new'; name: string; type: ValueType; isDetected: boolean };

export interface ImportPlan {
  /** One per column of the file: its header made unique and not empty. */
  names: string[];
  targets: Target[];
  notes: string[];
}

/** Without a plan of the caller's: into the columns of the same names, and new ones for the rest. */
export function planByNames(layout: Layout, columns: readonly Column[]): ImportPlan {
  const { names, notes } = nameColumns(layout.headers, layout.width);
  const open = new Map(
    columns.filter(({ type }) => type !== 'action').map((column) => [nameKey(column.name), column]),
  );
  const taken = new Set(columns.map(({ name }) => nameKey(name)));
  const targets = names.map((name, at): Target => {
    const column = open.get(nameKey(name));
    if (column) {
      open.delete(nameKey(name));
      return { kind: 'column', column };
    }
    const free = freeName(name, taken);
    if (free !== name)
      notes.push(`The table has an action column ${name}; the file's column is now ${free}.`);
    return { kind: 'new', name: free, type: layout.types[at] ?? 'text', isDetected: true };
  });
  const plan = { names, targets, notes };
  checkNames(columns, newOnes(plan));
  return plan;
}

/** By the caller's plan; throws `invalid_input` naming each entry that cannot be followed. */
export function planAsAsked(
  layout: Layout,
  columns: readonly Column[],
  asked: readonly CsvColumnPlan[],
): ImportPlan {
  const { names, notes } = nameColumns(layout.headers, layout.width);
  if (asked.length !== layout.width)
    throw invalid([
      { path: 'plan', message: `The file has ${layout.width} columns, the plan ${asked.length} entries.` },
    ]);
  const seen = new Set<string>();
  const problems: FieldProblem[] = [];
  const targets = asked.map((entry, at): Target => {
    if (entry.to === 'skip') return { kind: 'skip' };
    if (entry.to === 'new') return { kind: 'new', name: entry.name, type: entry.type, isDetected: false };
    const column = columns.find(({ id }) => id === entry.column_id);
    const problem = targetProblem(column, seen);
    seen.add(entry.column_id);
    if (column && !problem) return { kind: 'column', column };
    problems.push({ path: `plan.${at}.column_id`, message: problem ?? '' });
    return { kind: 'skip' };
  });
  if (problems.length > 0) throw invalid(problems);
  const plan = { names, targets, notes };
  checkNames(columns, newOnes(plan));
  return plan;
}

export function newOnes(plan: ImportPlan): Extract<Target, { kind: 'new' }>[] {
  return plan.targets.filter((target) => target.kind === 'new');
}

/** The plan as the contract writes it, for a preview to begin with. */
export function shownPlan(target: Target): CsvColumnPlan {
  if (target.kind === 'skip') return { to: 'skip' };
  if (target.kind === 'column') return { to: 'column', column_id: target.column.id as ColumnId };
  return { to: 'new', name: target.name, type: target.type };
}

function targetProblem(column: Column | undefined, seen: ReadonlySet<string>): string | null {
  if (!column) return 'This table has no such column.';
  if (column.type === 'action') return `${column.name} is an action column; a file cannot fill it.`;
  return seen.has(column.id) ? `${column.name} takes another column of the file already.` : null;
}

function invalid(fields: FieldProblem[]): AppError {
  return new AppError('invalid_input', { detail: `The plan does not fit. ${fields[0]?.message}`, fields });
}
