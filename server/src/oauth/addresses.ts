import { resolveBaseUrl } from '../catalog/base-url.ts';
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
