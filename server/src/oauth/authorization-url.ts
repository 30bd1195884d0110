import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { AppError } from '../lib/app-error.ts';
import type { Upstreams } from '../outbound/upstreams.ts';
import { filledAddress, withParameters } from './addresses.ts';
import { withFilledScopes } from './filled-scopes.ts';
import { challengeOf } from './pkce.ts';

interface Parts {
  definition: Definition;
  method: OAuth2Method;
  upstreams: Upstreams;
  clientId: string;
  redirectUri: string;
  state: string;
  /** Null: the provider is known not to take PKCE. */
  verifier: string | null;
  fields: Readonly<Record<string, string>>;
  optionalScopes: readonly string[];
}

/** The address at the provider that a person opens to sign in (RFC 6749 §4.1.1, RFC 7636 §4.3). */
export function authorizationUrl(parts: Parts): string {
  const { definition, method, verifier } = parts;
  const address = filledAddress(definition, method.authorizeUrl, parts.fields);
  if (address === null) {
    throw new AppError('invalid_input', {
      detail: `The address where ${definition.name} signs people in cannot be made from what was entered.`,
    });
  }
  if (new URL(address).origin === new URL(parts.redirectUri).origin) {
    throw new AppError('invalid_input', {
      detail: `The address where ${definition.name} signs people in is an address of this server.`,
    });
  }
  const ours = {
    response_type: 'code',
    [method.clientIdParam]: parts.clientId,
    redirect_uri: parts.redirectUri,
    ...scopesOf(withFilledScopes(method, parts.fields), parts.optionalScopes),
    ...(verifier !== null && {
      code_challenge: challengeOf(verifier, method.pkceDigest),
      code_challenge_method: 'S256',
    }),
  };
  // Where the code goes and what protects it is not for others to say.
  const all = { ...ours, ...method.authorizeParams, ...ours, state: parts.state };
  return withParameters(opened(parts.upstreams, address), all);
}

function scopesOf(method: OAuth2Method, chosen: readonly string[]): Record<string, string> {
  const asked = method.scopes.filter((scope) => !scope.optional || chosen.includes(scope.name));
  const apart = method.optionalScopeParam;
  const joined = (scopes: typeof asked) => scopes.map((scope) => scope.name).join(method.scopeSeparator);
  const together = apart === undefined ? asked : asked.filter((scope) => !scope.optional);
  const optional = apart === undefined ? [] : asked.filter((scope) => scope.optional);
  return {
    ...(together.length > 0 && { scope: joined(together) }),
    ...(apart !== undefined && optional.length > 0 && { [apart]: joined(optional) }),
  };
}

/** A mirror stands in for the provider here, too; the person's browser opens it, so no guard of this server's applies. */
function opened(upstreams: Upstreams, address: string): string {
  const { origin } = new URL(address);
  const mirror = upstreams.get(origin);
  return mirror === undefined ? address : `${mirror}${address.slice(origin.length)}`;
}
