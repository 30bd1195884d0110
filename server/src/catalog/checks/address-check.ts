import ipaddr from 'ipaddr.js';
import { placesIn } from '../requests/template.ts';

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
  if (allowedPrivateHosts === null || startsWithField) return null;
  const written = /^[^/]*\/\/([^/]*)/.exec(address)?.[1] ?? '';
  // All of it is a place: what is entered there is looked at then.
  if (/^\{[a-z][a-z0-9_]*\}(:\d+)?$/.test(written)) return isOpen(url, allowedPrivateHosts) ? OPEN : null;
  const isWhole = placesIn(written).length === 0;
  // A place may be filled with digits: http://10.0.0.{n}
  const filled = isWhole ? url : URL.parse(address.replace(/\{[a-z][a-z0-9_]*\}/g, '1'));
  if ([url, filled ?? url].some((one) => isInside(one, isWhole, allowedPrivateHosts)))
    return `The address ${url.hostname} is inside this machine or its network. Only the operator can allow it, with KEYRAIL_ALLOWED_PRIVATE_HOSTS.`;
  return isOpen(url, allowedPrivateHosts) ? OPEN : null;
}

const OPEN =
  'What is sent to an address with http:// travels unencrypted. Write https://. Only inside your network, where the operator allows address and port with KEYRAIL_ALLOWED_PRIVATE_HOSTS, http:// is taken.';

/** Not encrypted, on the way to nothing that the operator allows; of a name, that is told as below. */
function isOpen(url: URL, allowed: readonly string[]): boolean {
  if (url.protocol !== 'http:') return false;
  const port = url.port === '' ? '80' : url.port;
  return ipaddr.isValid(url.hostname.replace(/^\[|\]$/g, ''))
    ? !allowed.includes(`${url.hostname}:${port}`)
    : !allowed.some((one) => one.endsWith(`:${port}`));
}

/** Names that are answered inside a network alone, and by this machine. */
const INSIDE =
  /(^|\.)(localhost|localhost6|localdomain|localdomain6|internal|local|lan|intranet|corp|home|private|home\.arpa)$/;
/** Of clouds: never called, whatever is allowed. */
const METADATA = /^(metadata(\.google\.internal|\.goog|\.amazonaws\.com)?|instance-data(\.ec2\.internal)?)$/;

/**
 * A name tells nothing of where it leads: one of a network's own is taken where any private address is allowed at this port,
 * and each call looks at the address itself. `isWhole`: no part of it is still to be filled in.
 */
function isInside(url: URL, isWhole: boolean, allowed: readonly string[]): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (allowed.includes(`${url.hostname}:${port}`)) return false;
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase();
  if (ipaddr.isValid(host)) return ipaddr.process(host).range() !== 'unicast';
  if (METADATA.test(host)) return true;
  const isOwn = INSIDE.test(host) || (isWhole && !host.includes('.'));
  return isOwn && !allowed.some((one) => one.endsWith(`:${port}`));
}
