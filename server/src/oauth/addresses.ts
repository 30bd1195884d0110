import { resolveBaseUrl } from '../catalog/base-url.ts';
import { OWN_PREFIX } from '../catalog/catalogs.ts';
import type { Definition } from '../catalog/definition.ts';

/** An address of a method with its connection fields filled in; null where one is missing or may not stand there. */
export function filledAddress(
  { connectionFields }: Pick<Definition, 'connectionFields'>,
  template: string,
  fields: Readonly<Record<string, string>>,
): string | null {
  // The same rules as for base URLs, so that what a person enters never becomes another host.
  const fragment = template.indexOf('#');
  const address = fragment === -1 ? template : template.slice(0, fragment);
  const filled = resolveBaseUrl({ baseUrl: address, connectionFields }, fields);
  if (filled.kind !== 'ready') return null;
  const slash = address.endsWith('/') ? '/' : '';
  return `${filled.url}${slash}${fragment === -1 ? '' : template.slice(fragment)}`;
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
