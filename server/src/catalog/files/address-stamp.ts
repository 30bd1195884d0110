import { createHash } from 'node:crypto';
import type { ConnectionField, CredentialField } from '../definition/field-definition.ts';
import type { Definition } from '../definition.ts';
import { ADDRESS_STAMP, rememberStamp, STAMP_OF_FILE } from '../requests/base-url.ts';

/**
 * A definition of somebody's own folder, with the places its secrets go to as a `fixed` field: credentials that were entered
 * while it named others are not used any more (base-url.ts). Where it describes what comes along too, and names the same
 * places as that, it is the same as that.
 *
 * Who may change a file there is not always who was trusted with the credentials: the folder may come from a repository, or be
 * filled by a tool. So a file may say as much as a workspace may that describes an integration itself (custom/destination.ts):
 * words, headers and the paths of requests, but neither another place, nor that a secret be shown.
 */
export function stamped(own: Definition, comesAlong: Definition | undefined): Definition {
  const definition = comesAlong === undefined ? own : asSecretAs(comesAlong, own);
  const fixed = stampFor(definition);
  if (comesAlong !== undefined && stampFor(comesAlong) === fixed) {
    rememberStamp(definition, () => fixed);
    return definition;
  }
  const field: ConnectionField = {
    name: ADDRESS_STAMP,
    label: 'Address',
    kind: 'text',
    required: true,
    fixed,
  };
  return { ...definition, connectionFields: [...definition.connectionFields, field] };
}

/** What comes along is not stamped; but what was entered under a file with the same places is good with it. */
export function unstamped(definition: Definition): Definition {
  rememberStamp(definition, () => stampFor(definition));
  return definition;
}

/** Whatever the file says: what is secret in the one that comes along is taken out of answers, errors and logs. */
function asSecretAs(comesAlong: Definition, own: Definition): Definition {
  const secret = new Set(comesAlong.auth.flatMap(secretFields));
  if (!own.auth.some((method) => 'fields' in method && method.fields.some(isShown))) return own;
  const auth = own.auth.map((method) =>
    'fields' in method
      ? { ...method, fields: method.fields.map((one) => (isShown(one) ? { ...one, secret: true } : one)) }
      : method,
  );
  return { ...own, auth };

  function isShown({ name, secret: isSecret }: CredentialField): boolean {
    return !isSecret && secret.has(name);
  }
}

function secretFields(method: Definition['auth'][number]): string[] {
  return 'fields' in method ? method.fields.filter((one) => one.secret).map(({ name }) => name) : [];
}

function stampFor(definition: Definition): string {
  const digest = createHash('sha256').update(placesOf(definition)).digest('base64url');
  return `${STAMP_OF_FILE}${digest.slice(0, 22)}`;
}

/** Pages for people: nothing secret goes there. */
const PAGES = new Set(['docsUrl', 'registerUrl', 'removeUrl', 'keyHelp', 'examples', 'sources']);

/** Where credentials themselves go: on one host, behind another path somebody else may listen. */
const CALLED = new Set(['baseUrl', 'tokenUrl', 'refreshUrl']);

/**
 * All places that an address of the file can name, and what is taken where nobody enters one; and where a secret stands but in
 * headers, which the API alone reads: an address lands in logs, and a body may become data that others see.
 */
function placesOf(definition: Definition): string {
  const addresses = addressesIn(definition);
  const called = addresses
    .filter(({ name }) => CALLED.has(name))
    .map(({ address }) => hostOf(address) + pathOf(address));
  const isOneOf = (place: string) => called.some((one) => one === place || one.startsWith(`${place}/`));
  const hosts = addresses.map(({ address }) => hostOf(address)).filter((host) => !isOneOf(host));
  const places = [...called, ...hosts].filter((one) => !called.some((other) => one.startsWith(`${other}/`)));
  const fields = definition.connectionFields
    .filter(({ name }) => places.some((place) => place.includes(`{${name}}`)))
    .map(({ name, default: usual = '', hostSuffixes = [] }) => [name, usual, [...hostSuffixes].sort()]);
  const beyondHeaders = definition.auth
    .flatMap((method) => ('send' in method ? (method.send ?? []) : []))
    .filter((one) => one.in !== 'header')
    .map((one) => `${one.in} ${one.name}`);
  return JSON.stringify([once(places), fields.sort(), once(beyondHeaders)]);
}

function once(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

function addressesIn(value: unknown): { name: string; address: string }[] {
  if (Array.isArray(value)) return value.flatMap(addressesIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (PAGES.has(name)) return [];
    if (typeof inner !== 'string') return addressesIn(inner);
    return /^url$|Url$/.test(name) ? [{ name, address: inner }] : [];
  });
}

/** "https://api.acme.example:8443" or "{api_url}": an address as far as it says where a request goes. */
function hostOf(address: string): string {
  return HOST.exec(address)?.[0].toLowerCase() ?? address;
}

const HOST = /^(?:[a-z]+:\/\/)?[^/?#]*/i;

/** Another version of an API is the same API: "/crm/v2" is "/crm". */
function pathOf(address: string): string {
  const path = address.replace(HOST, '').replace(/[?#].*$/s, '');
  return path.replace(/\/(?:v\d+(?:\.\d+)*|20\d\d-\d\d(?:-\d\d)?)(?=\/|$)/gi, '').replace(/\/+$/, '');
}
