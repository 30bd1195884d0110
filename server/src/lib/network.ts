import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * What addresses are counted by: IPv4 as it is, IPv6 by its /64, as a customer has all of one to take addresses from. An
 * address has many spellings (`2001:db8::1`, `2001:db8:0:0:0:0:0:1`, `::ffff:192.0.2.1`); they count as one.
 */
export function networkOf(ip: string): string {
  // The one spelling it has.
  if (isIPv4(ip)) return ip;
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const groups = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${groups.join(':')}::/64`;
}
