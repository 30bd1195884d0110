import ipaddr from 'ipaddr.js';

/**
 * Addresses that hand out cloud credentials. They have no allow switch. All of link-local belongs to them (ECS,
 * EKS and most clouds live there); the others are Azure's wire server, Alibaba, Oracle, and AWS and Google on IPv6.
 */
const METADATA_RANGES = [
  '169.254.0.0/16',
  'fe80::/10',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
].map((range) => ipaddr.parseCIDR(range));

/** Texts come from people and name servers: there may be any number of them, and of any length. */
const REMEMBERED_MOST = 1_000;

/** IANA has given out global unicast addresses from here alone; ipaddr.js calls all it does not know unicast. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/** One spelling per address: IPv4 inside IPv6 becomes IPv4. Null for what is no address. */
export const canonicalAddress = remembered((text: string): string | null => {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : null;
});

export const isMetadataAddress = remembered((address: string): boolean => {
  const parsed = ipaddr.process(address);
  return METADATA_RANGES.some(
    ([network, bits]) => network.kind() === parsed.kind() && parsed.match([network, bits]),
  );
});

/** Reachable over the internet: not private, loopback, link-local, reserved, nor an IPv4 address carried in IPv6. */
export const isPublicAddress = remembered((address: string): boolean => {
  const parsed = ipaddr.process(address);
  if (isMetadataAddress(address) || parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6);
});

/** Each is asked several times for every call, mostly about the same few; what it says of a text never changes. */
function remembered<T>(judge: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = judge(text);
    if (known.size >= REMEMBERED_MOST) known.clear();
    known.set(text, result);
    return result;
  };
}
