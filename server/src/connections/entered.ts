import type { FieldProblem } from '@keyrail/contract/errors';
import type { Fact, Recognised } from '@keyrail/contract/integrations';
import { clean, cleanKey, MAX_SECRET_LENGTH } from '../auth-methods/clean.ts';
import { endInKey } from '../auth-methods/end-in-key.ts';
import { type Allowed, type Examined, examine, type FileProblem } from '../auth-methods/examine.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { ConnectionField, CredentialField } from '../catalog/definition/field-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { fieldProblem, fixedFields } from '../catalog/requests/base-url.ts';
import { AppError } from '../lib/app-error.ts';
import { Secret } from '../lib/secret.ts';
import { readAsAsked } from './pasted-address.ts';

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
  /** What was done to the input: "Spaces around the API key were removed"; and what to know of it before it is used. */
  notes: string[];
  /** What is known of it and no secret: client e-mail, key id, certificate subject. */
  facts: Fact[];
  /** When it ends by itself, where it says so. */
  expiresAt: Date | null;
}

/** Of a shorter key four characters would say too much. */
const SHORTEST_WITH_HINT = 12;
const MAX_FILE_LENGTH = 256 * 1024;

/**
 * Checks what was entered against the fields of the method, and key files and certificates for what they are. `known`: connection fields this connection has already,
 * which need not be entered again; a secret always has to be, because a changed address must not get the old one.
 * `allowed`: what the person has confirmed. Throws `invalid_input` with every problem at once.
 */
export async function readEntered(
  definition: Pick<Definition, 'baseUrl' | 'connectionFields' | 'name'>,
  method: AuthMethod,
  entered: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
  now: Date,
  allowed?: Allowed,
): Promise<ReadEntered> {
  const { read, problems } = readFields(definition, method, entered, known);
  const missing = read.filter(({ outcome }) => outcome.kind === 'missing');
  if (problems.length > 0) throw invalid([...problems, ...missing.map(missingProblem)]);
  const examined = await examine(method, valuesOf(read), now, allowed);
  // A file may hold what another field asks for.
  const left = missing.filter(({ name }) => !examined.brings.includes(name)).map(missingProblem);
  if (examined.problem !== null) throw refused(examined.problem, left);
  if (left.length > 0) throw invalid(left);
  const sum = summed(read, examined);
  return { ...sum, fields: { ...sum.fields, ...fixedFields(definition) } };
}

/** What entered credentials are, without saving them; what is not entered yet is no problem here. */
export async function recogniseEntered(
  definition: Pick<Definition, 'baseUrl' | 'connectionFields' | 'name'>,
  method: AuthMethod,
  entered: Readonly<Record<string, string>>,
  now: Date,
): Promise<Recognised> {
  const { read, problems } = readFields(definition, method, entered, {});
  const [first] = [...problems, ...read.filter(isEmptyFile).map(missingProblem)];
  if (first !== undefined) {
    const problem = { field: first.path.replace(/^credentials\./, ''), message: first.message, reason: null };
    return { title: null, facts: [], expires_at: null, warnings: [], problem, brings: [] };
  }
  const { title, facts, expiresAt, warnings, problem, brings } = await examine(method, valuesOf(read), now);
  return {
    title,
    facts,
    expires_at: (expiresAt ?? endIn(givenOf(read)))?.toISOString() ?? null,
    warnings,
    problem: problem && { field: problem.field, message: problem.message, reason: problem.reason ?? null },
    brings,
  };
}

function invalid(fields: FieldProblem[]): AppError {
  return new AppError('invalid_input', { fields });
}

function refused({ field, message, reason }: FileProblem, others: FieldProblem[]): AppError {
  const fields = [problemAt(field, message), ...others];
  return new AppError('invalid_input', { fields, ...(reason === undefined ? {} : { reason }) });
}

function missingProblem({ name, label, outcome }: ReadField): FieldProblem {
  const isEmpty = outcome.kind === 'missing' && outcome.isEmptyFile;
  return problemAt(name, isEmpty ? `${label}: this file is empty.` : `${label} is missing.`);
}

function isEmptyFile({ outcome }: ReadField): boolean {
  return outcome.kind === 'missing' && outcome.isEmptyFile;
}

