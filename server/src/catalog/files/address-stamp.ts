import { createHash } from 'node:crypto';
import type { ConnectionField } from '../definition/field-definition.ts';
import type { Definition } from '../definition.ts';
import { ADDRESS_STAMP, rememberStamp, STAMP_OF_FILE } from '../requests/base-url.ts';

/**
 * A definition of somebody's own folder, with the places its secrets go to as a `fixed` field: credentials that were entered
 * while it named others are not used any more (base-url.ts). Where it describes what comes along too, and names the same
 * places as that, it is the same as that.
 */
export function stamped(definition: Definition, comesAlong: Definition | undefined): Definition {
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

function stampFor(definition: Definition): string {
  const digest = createHash('sha256').update(placesOf(definition)).digest('base64url');
  return `${STAMP_OF_FILE}${digest.slice(0, 22)}`;
}

/** Pages for people: nothing secret goes there. */
const PAGES = new Set(['docsUrl', 'registerUrl', 'removeUrl', 'keyHelp', 'examples', 'sources']);

/** All hosts that an address of the file can name, and what is taken where nobody enters one. */
function placesOf(definition: Definition): string {
  const hosts = new Set(addressesIn(definition).map(hostOf));
  const fields = definition.connectionFields
    .filter(({ name }) => [...hosts].some((host) => host.includes(`{${name}}`)))
    .map(({ name, default: usual = '', hostSuffixes = [] }) => [name, usual, [...hostSuffixes].sort()]);
  return JSON.stringify([[...hosts].sort(), fields.sort()]);
}

function addressesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(addressesIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (PAGES.has(name)) return [];
    if (typeof inner !== 'string') return addressesIn(inner);
    return /^url$|Url$/.test(name) ? [inner] : [];
  });
}

/** "https://api.acme.example:8443" or "{api_url}": an address as far as it says where a request goes. */
function hostOf(address: string): string {
  return /^(?:[a-z]+:\/\/)?[^/?#]*/i.exec(address)?.[0].toLowerCase() ?? address;
}
