import type { ActionInput, ActionOutput, Action as ShownAction } from '@keyrail/contract/integrations';
import { actionFacts, requestWords } from '../catalog/about/actions.ts';
import type {
  Action,
  ActionInput as Input,
  ActionOutput as Output,
} from '../catalog/definition/action-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { setsThatSuffice } from '../catalog/requests/needs.ts';

/** An action as people and programs see it: what goes in, what comes out, what it costs. */
export function presentAction(action: Action, definition: Pick<Definition, 'name' | 'auth'>): ShownAction {
  return {
    name: action.name,
    label: action.label,
    description: action.description,
    inputs: action.inputs.map(presentInput),
    one_of: setsThatSuffice(action.needs),
    outputs: action.outputs.map(presentOutput),
    is_repeatable: action.repeatable,
    cost_note: action.cost?.note ?? null,
    credits_per_call: action.cost?.credits ?? null,
    docs_url: action.docsUrl ?? null,
    request: requestWords(action.request, action.baseUrl),
    is_asynchronous: action.poll !== undefined,
    bulk_rows: action.bulk?.maxRows ?? null,
    scopes: action.scopes,
    facts: actionFacts(action, definition),
  };
}

/** Types that say no more than how a value is written, and nothing about what it means. */
const WITHOUT_MEANING = new Set([
  'text',
  'long_text',
  'number',
  'integer',
  'boolean',
  'choice',
  'json',
  'id',
]);

function presentInput(input: Input): ActionInput {
  return {
    name: input.name,
    label: input.label,
    help: input.help ?? null,
    type: input.multiple ? 'list' : inputType(input.type),
    semantic: WITHOUT_MEANING.has(input.type) ? null : input.type,
    is_required: input.required,
    choices: input.choices?.map((choice) => choice.value) ?? null,
    default: isPlain(input.default) ? input.default : null,
    example: input.example ?? null,
  };
}

function inputType(type: Input['type']): ActionInput['type'] {
  if (type === 'number' || type === 'integer') return 'number';
  return type === 'boolean' || type === 'json' ? type : 'text';
}

function presentOutput(output: Output): ActionOutput {
  return {
    name: output.name,
    label: output.label,
    type: outputType(output.type),
    is_primary: output.primary,
  };
}

function outputType(type: Output['type']): ActionOutput['type'] {
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'date' || type === 'datetime') return 'date';
  if (type === 'url' || type === 'linkedin_url') return 'url';
  return type === 'boolean' || type === 'email' || type === 'json' ? type : 'text';
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