function readFields(
  definition: Pick<Definition, 'baseUrl' | 'connectionFields' | 'name'>,
  method: AuthMethod,
  entered: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): { read: ReadField[]; problems: FieldProblem[] } {
  const credentialFields = 'fields' in method ? method.fields : [];
  const addressFields = definition.connectionFields.filter(
    (field) =>
      field.filledFrom === undefined &&
      field.fixed === undefined &&
      (field.methods?.includes(methodIdOf(method)) ?? true),
  );
  const names = new Set([...credentialFields, ...addressFields].map((field) => field.name));
  const isElsewhere = isOtherAddress(definition, entered, known);
  const baseUrls = [method.baseUrl, definition.baseUrl].filter((one) => one !== undefined);
  const readAddress = (field: ConnectionField, pasted: string) => readAddressField(field, baseUrls, pasted);
  const unknown = Object.keys(entered).filter((name) => !names.has(name));
  const read = [
    ...credentialFields.map((field) => readOne(field, field.secret, readCredential, method.type)),
    ...addressFields.map((field) => readOne(field, false, readAddress, method.type)),
  ];
  const problems: FieldProblem[] = [
    ...unknown.map((name) => problemAt(name, `${definition.name} does not ask for this here.`)),
    ...read.flatMap(({ name, outcome }) =>
      outcome.kind === 'problem' ? [problemAt(name, outcome.message)] : [],
    ),
  ];
  return { read, problems };

  function readOne<F extends CredentialField | ConnectionField>(
    field: F,
    isSecret: boolean,
    readAs: (field: F, pasted: string, type: AuthMethod['type']) => FieldOutcome,
    type: AuthMethod['type'],
  ): ReadField {
    const isKept = !isSecret && (field.kind !== 'authority' || !isElsewhere);
    const fallback = isKept ? known[field.name] : undefined;
    const pasted = (Object.hasOwn(entered, field.name) ? entered[field.name] : fallback) ?? '';
    const { name, label, kind } = field;
    const isLine = kind !== 'file' && kind !== 'multiline' && kind !== 'authority';
    if (pasted.trim() !== '') return { name, label, isSecret, isLine, outcome: readAs(field, pasted, type) };
    // A file of 0 bytes was chosen: that is not the same as none.
    const isEmptyFile = kind === 'file' && Object.hasOwn(entered, field.name);
    const outcome: FieldOutcome = field.required ? { kind: 'missing', isEmptyFile } : { kind: 'blank' };
    return { name, label, isSecret, isLine, outcome };
  }
}

/** Whom a host is believed by is no word on another host: it is not carried along. */
function isOtherAddress(
  { connectionFields }: Pick<Definition, 'connectionFields'>,
  entered: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): boolean {
  return connectionFields.some(({ name, kind, fixed }) => {
    const now = fixed ?? (Object.hasOwn(entered, name) ? entered[name]?.trim() : known[name]);
    return kind !== 'authority' && (now ?? '') !== (known[name] ?? '');
  });
}

type FieldOutcome =
  | {
      kind: 'value';
      value: string;
      said: readonly string[];
      /** Something else was pasted, such as the whole address. */
      isReadAs?: boolean;
    }
  | { kind: 'blank' }
  | { kind: 'missing'; isEmptyFile: boolean }
  | { kind: 'problem'; message: string };

interface ReadField {
  name: string;
  label: string;
  isSecret: boolean;
  /** One line, in contrast to a file. */
  isLine: boolean;
  outcome: FieldOutcome;
}

function readCredential(field: CredentialField, pasted: string, method: AuthMethod['type']): FieldOutcome {
  if (field.kind !== 'text') return readText(field, pasted);
  const cleaned = method === 'api_key' && field.secret ? cleanKey(pasted) : clean(pasted);
  if (cleaned.kind === 'invalid') return { kind: 'problem', message: `${field.label} ${cleaned.problem}.` };
  const { value, said } = cleaned;
  const isChoice = field.choices?.some((choice) => choice.value === value) ?? true;
  if (!isChoice) return { kind: 'problem', message: `${field.label} is not one of the choices.` };
  // A key of another form than the one that is known is asked about at the tool: forms change.
  const pattern = field.secret ? undefined : field.pattern;
  if (pattern !== undefined && value.length > LONGEST_MATCHED)
    return { kind: 'problem', message: `${field.label} is too long.` };
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    return { kind: 'problem', message: `${field.label} ${field.patternHelp ?? 'does not look right.'}` };
  return { kind: 'value', value, said };
}

