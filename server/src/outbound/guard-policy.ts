import { networkInterfaces } from 'node:os';
import { canonicalAddress, isMetadataAddress } from './addresses.ts';
import type { GuardPolicy } from './guard.ts';

/** One `KEYRAIL_ALLOWED_PRIVATE_HOSTS` entry, as the guard compares it, or what is wrong with it. */
export type AllowedHost = { kind: 'allowed'; key: string } | { kind: 'mistake'; problem: string };

/**
 * Reads one entry of the operator's allow-list: an exact address and port, `10.0.0.5:8080` or `[fd00::5]:8080`.
 * Ranges and names are refused: what they cover can change without the operator seeing it.
 */
export function parseAllowedHost(entry: string): AllowedHost {
  const match = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(entry.trim());
  const [, host, portText] = match ?? [];
  const port = Number(portText);
  if (host === undefined || port < 1 || port > 65_535) {
    return mistake(entry, 'write an address and a port, such as 10.0.0.5:8080 or [fd00::5]:8080');
  }
  const address = canonicalAddress(host.replace(/\/32$/, ''));
  if (address === null) {
    const why = host.includes('/') ? 'a range is not taken' : 'a name is not taken';
    return mistake(entry, `${why}; write one exact address`);
  }
  if (isMetadataAddress(address)) return mistake(entry, 'metadata addresses are never allowed');
  return { kind: 'allowed', key: `${address}|${port}` };
}

export interface GuardSettings {
  /** Entries of KEYRAIL_ALLOWED_PRIVATE_HOSTS. */
  allowedPrivateHosts: readonly string[];
  /** `address:port` this server listens on. */
  ownAddresses: readonly string[];
  /** Host names (or addresses) of the database and of the public URL. */
  ownHosts: readonly string[];
}

/** The policy of this server. An entry that cannot be read throws: config has checked them before. */
export function guardPolicy(settings: GuardSettings): GuardPolicy {
  const allowed = new Set<string>();
  for (const entry of settings.allowedPrivateHosts) {
    const parsed = parseAllowedHost(entry);
    if (parsed.kind === 'mistake') throw new Error(parsed.problem);
    allowed.add(parsed.key);
  }
  return { allowed, denied: new Set([...ownAddressKeys(settings), ...ownHostKeys(settings)]) };
}

function ownAddressKeys(settings: GuardSettings): string[] {
  return settings.ownAddresses.flatMap((entry) => {
    const parsed = parseAllowedHost(entry);
    if (parsed.kind === 'mistake') throw new Error(parsed.problem);
    const [address, port] = parsed.key.split('|');
    // Listening on all addresses is listening on each of this machine's, public ones among them.
    const isEvery = address === '0.0.0.0' || address === '::';
    return isEvery ? machineAddresses().map((one) => `${one}|${port}`) : [parsed.key];
  });
}

function machineAddresses(): string[] {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return interfaces.flatMap(({ address }) => canonicalAddress(address.replace(/%.*$/, '')) ?? []);
}

function ownHostKeys(settings: GuardSettings): string[] {
  return settings.ownHosts
    .map((host) => canonicalAddress(host) ?? host.toLowerCase().replace(/\.+$/, ''))
    .filter((host) => !isLoopbackName(host));
}

/** Loopback is denied anyway, unless an exact port of it is allowed: naming all of it would undo that. */
function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.') || host === '';
}

function mistake(entry: string, problem: string): AllowedHost {
  return { kind: 'mistake', problem: `"${entry}": ${problem}` };
}
