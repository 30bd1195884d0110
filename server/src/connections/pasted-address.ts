import type { ConnectionField } from '../catalog/definition/field-definition.ts';

/**
 * What a field asks for, taken out of an address that was pasted from the browser: "acme" of "https://acme.example.com/inbox"
 * where calls go to `https://{domain}.example.com`, a host of an address, and an address of a host. What is none of these stays
 * as it is; whether it can be used is for others to say.
 */
export function readAsAsked(field: ConnectionField, baseUrls: readonly string[], pasted: string): string {
  if (field.choices !== undefined || field.kind === 'authority') return pasted;
  if (field.kind === 'url') return HOST_AND_PATH.test(pasted) ? `https://${pasted}` : pasted;
  const host = hostIn(pasted);
  if (host === null) return pasted;
  if (field.kind === 'host') return host;
  for (const baseUrl of baseUrls) {
    const rest = restOfHost(baseUrl, field.name);
    if (rest !== null && host.endsWith(rest) && host.length > rest.length) return host.slice(0, -rest.length);
  }
  return pasted;
}

/** What may follow a host, so that it is told from an address with a port or a password, which is nobody's to guess at. */
const HOST_AND_PATH = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,10}(?:\/[^\s@\\?#]{0,400})?$/i;

function hostIn(pasted: string): string | null {
  const bare = pasted.replace(/^https?:\/\//i, '').replace(/[?#].*$/s, '');
  return HOST_AND_PATH.test(bare) ? (bare.split('/')[0] ?? '').toLowerCase() : null;
}

/** ".example.com" of "https://{name}.example.com/api", where the host has no other place. */
function restOfHost(baseUrl: string, name: string): string | null {
  const start = `https://{${name}}.`;
  if (!baseUrl.startsWith(start)) return null;
  const rest = baseUrl.slice(start.length - 1).split('/')[0] ?? '';
  return rest.includes('{') ? null : rest.toLowerCase();
}
