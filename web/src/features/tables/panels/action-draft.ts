import type { Action } from '@keyrail/contract/integrations';
import type { Column, Table } from '@keyrail/contract/tables';
import type { ColumnActionInput, InputMappingInput } from '@keyrail/sdk/shapes';
import { guessInputs } from './guess-inputs.ts';
import { type WaysToStart, waysToStart } from './ways-to-start.ts';

/** Where an output goes: to no column, to a new one, or to the column with this id. */
export type OutputTarget = 'none' | 'new' | string;

export interface ActionDraft {
  name: string;
  integration: string;
  action: Action;
  connectionId: string | null;
  inputs: Record<string, InputMappingInput>;
  outputs: Record<string, OutputTarget>;
}

/** `emailColumns`: action columns of the table that find an email address, by id. */
export function newDraft(
  integration: string,
  action: Action,
  table: Table,
  emailColumns: ReadonlySet<string>,
): ActionDraft {
  return {
    name: freeName(action.label, table.columns),
    integration,
    action,
    connectionId: null,
    inputs: { ...defaultsOf(action), ...guessInputs(action.inputs, table.columns, emailColumns) },
    outputs: {},
  };
}

/** The draft of a column that is there already; `undefined` where the tool lost the action. */
export function draftOf(column: Column, actions: readonly Action[]): ActionDraft | undefined {
  const action = actions.find((one) => one.name === column.action?.action);
  if (column.action === null || action === undefined) return undefined;
  return {
    name: column.name,
    integration: column.action.integration,
    action,
    connectionId: column.action.connection_id,
    inputs: { ...column.action.inputs },
    outputs: { ...column.action.outputs },
  };
}

/** As the API takes it; outputs that want a new column are made columns first. */
export function toColumnAction(
  draft: ActionDraft,
  made: Readonly<Record<string, string>> = {},
): ColumnActionInput {
  const targets = Object.entries(draft.outputs)
    .map(([name, target]) => [name, target === 'new' ? made[name] : target] as const)
    .filter(([, target]) => target !== undefined && target !== 'none');
  return {
    integration: draft.integration,
    action: draft.action.name,
    connection_id: draft.connectionId,
    inputs: draft.inputs,
    outputs: Object.fromEntries(targets) as Record<string, string>,
  };
}

/** What is still missing, in a sentence; `null` when it can be saved. */
export function missingIn(draft: ActionDraft): string | null {
  const filled = filledIn(draft);
  const missing = draft.action.inputs.filter((input) => input.is_required && !filled.has(input.name));
  if (missing.length > 0) return `Fill ${missing.map((input) => input.label).join(', ')}.`;
  // Which ones is said above the inputs.
  return waysIn(draft).isEnough ? null : 'More inputs are needed.';
}

/** What is needed besides the required inputs; one that has a default is filled by it. */
export function waysIn(draft: ActionDraft): WaysToStart {
  const byDefault = draft.action.inputs.filter((input) => input.default !== null);
  return waysToStart(draft.action, new Set([...filledIn(draft), ...byDefault.map((input) => input.name)]));
}

const filledIn = ({ inputs }: ActionDraft): Set<string> =>
  new Set(Object.keys(inputs).filter((name) => isFilled(inputs[name])));

const isFilled = (mapping: InputMappingInput | undefined): boolean =>
  mapping !== undefined && (mapping.kind === 'column' || mapping.value !== '');

function defaultsOf(action: Action): Record<string, InputMappingInput> {
  return Object.fromEntries(
    action.inputs
      .filter((input) => input.default !== null && input.is_required)
      .map((input) => [input.name, { kind: 'constant' as const, value: input.default ?? '' }]),
  );
}

export function freeName(wanted: string, columns: readonly Column[]): string {
  const taken = new Set(columns.map((column) => column.name.toLowerCase()));
  if (!taken.has(wanted.toLowerCase())) return wanted;
  let at = 2;
  while (taken.has(`${wanted} ${at}`.toLowerCase())) at++;
  return `${wanted} ${at}`;
}
