import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { ADDRESS_STAMP, AUTHORITY, fixedFields, STAMP_OF_FILE } from '../catalog/requests/base-url.ts';
import { filledAddress } from '../oauth/addresses.ts';
import type { Outbound } from '../outbound/call.ts';
import type { Trusted } from '../outbound/credential-source.ts';

type Fields = Readonly<Record<string, string>>;

/**
 * Whose certificates a connection believes beside those of public authorities: those that an authority vouches for which was
 * entered along with the host, and of that host alone. An address that the catalog names is nobody's own.
 */
export function trustedBy(
  definition: Pick<Definition, 'connectionFields'> & { baseUrl?: string },
  method: AuthMethod | undefined,
  fields: Fields,
): Trusted | undefined {
  const authorities = Object.hasOwn(fields, AUTHORITY) ? fields[AUTHORITY] : undefined;
  if (!authorities) return undefined;
  const isDescribed = fixedFields(definition)[ADDRESS_STAMP]?.startsWith(STAMP_OF_FILE) === false;
  const base = method?.baseUrl ?? definition.baseUrl;
  const addresses = [...(base === undefined ? [] : [base]), ...tokenAddresses(method)];
  const hosts = addresses.flatMap((address) => {
    const isEntered = isDescribed || /^(https?:\/\/)?[^/?#]*\{/.test(address);
    const filled = isEntered ? filledAddress(definition, address, fields) : null;
    return filled === null ? [] : [new URL(filled).hostname];
  });
  return { authorities, hosts: [...new Set(hosts)] };
}

/** The same calls, each of them believing these. */
export function believing<O extends Pick<Outbound, 'call'>>(outbound: O, trusted: Trusted | undefined): O {
  return trusted === undefined
    ? outbound
    : { ...outbound, call: (call) => outbound.call({ ...call, trusted }) };
}

function tokenAddresses(method: AuthMethod | undefined): string[] {
  if (method === undefined || !('tokenUrl' in method)) return [];
  const others = method.type === 'oauth2' ? [method.refreshUrl, method.revokeUrl] : [];
  return [method.tokenUrl, ...others].filter((one) => one !== undefined);
}
