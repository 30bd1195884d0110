import type { ColumnAction } from '@keyrail/contract/tables';
import { dependentsBySource } from '../tables/action-column.ts';
import type { Column } from '../tables/table.ts';
import type { InputPlace } from './store/cell-store.ts';

/** Where an action column's inputs come from and its outputs go to, with columns that are gone left out. */
export interface Plan {
  /** Names of the inputs that come from the row, in the order of `places`. */
  names: string[];
  places: InputPlace[];
  /** Inputs that are the same in all rows. */
  constants: Record<string, unknown>;
  /** Output name and column. */
  outputs: [string, string][];
  /** Action columns that take their inputs from this one. */
  dependents: string[];
  /** Inputs mapped from columns that are not there any more. */
  lost: string[];
}

/** `columnId` null: the action is only tried. */
export function planOf(action: ColumnAction, columns: readonly Column[], columnId: string | null): Plan {
  const byId = new Map(columns.map((column) => [column.id, column]));
  const plan: Plan = { names: [], places: [], constants: {}, outputs: [], dependents: [], lost: [] };
  plan.dependents = columnId === null ? [] : (dependentsBySource(columns).get(columnId) ?? []);
  for (const [name, mapping] of Object.entries(action.inputs)) {
    if (mapping.kind === 'constant') {
      plan.constants[name] = mapping.value;
      continue;
    }
    const column = byId.get(mapping.column_id);
    if (column === undefined) plan.lost.push(name);
    else {
      plan.names.push(name);
      plan.places.push(
        column.type === 'action' ? { kind: 'cell', columnId: column.id } : { kind: 'value', key: column.key },
      );
    }
  }
  plan.outputs = Object.entries(action.outputs).filter(
    ([, columnId]) => byId.get(columnId)?.type !== undefined && byId.get(columnId)?.type !== 'action',
  );
  return plan;
}

/** The inputs of one row, by name. */
export function inputsOf(plan: Plan, values: readonly unknown[]): Record<string, unknown> {
  const inputs: Record<string, unknown> = { ...plan.constants };
  plan.names.forEach((name, index) => {
    inputs[name] = values[index] ?? undefined;
  });
  return inputs;
}