/** Patterns of files are judged by how long they can run on so much. */
const LONGEST_MATCHED = 500;

/** PEM and JSON keep their lines; what they are is looked at when all fields are there. */
function readText(field: Pick<CredentialField, 'label'>, pasted: string): FieldOutcome {
  if (pasted.length > MAX_FILE_LENGTH)
    return { kind: 'problem', message: `${field.label} is larger than 256 KB.` };
  return { kind: 'value', value: pasted, said: [] };
}

function readAddressField(field: ConnectionField, baseUrls: readonly string[], pasted: string): FieldOutcome {
  if (field.kind === 'authority') return readText(field, pasted);
  const cleaned = clean(pasted);
  if (cleaned.kind === 'invalid') return { kind: 'problem', message: `${field.label} ${cleaned.problem}.` };
  const value = readAsAsked(field, baseUrls, cleaned.value);
  const wrong = fieldProblem(field, value);
  if (wrong !== null) return { kind: 'problem', message: `${field.label} ${wrong}` };
  return { kind: 'value', value, said: cleaned.said, isReadAs: value !== cleaned.value };
}

function problemAt(name: string, message: string): FieldProblem {
  return { path: `credentials.${name}`, message };
}

interface Given {
  name: string;
  label: string;
  isSecret: boolean;
  isLine: boolean;
  value: string;
  said: readonly string[];
  isReadAs: boolean;
}

function givenOf(read: readonly ReadField[]): Given[] {
  return read.flatMap(({ outcome, ...field }) =>
    outcome.kind === 'value' ? [{ ...field, value: outcome.value, ...doneTo(outcome) }] : [],
  );
}

/** What is kept of each field, also where it came with the file of another. */
function keptOf(read: readonly ReadField[], kept: Readonly<Record<string, string>>): Given[] {
  return read.flatMap(({ outcome, ...field }) => {
    const value = Object.hasOwn(kept, field.name) ? kept[field.name] : undefined;
    return value === undefined ? [] : [{ ...field, value, ...doneTo(outcome) }];
  });
}

function doneTo(outcome: FieldOutcome): Pick<Given, 'said' | 'isReadAs'> {
  return outcome.kind === 'value'
    ? { said: outcome.said, isReadAs: outcome.isReadAs ?? false }
    : { said: [], isReadAs: false };
}

function valuesOf(read: readonly ReadField[]): Secret<Readonly<Record<string, string>>> {
  return new Secret(Object.fromEntries(givenOf(read).map(({ name, value }) => [name, value])));
}

function summed(read: readonly ReadField[], { values, facts, expiresAt, warnings }: Examined): ReadEntered {
  const given = keptOf(read, values.reveal());
  const secrets = given.filter((one) => one.isSecret);
  const first = secrets[0]?.isLine === true ? secrets[0].value : '';
  const shown = given.filter((one) => !one.isSecret);
  return {
    values,
    fields: Object.fromEntries(shown.map(({ name, value }) => [name, value])),
    hint: first.length >= SHORTEST_WITH_HINT && first.length <= MAX_SECRET_LENGTH ? first.slice(-4) : null,
    secrets: secrets.map(({ value }) => new Secret(value)),
    notes: [
      ...given.filter((one) => one.said.length > 0).map((one) => removedNote(one.said, one.label)),
      ...given.filter((one) => one.isReadAs).map((one) => `“${one.label}” was read as “${one.value}”.`),
      ...warnings,
    ],
    facts,
    expiresAt: expiresAt ?? endIn(given),
  };
}

/** A file says its end itself, or has none. */
function endIn(given: readonly Given[]): Date | null {
  return endInKey(given.filter((one) => one.isSecret && one.isLine).map(({ value }) => new Secret(value)));
}

/** "Spaces and line breaks around “API key” were removed." */
function removedNote(said: readonly string[], label: string): string {
  const things = said.length > 1 ? `${said.slice(0, -1).join(', ')} and ${said.at(-1)}` : (said[0] ?? '');
  return `${things.charAt(0).toUpperCase()}${things.slice(1)} around “${label}” were removed.`;
}
