import ipaddr from 'ipaddr.js';
import { placesIn } from './template.ts';

/**
 * Why an address in a catalog file is refused, or null. Only http and https, no user name in it, and no address of
 * this machine or its network written out, unless the operator allows exactly that host and port. What a name
 * resolves to is checked again at each call. `mayHaveQuery`: people open it, and no request of ours is built on it.
 * `null` for the hosts: where it leads has been judged elsewhere.
 */
export function addressProblem(
  address: string,
  allowedPrivateHosts: readonly string[] | null,
  { mayHaveQuery = false }: { mayHaveQuery?: boolean } = {},
): string | null {
  if (/[\s\\]/.test(address)) return 'The address has spaces or backslashes.';
  const startsWithField = /^\{[a-z][a-z0-9_]*\}/.test(address);
  if (!startsWithField && !/^https?:\/\//i.test(address))
    return 'The address must start with https:// (or http://).';
  const example = (startsWithField ? address.replace(/^\{[^}]*\}/, 'https://example.com') : address).replace(
    /\{[a-z][a-z0-9_]*\}/g,
    'x',
  );
  if (!URL.canParse(example)) return 'This is not an address.';
  const url = new URL(example);
  if (url.username !== '' || url.password !== '')
    return 'The address must not have a user name or password in it.';
  if (url.search !== '' && !mayHaveQuery)
    return 'The address must not have parameters in it. Put them under query.';
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (allowedPrivateHosts === null || allowedPrivateHosts.includes(`${url.hostname}:${port}`)) return null;
  if (placesIn(/^[^/]*\/\/([^/]*)/.exec(address)?.[1] ?? '').length > 0) return null;
  return isPrivateHost(url.hostname)
    ? `The address ${url.hostname} is inside this machine or its network. Only the operator can allow it, with KEYRAIL_ALLOWED_PRIVATE_HOSTS.`
    : null;
}

function isPrivateHost(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.localdomain')) return true;
  if (['metadata', 'metadata.google.internal', 'metadata.amazonaws.com', 'instance-data'].includes(host))
    return true;
  return ipaddr.isValid(host) && ipaddr.process(host).range() !== 'unicast';
}
