import { canonicalAddress, isMetadataAddress, isPublicAddress } from './addresses.ts';
import type { DeniedReason } from './outcome.ts';

/** What the operator has decided about addresses. Made by `guardPolicy`. */
export interface GuardPolicy {
  /** `address|port` of private addresses that may be called. */
  allowed: ReadonlySet<string>;
  /** Host names of ours, and `address` or `address|port` of ours: never called, whatever is allowed. */
  denied: ReadonlySet<string>;
}

export type UrlCheck =
  | { kind: 'fine'; url: URL }
  | { kind: 'denied'; reason: DeniedReason }
  | { kind: 'invalid'; problem: string };

/** Databases, caches and control planes on high ports: an HTTP request to them is somebody looking around. */
const DENIED_PORTS = new Set([
  1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6000, 6379, 6443, 7000,
  7001, 8500, 9042, 9092, 9160, 9200, 9300, 10250, 10255, 11211, 15672, 26257, 27017, 27018, 50070, 61616,
]);

const DENIED_NAMES = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost6',
  'localhost6.localdomain6',
  'ip6-localhost',
  'ip6-loopback',
  'metadata',
  'metadata.goog',
  'metadata.google.internal',
  'metadata.amazonaws.com',
  'instance-data',
  'instance-data.ec2.internal',
]);

/**
 * What can be said of an address before any look-up. The text is judged as written where the parser is too
 * forgiving (backslashes, control characters, a missing `//`), and as parsed for everything else.
 */
export function checkUrl(policy: GuardPolicy, text: string): UrlCheck {
  const problem = spellingProblem(text);
  if (problem !== null) return problem;
  const url = URL.parse(text);
  if (url === null) return { kind: 'invalid', problem: 'is not a valid URL' };
  if (url.username !== '' || url.password !== '') return { kind: 'denied', reason: 'userinfo' };
  const port = portOf(url);
  if (port === 0) return { kind: 'invalid', problem: 'names port 0' };
  const literal = canonicalAddress(url.hostname);
  if (literal === null) return isPortOpen(port) ? checkName(policy, url, port) : denied('port');
  // Where an exact address and port is allowed, the port is what the operator wanted.
  if (policy.allowed.has(`${literal}|${port}`) && mayConnect(policy, literal, port))
    return { kind: 'fine', url };
  if (!isPortOpen(port)) return denied('port');
  return mayConnect(policy, literal, port) ? { kind: 'fine', url } : denied('address');
}

/** The rule for every address, whether written, looked up or found at the other end of the socket. */
export function mayConnect(policy: GuardPolicy, address: string, port: number): boolean {
  const canonical = canonicalAddress(address);
  if (canonical === null || isMetadataAddress(canonical)) return false;
  if (policy.denied.has(canonical) || policy.denied.has(`${canonical}|${port}`)) return false;
  return isPublicAddress(canonical) || policy.allowed.has(`${canonical}|${port}`);
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function spellingProblem(text: string): UrlCheck | null {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') return denied('scheme');
  const authority = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority?.includes('@')) return denied('userinfo');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) {
    return { kind: 'invalid', problem: 'contains a space, a backslash or a control character' };
  }
  if (authority === undefined || authority === '') {
    return { kind: 'invalid', problem: 'must start with https:// and a host' };
  }
  return null;
}

function checkName(policy: GuardPolicy, url: URL, port: number): UrlCheck {
  const name = url.hostname.replace(/\.+$/, '').toLowerCase();
  if (policy.denied.has(name)) return denied('address');
  if (name === 'localhost' && policy.allowed.has(`127.0.0.1|${port}`)) {
    url.hostname = '127.0.0.1';
    return { kind: 'fine', url };
  }
  if (DENIED_NAMES.has(name) || name.endsWith('.localhost') || name === '') return denied('address');
  return { kind: 'fine', url };
}

function isPortOpen(port: number): boolean {
  return port === 443 || port === 80 || (port >= 1024 && !DENIED_PORTS.has(port));
}

function denied(reason: DeniedReason): UrlCheck {
  return { kind: 'denied', reason };
}
