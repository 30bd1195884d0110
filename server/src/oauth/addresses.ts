import { OWN_PREFIX } from '../catalog/catalogs.ts';
import type { Definition } from '../catalog/definition.ts';
import { resolveBaseUrl } from '../catalog/requests/base-url.ts';

/** An address of a method with its connection fields filled in; null where one is missing or may not stand there. */
export function filledAddress(
  { connectionFields }: Pick<Definition, 'connectionFields'>,
  template: string,
  fields: Readonly<Record<string, string>>,
): string | null {
  // The same rules as for base URLs, so that what a person enters never becomes another host.
  const end = template.search(/[?#]/);
  const address = end === -1 ? template : template.slice(0, end);
  const filled = resolveBaseUrl({ baseUrl: address, connectionFields }, fields);
  if (filled.kind !== 'ready') return null;
  const slash = address.endsWith('/') ? '/' : '';
  const rest = end === -1 ? '' : template.slice(end);
  const written = rest.replace(/\{([a-z][a-z0-9_]*)\}/g, (_, name: string) =>
    encodeURIComponent(Object.hasOwn(fields, name) ? (fields[name] ?? '') : ''),
  );
  return `${filled.url}${slash}${written}`;
}

/**
 * An address with these parameters in place of any of the same name that it has. Some have their page in the fragment
 * (`#/oauth/authorize`): then parameters come after it, where that page reads them.
 */
export function withParameters(address: string, parameters: Readonly<Record<string, string>>): string {
  const cut = address.indexOf('#');
  const fragment = cut === -1 ? '' : address.slice(cut);
  if (/^#!?\//.test(fragment)) return address.slice(0, cut) + joined(fragment, parameters);
  return joined(cut === -1 ? address : address.slice(0, cut), parameters) + fragment;
}

function joined(place: string, parameters: Readonly<Record<string, string>>): string {
  const [before = '', ...query] = place.split('?');
  const own = query
    .join('?')
    .split('&')
    .filter((pair) => pair !== '' && !Object.hasOwn(parameters, nameOf(pair)));
  const given = Object.entries(parameters).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return `${before}?${[...own, ...given].join('&')}`;
}

/** As whoever reads the address decodes it. */
function nameOf(pair: string): string {
  return new URLSearchParams(pair).keys().next().value ?? '';
}

/**
 * Where a provider sends people back to. Each integration has a path of its own, so that no provider's answer is taken for
 * another's (RFC 9700 §4.4.2.2); and since two workspaces may call what they describe the same, theirs have their workspace
 * in it: else the one could send people to the other's provider and be handed the code that comes back.
 */
export function callbackPath(integration: string, workspaceId: string): string {
  const own = integration.startsWith(OWN_PREFIX) ? `.${workspaceId}` : '';
  return `/oauth/callback/${encodeURIComponent(integration)}${own}`;
}
