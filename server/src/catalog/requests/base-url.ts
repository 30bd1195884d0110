import type { ConnectionField } from '../definition/field-definition.ts';
import type { Definition } from '../definition.ts';
import { placesIn } from './template.ts';

/** An input or connection field cannot stand where the template puts it. `message` is for people. */
export interface Unfit {
  kind: 'unfit';
  name: string;
  message: string;
}

export type BaseUrlOutcome = { kind: 'ready'; url: string } | Unfit;

/** The address of one connection's API, without a slash at its end. Each field is checked for what it may be. */
export function resolveBaseUrl(
  source: Pick<Definition, 'baseUrl' | 'connectionFields'>,
  values: Readonly<Record<string, string>>,
): BaseUrlOutcome {
  const texts: Record<string, string> = {};
  const other = fieldOfOther(source, values);
  if (other !== undefined) return { kind: 'unfit', name: other, message: ADDRESS_CHANGED };
  for (const name of new Set(placesIn(source.baseUrl))) {
    const field = source.connectionFields.find((one) => one.name === name);
    const told = Object.hasOwn(values, name) ? (values[name] ?? '').trim() : '';
    const given = told === '' ? (field?.default ?? '') : told;
    const problem = field === undefined ? 'is no field of this integration.' : fieldProblem(field, given);
    if (problem !== null) return { kind: 'unfit', name, message: `${field?.label ?? name} ${problem}` };
    texts[name] = field?.kind === 'url' ? given.replace(/\/+$/, '') : given;
  }
  const filled = source.baseUrl.replace(/\{([a-z][a-z0-9_]*)\}/g, (_, name: string) => texts[name] ?? '');
  const url = URL.canParse(filled) ? new URL(filled) : null;
  const isClean =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isClean) return { kind: 'unfit', name: 'base_url', message: 'This does not make an address.' };
  return { kind: 'ready', url: (url.origin + url.pathname).replace(/\/+$/, '') };
}

/** Of credentials that were entered for another address. */
export const ADDRESS_CHANGED = 'The address changed. Enter the credentials again.';

/** Whether what was entered with these values was for another address than this is: then none of it is sent. */
export function isForOtherAddress(
  source: Pick<Definition, 'connectionFields'>,
  values: Readonly<Record<string, string>>,
): boolean {
  return fieldOfOther(source, values) !== undefined;
}

/** The same by the stamp alone (null: none), whatever else is `fixed`. */
export function isOfOtherStamp(
  { connectionFields }: Pick<Definition, 'connectionFields'>,
  stamp: string | null,
): boolean {
  const values = stamp === null ? {} : { [ADDRESS_STAMP]: stamp };
  const own = connectionFields.find(({ name }) => name === ADDRESS_STAMP);
  return own === undefined ? leftBehind({ connectionFields }, values) !== undefined : isOther(own, values);
}

function fieldOfOther(
  source: Pick<Definition, 'connectionFields'>,
  values: Readonly<Record<string, string>>,
): string | undefined {
  return source.connectionFields.find((field) => isOther(field, values))?.name ?? leftBehind(source, values);
}

/** The `fixed` field of an integration that a workspace, or a file of the user's folder, describes: where its credentials go, as a short digest. */
export const ADDRESS_STAMP = 'address_stamp';
/** What the stamps of files begin with (address-stamp.ts); those of integrations that workspaces describe are ids. */
export const STAMP_OF_FILE = 'file:';

/** The connection field with the authority (PEM) that vouches for the host entered beside it. It makes no part of an address. */
export const AUTHORITY = 'authority';

/** What is entered with a credential of this integration without being asked: see `fixed`. */
export function fixedFields(definition: Pick<Definition, 'connectionFields'>): Record<string, string> {
  return Object.fromEntries(
    definition.connectionFields.flatMap(({ name, fixed }) => (fixed === undefined ? [] : [[name, fixed]])),
  );
}

function isOther({ name, fixed }: ConnectionField, values: Readonly<Record<string, string>>): boolean {
  return fixed !== undefined && (!Object.hasOwn(values, name) || values[name] !== fixed);
}

/** The stamps that definitions without one would have, by their fields, which travel with every address. */
const wouldHave = new WeakMap<readonly ConnectionField[], () => string>();

export function rememberStamp({ connectionFields }: Definition, stamp: () => string): void {
  wouldHave.set(connectionFields, stamp);
}

/** What was entered while a file of somebody's own was there is for what comes along only where that leads to the same places. */
function leftBehind(
  { connectionFields }: Pick<Definition, 'connectionFields'>,
  values: Readonly<Record<string, string>>,
): string | undefined {
  const stamp = Object.hasOwn(values, ADDRESS_STAMP) ? values[ADDRESS_STAMP] : undefined;
  const isKnown = connectionFields.some(({ name }) => name === ADDRESS_STAMP);
  if (!stamp?.startsWith(STAMP_OF_FILE) || isKnown) return undefined;
  return wouldHave.get(connectionFields)?.() === stamp ? undefined : ADDRESS_STAMP;
}

/** Longer than any host or address; and patterns are tried on it. */
const LONGEST_VALUE = 500;

/** Why a value cannot be this connection field; null when it can. */
export function fieldProblem(field: ConnectionField, value: string): string | null {
  if (field.choices !== undefined) {
    return field.choices.some((choice) => choice.value === value) ? null : 'is not one of the choices.';
  }
  if (value === '') return 'is missing.';
  // What it is, whoever reads files says.
  if (field.kind === 'authority') return null;
  if (value.length > LONGEST_VALUE) return 'is too long.';
  if (field.pattern !== undefined && !new RegExp(field.pattern, 'u').test(value)) {
    return (
      field.patternHelp ?? `does not look right${field.example ? `; an example is ${field.example}` : ''}.`
    );
  }
  if (field.kind === 'text')
    return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(value) && !value.includes('..') ? null : PLAIN;
  const host = field.kind === 'url' ? hostOfUrl(value) : hostOnly(value);
  if (host === null)
    return field.kind === 'url' ? 'must be an address that starts with https://.' : 'must be a host name.';
  const fits = field.hostSuffixes?.some(
    (suffix) => host === suffix.replace(/^\./, '') || host.endsWith(dotted(suffix)),
  );
  return fits === false ? `must end in ${field.hostSuffixes?.join(' or ')}.` : null;
}

const PLAIN = 'may have letters, digits, dots, hyphens and underscores only.';

function dotted(suffix: string): string {
  return suffix.startsWith('.') ? suffix : `.${suffix}`;
}

function hostOnly(value: string): string | null {
  return /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$/.test(value)
    ? value.toLowerCase()
    : null;
}

function hostOfUrl(value: string): string | null {
  if (!/^https:\/\/[^\s@\\?#]+$/.test(value) || !URL.canParse(value)) return null;
  return new URL(value).hostname;
}
