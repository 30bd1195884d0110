import type { FieldProblem } from '@keyrail/contract/errors';
import { clean, cleanKey, MAX_SECRET_LENGTH } from '../auth-methods/clean.ts';
import type { AuthMethod } from '../catalog/auth-definition.ts';
import { fieldProblem, fixedFields } from '../catalog/base-url.ts';
import type { Definition } from '../catalog/definition.ts';
import type { ConnectionField, CredentialField } from '../catalog/field-definition.ts';
import { AppError } from '../lib/app-error.ts';
import { Secret } from '../lib/secret.ts';

/** What a person entered, taken apart and clean. */
export interface ReadEntered {
  /** Everything the auth method and the address need, by field name; this is what gets sealed. */
  values: Secret<Readonly<Record<string, string>>>;
  /** The part that is no secret, for lists and addresses. */
  fields: Readonly<Record<string, string>>;
  /** The last 4 characters of the first secret, where it is long enough not to be given away by them. */
  hint: string | null;
  /** The secrets alone, for remarks about their form and for keeping them out of texts. */
  secrets: Secret<string>[];
  /** What was done to the input: "Spaces around the API key were removed." */
  notes: string[];
}

/** Of a shorter key four characters would say too much. */
const SHORTEST_WITH_HINT = 12;
const MAX_FILE_LENGTH = 256 * 1024;

/**
 * Checks what was entered against the fields of the method. `known`: connection fields this connection has already,
 * which need not be entered again; a secret always has to be, because a changed address must not get the old one.
 * Throws `invalid_input` with every problem at once.
 */
export function readEntered(
  definition: Pick<Definition, 'connectionFields' | 'name'>,
  method: AuthMethod,
  entered: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>> = {},
): ReadEntered {
  const credentialFields = 'fields' in method ? method.fields : [];
  const addressFields = definition.connectionFields.filter(
    (field) => field.filledFrom === undefined && field.fixed === undefined,
  );
  const names = new Set([...credentialFields, ...addressFields].map((field) => field.name));
  const unknown = Object.keys(entered).filter((name) => !names.has(name));
  const read = [
    ...credentialFields.map((field) => readOne(field, field.secret, readCredential, method.type)),
    ...addressFields.map((field) => readOne(field, false, readAddressField, method.type)),
  ];
  const problems: FieldProblem[] = [
    ...unknown.map((name) => problemAt(name, `${definition.name} does not ask for this here.`)),
    ...read.flatMap(({ name, outcome }) =>
      outcome.kind === 'problem' ? [problemAt(name, outcome.message)] : [],
    ),
  ];
  if (problems.length > 0) throw new AppError('invalid_input', { fields: problems });
  const sum = summed(read);
  return { ...sum, fields: { ...sum.fields, ...fixedFields(definition) } };

  function readOne<F extends CredentialField | ConnectionField>(
    field: F,
    isSecret: boolean,
    readAs: (field: F, pasted: string, type: AuthMethod['type']) => FieldOutcome,
    type: AuthMethod['type'],
  ): ReadField {
    const fallback = isSecret ? undefined : known[field.name];
    const pasted = (Object.hasOwn(entered, field.name) ? entered[field.name] : fallback) ?? '';
    const { name, label } = field;
    if (pasted.trim() !== '') return { name, label, isSecret, outcome: readAs(field, pasted, type) };
    const outcome: FieldOutcome = field.required
      ? { kind: 'problem', message: `${label} is missing.` }
      : { kind: 'blank' };
    return { name, label, isSecret, outcome };
  }
}

type FieldOutcome =
  | { kind: 'value'; value: string; said: readonly string[] }
  | { kind: 'blank' }
  | { kind: 'problem'; message: string };

interface ReadField {
  name: string;
  label: string;
  isSecret: boolean;
  outcome: FieldOutcome;
}

function readCredential(field: CredentialField, pasted: string, method: AuthMethod['type']): FieldOutcome {
  if (field.kind !== 'text') return readText(field, pasted);
  const cleaned = method === 'api_key' && field.secret ? cleanKey(pasted) : clean(pasted);
  if (cleaned.kind === 'invalid') return { kind: 'problem', message: `${field.label} ${cleaned.problem}.` };
  const { value, said } = cleaned;
  const isChoice = field.choices?.some((choice) => choice.value === value) ?? true;
  if (!isChoice) return { kind: 'problem', message: `${field.label} is not one of the choices.` };
  return { kind: 'value', value, said };
}

/** PEM and JSON keep their lines; only what cannot be text is refused. */
function readText(field: CredentialField, pasted: string): FieldOutcome {
  if (pasted.length > MAX_FILE_LENGTH)
    return { kind: 'problem', message: `${field.label} is larger than 256 KB.` };
  if (pasted.includes('\0')) return { kind: 'problem', message: `${field.label} is not a text.` };
  return { kind: 'value', value: pasted, said: [] };
}

function readAddressField(field: ConnectionField, pasted: string): FieldOutcome {
  const cleaned = clean(pasted);
  if (cleaned.kind === 'invalid') return { kind: 'problem', message: `${field.label} ${cleaned.problem}.` };
  const wrong = fieldProblem(field, cleaned.value);
  if (wrong !== null) return { kind: 'problem', message: `${field.label} ${wrong}` };
  return { kind: 'value', value: cleaned.value, said: cleaned.said };
}

function problemAt(name: string, message: string): FieldProblem {
  return { path: `credentials.${name}`, message };
}

function summed(read: readonly ReadField[]): ReadEntered {
  const given = read.flatMap(({ name, label, isSecret, outcome }) =>
    outcome.kind === 'value' ? [{ name, label, isSecret, value: outcome.value, said: outcome.said }] : [],
  );
  const secrets = given.filter((one) => one.isSecret).map((one) => one.value);
  const [first = ''] = secrets;
  const shown = given.filter((one) => !one.isSecret);
  return {
    values: new Secret(Object.fromEntries(given.map(({ name, value }) => [name, value]))),
    fields: Object.fromEntries(shown.map(({ name, value }) => [name, value])),
    hint: first.length >= SHORTEST_WITH_HINT && first.length <= MAX_SECRET_LENGTH ? first.slice(-4) : null,
    secrets: secrets.map((secret) => new Secret(secret)),
    notes: given.filter((one) => one.said.length > 0).map((one) => removedNote(one.said, one.label)),
  };
}

/** "Spaces and line breaks around “API key” were removed." */
function removedNote(said: readonly string[], label: string): string {
  const things = said.length > 1 ? `${said.slice(0, -1).join(', ')} and ${said.at(-1)}` : (said[0] ?? '');
  return `${things.charAt(0).toUpperCase()}${things.slice(1)} around “${label}” were removed.`;
}
