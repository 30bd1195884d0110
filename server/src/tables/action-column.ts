import type { FieldProblem } from '@keyrail/contract/errors';
import type { ColumnAction } from '@keyrail/contract/tables';
import type { Catalog } from '../catalog/catalog.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import { prepareInputs } from '../catalog/requests/inputs.ts';
import type { Column } from './table.ts';

type Integrations = Pick<Catalog, 'get'>;

/**
 * What is wrong with an action column as somebody wants it: the action exists and works row by row, what it needs is given, from
 * columns that exist or as constants it takes, and its outputs go to columns that hold values. `selfId`: the column itself, when it
 * exists already. Whether the connection exists is asked elsewhere.
 */
export function actionProblems(
  integrations: Integrations,
  columns: readonly Column[],
  wanted: ColumnAction,
  selfId: string | null,
): FieldProblem[] {
  const definition = integrations.get(wanted.integration);
  if (!definition)
    return [problem('integration', `There is no integration "${wanted.integration.slice(0, 60)}".`)];
  const action = definition.actions.find((one) => one.name === wanted.action && one.perRow);
  if (!action) {
    const names = definition.actions.filter((one) => one.perRow).map((one) => one.name);
    return [
      problem(
        'action',
        `${definition.name} has no such action for rows. It has: ${names.join(', ') || 'none'}.`,
      ),
    ];
  }
  return [
    ...inputProblems(action, columns, wanted, selfId),
    ...needProblems(action, wanted),
    ...outputProblems(action, columns, wanted),
  ];
}

function inputProblems(
  action: Action,
  columns: readonly Column[],
  wanted: ColumnAction,
  selfId: string | null,
): FieldProblem[] {
  return Object.entries(wanted.inputs).flatMap(([name, mapping]) => {
    const at = `inputs.${name}`;
    const input = action.inputs.find((one) => one.name === name);
    if (!input) return [problem(at, `${action.label} has no input of this name.`)];
    if (mapping.kind === 'constant') {
      const outcome = prepareInputs({ inputs: [input], needs: [] }, { [name]: mapping.value });
      return outcome.kind === 'invalid' ? outcome.problems.map(({ message }) => problem(at, message)) : [];
    }
    const source = columns.find(({ id }) => id === mapping.column_id);
    if (!source) return [problem(at, 'This table has no such column.')];
    return feeds(columns, source.id, selfId)
      ? [problem(at, `${source.name} gets its values from this very column.`)]
      : [];
  });
}

/** Whether the values of `from` depend on the column `selfId`, directly or through others. */
function feeds(columns: readonly Column[], from: string, selfId: string | null): boolean {
  const seen = new Set<string>();
  const look = (id: string): boolean => {
    if (id === selfId) return true;
    if (seen.has(id)) return false;
    seen.add(id);
    const column = columns.find((one) => one.id === id);
    return column?.action ? sourcesOf(column.action).some(look) : false;
  };
  return selfId !== null && look(from);
}

function needProblems(action: Action, wanted: ColumnAction): FieldProblem[] {
  const isGiven = (name: string) =>
    Object.hasOwn(wanted.inputs, name) ||
    action.inputs.some((one) => one.name === name && one.default !== undefined);
  const labelOf = (name: string) => action.inputs.find((one) => one.name === name)?.label ?? name;
  const required = action.inputs
    .filter((input) => input.required && !isGiven(input.name))
    .map((input) => problem(`inputs.${input.name}`, `${input.label} is needed.`));
  const unmet = action.needs
    .filter((line) => !line.some((one) => [one].flat().every(isGiven)))
    .map((line) => line.map((one) => [one].flat().map(labelOf).join(' and ')).join(', or '));
  return [...required, ...unmet.map((wishes) => problem('inputs', `Needed: ${wishes}.`))];
}

function outputProblems(action: Action, columns: readonly Column[], wanted: ColumnAction): FieldProblem[] {
  const seen = new Set<string>();
  return Object.entries(wanted.outputs).flatMap(([name, columnId]) => {
    const at = `outputs.${name}`;
    if (!action.outputs.some((one) => one.name === name))
      return [problem(at, `${action.label} has no output of this name.`)];
    const target = columns.find(({ id }) => id === columnId);
    if (!target) return [problem(at, 'This table has no such column.')];
    if (target.type === 'action')
      return [problem(at, `${target.name} is an action column; outputs go to others.`)];
    if (seen.has(columnId)) return [problem(at, `${target.name} takes another output already.`)];
    seen.add(columnId);
    return sourcesOf(wanted).includes(columnId)
      ? [problem(at, `${target.name} is an input of this column; its output cannot go there too.`)]
      : [];
  });
}

/** The columns an action takes its inputs from. */
export function sourcesOf(action: ColumnAction): string[] {
  return Object.values(action.inputs).flatMap((input) => (input.kind === 'column' ? [input.column_id] : []));
}

/** Action columns by the column they take inputs from. */
export function dependentsBySource(columns: readonly Column[]): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const column of columns)
    for (const source of new Set(column.action ? sourcesOf(column.action) : []))
      dependents.set(source, [...(dependents.get(source) ?? []), column.id]);
  return dependents;
}

function problem(path: string, message: string): FieldProblem {
  return { path: `action.${path}`, message };
}
