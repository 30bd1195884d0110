import type { ServiceAccountMethod } from '../catalog/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { Clock } from '../lib/clock.ts';
import { filledAddress } from '../oauth/addresses.ts';
import { askTokenEndpoint, type TokenEndpoint, type TokenOutcome } from '../oauth/token-endpoint.ts';
import type { Outbound } from '../outbound/call.ts';
import type { CredentialFields } from './authenticator.ts';
import { type Claims, claimsOfGoogle, claimsOfJwt, scopeOf, signAssertion } from './signed-assertion.ts';

interface Deps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
}

/** Kinds of service account whose key buys short-lived tokens. */
export type TokenServiceAccount = Extract<
  ServiceAccountMethod,
  { kind: 'google_service_account' | 'jwt_bearer' }
>;

export function mintsTokens(method: ServiceAccountMethod): method is TokenServiceAccount {
  return method.kind === 'google_service_account' || method.kind === 'jwt_bearer';
}

/**
 * The next token of a service account: an assertion is signed and exchanged (RFC 7523 §2.1), once. `values`: what is stored
 * of the key; `fields`: the connection fields of the credential. The key itself never leaves the process.
 */
export async function mintServiceAccount(
  deps: Deps,
  of: {
    workspaceId: string;
    definition: Pick<Definition, 'connectionFields'>;
    method: TokenServiceAccount;
    fields: Readonly<Record<string, string>>;
  },
  values: CredentialFields,
): Promise<TokenOutcome> {
  const { method, definition, workspaceId } = of;
  const url = filledAddress(definition, method.tokenUrl, of.fields);
  if (url === null) return notMade('The address for tokens cannot be made from what was entered.');
  const claims =
    method.kind === 'jwt_bearer'
      ? claimsOfJwt(method, values, url)
      : claimsOfGoogle(method, values, method.tokenUrl);
  if (claims === null) return DAMAGED;
  const assertion = await signed(claims, deps.clock.now());
  if (assertion === null) return DAMAGED;
  const isParameter = method.kind === 'jwt_bearer' && method.assertion.scopeIn === 'parameter';
  const outcome = await askTokenEndpoint(deps, {
    workspaceId,
    url,
    endpoint: endpointOf(method),
    client: null,
    grant: { kind: 'jwt_bearer', assertion, scope: isParameter ? (scopeOf(method) ?? '') : '' },
    values,
    connectionFields: definition.connectionFields,
  });
  return aboutKey(outcome);
}

function adviceOf({ advice }: { advice?: string | null }) {
  return advice ? { advice } : {};
}

/** There is no grant that could expire and no sign-in setup that could be wrong: it is the key that is not taken. */
function aboutKey(outcome: TokenOutcome): TokenOutcome {
  const isKey = outcome.kind === 'ended' || outcome.kind === 'setup_rejected';
  if (!isKey) return outcome;
  const because = outcome.kind === 'ended' ? outcome.because : 'rejected';
  return { kind: 'ended', because, words: outcome.words, ...adviceOf(outcome) };
}

/** The assertion says who asks, so that no client does. */
function endpointOf(method: TokenServiceAccount): TokenEndpoint {
  return { ...method, tokenAuthMethod: 'none', refresh: 'none' };
}

/** Null: what is stored is no key any more. */
async function signed(claims: Claims, now: Date) {
  try {
    return await signAssertion(claims, now);
  } catch {
    return null;
  }
}

const DAMAGED = {
  kind: 'ended',
  because: 'rejected',
  words: 'The stored key cannot sign. Upload it again.',
} as const;

function notMade(words: string): TokenOutcome {
  return {
    kind: 'not_now',
    because: 'provider_error',
    mayHaveHappened: false,
    retryAfterSeconds: null,
    words,
  };
}
