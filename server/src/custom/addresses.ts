import type { CustomDefinition } from '@keyrail/contract/custom';
import type { CustomAuth } from '@keyrail/contract/custom-auth';
import type { FieldProblem } from '@keyrail/contract/errors';
import { AppError } from '../lib/app-error.ts';
import type { Outbound } from '../outbound/call.ts';

export interface AddressDeps {
  outbound: Pick<Outbound, 'check'>;
  /** Where people reach this server. Nobody signs in to somebody else's API there. */
  ownOrigins: readonly string[];
}

/** `notes`: what could not be found out about the addresses, in sentences. */
export interface CheckedAddresses {
  described: CustomDefinition;
  notes: string[];
}

interface Found {
  problems: FieldProblem[];
  notes: string[];
}

/**
 * The description with its addresses as they will be used: as a parser reads them, so that a look-alike name shows what it is.
 * Each one this server would call passes the guard of every call, with a look-up. Throws `egress_denied` or `invalid_input`.
 */
export async function checkAddresses(
  deps: AddressDeps,
  described: CustomDefinition,
): Promise<CheckedAddresses> {
  const found: Found = { problems: [], notes: [] };
  const base = (await called(deps, found, 'base_url', described.base_url)).replace(/\/+$/, '');
  const hosts = await Promise.all(
    described.allowed_hosts.map((host, index) => originOf(deps, found, `allowed_hosts.${index}`, host)),
  );
  const auth = await checkedAuth(deps, found, described.auth);
  if (found.problems.length > 0) throw new AppError('invalid_input', { fields: found.problems });
  return {
    described: { ...described, base_url: base, allowed_hosts: [...new Set(hosts)], auth },
    notes: found.notes,
  };
}

async function checkedAuth(deps: AddressDeps, found: Found, auth: CustomAuth): Promise<CustomAuth> {
  const at = (path: string, address: string) => called(deps, found, `auth.${path}`, address);
  const where = async (path: string, address: string | null) =>
    address === null ? null : await at(path, address);
  switch (auth.type) {
    case 'oauth2':
      return {
        ...auth,
        authorize_url: opened(deps, found, auth.authorize_url),
        token_url: await at('token_url', auth.token_url),
        refresh_url: await where('refresh_url', auth.refresh_url),
        revoke_url: await where('revoke_url', auth.revoke_url),
      };
    case 'oauth2_client_credentials':
      return { ...auth, token_url: await at('token_url', auth.token_url) };
    case 'service_account':
      return {
        ...auth,
        token_url: await where('token_url', auth.token_url),
        sts_url: await where('sts_url', auth.sts_url),
      };
    default:
      return auth;
  }
}

/** An address this server calls. */
async function called(deps: AddressDeps, found: Found, path: string, text: string): Promise<string> {
  const check = await deps.outbound.check(text);
  switch (check.kind) {
    case 'denied':
      throw new AppError('egress_denied', {
        reason: check.reason,
        detail: `${DENIED[check.reason] ?? DENIED.address} Nothing was saved.`,
        fields: [{ path, message: DENIED[check.reason] ?? DENIED.address }],
      });
    case 'invalid':
      found.problems.push({ path, message: `The address ${check.problem}.` });
      return text;
    case 'unresolved':
      found.notes.push(`The name ${URL.parse(text)?.hostname ?? ''} could not be looked up just now.`);
      return asUsed(text);
    case 'fine':
      return asUsed(text);
  }
}

/** The same words for every address that is refused: whether something listens there is nobody's business. */
const DENIED = {
  scheme: 'The address must start with https:// (or http://).',
  userinfo: 'The address must not have a user name or password in it: credentials are entered apart.',
  port: 'This server does not call that port.',
  address:
    'This server does not call that address. The operator can allow an address and port with KEYRAIL_ALLOWED_PRIVATE_HOSTS.',
  host: 'The credential may not go to that host.',
} as const;

/** Only scheme, host and port: "files.example.com" is meant as https. */
async function originOf(deps: AddressDeps, found: Found, path: string, text: string): Promise<string> {
  const written = /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^:/]+:\d+$/.test(text) ? text : `https://${text}`;
  const address = await called(deps, found, path, written);
  const url = URL.parse(address);
  if (url === null) return text;
  if (url.pathname !== '/' || url.search !== '')
    found.problems.push({ path, message: 'Write the host alone, without a path: https://files.example.com' });
  return url.origin;
}

/** An address that a browser opens. It may be inside the person's own network, which this server does not call. */
function opened({ ownOrigins }: AddressDeps, found: Found, text: string): string {
  const refuse = (message: string) => {
    found.problems.push({ path: 'auth.authorize_url', message });
    return text;
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text) || !/^https?:\/\/[^/]/i.test(text))
    return refuse('The sign-in address must start with https://.');
  const url = URL.parse(text);
  if (url === null) return refuse('This is not an address.');
  if (url.username !== '' || url.password !== '')
    return refuse('The address must not have a user name or password in it.');
  if (ownOrigins.includes(url.origin))
    return refuse('This is the address of Keyrail itself. Enter that of the service where people sign in.');
  // Parameters and a page behind # are part of where people sign in.
  return url.search === '' && url.hash === '' ? asUsed(text) : url.href;
}

/** As a parser reads it, without a fragment. Parameters are refused by the check of the definition. */
function asUsed(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  return url.search === '' ? url.origin + url.pathname : url.href;
}
