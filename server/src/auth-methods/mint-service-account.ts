import type { AwsAccessKeyMethod, ServiceAccountMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import { filledAddress } from '../oauth/addresses.ts';
import { withFilledScopes } from '../oauth/filled-scopes.ts';
import {
  askTokenEndpoint,
  type Grant,
  type TokenAsk,
  type TokenEndpoint,
  type TokenOutcome,
} from '../oauth/token-endpoint.ts';
import type { Outbound } from '../outbound/call.ts';
import { claimsOf, claimsOfGoogle, scopeOf } from './assertion-claims.ts';
import { assumeRole, takesRole } from './assume-role.ts';
import type { CredentialFields } from './authenticator.ts';
import { signAssertion } from './signed-assertion.ts';

interface Deps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
}

/** Kinds of service account whose key signs a JWT. */
type SigningAccount = Exclude<ServiceAccountMethod, AwsAccessKeyMethod>;

export interface ServiceAccount<Method = ServiceAccountMethod> {
  workspaceId: string;
  definition: Pick<Definition, 'connectionFields'>;
  method: Method;
  /** The connection fields of the credential. */
  fields: Readonly<Record<string, string>>;
}

/**
 * Whether requests are made with something short-lived that is made from the key. `fields`: what was entered and is no secret;
 * of an AWS key that says whether there is a role to take on.
 */
export function mintsTokens(method: ServiceAccountMethod, fields: Readonly<Record<string, string>>): boolean {
  return method.kind !== 'aws_access_key' || takesRole(method, fields);
}

/**
 * The next token of a service account, asked for once. `values`: what is stored of the key. The key itself never leaves the
 * process.
 */
export async function mintServiceAccount(
  deps: Deps,
  of: ServiceAccount,
  values: CredentialFields,
): Promise<TokenOutcome> {
  const method = withFilledScopes(of.method, of.fields);
  if (method.kind === 'aws_access_key') return aboutKey(await assumeRole(deps, { ...of, method }, values));
  const jwt = await signedJwt(deps, { ...of, method }, values);
  if (jwt.kind !== 'signed') return jwt;
  const { url, assertion } = jwt;
  if (url === null) return selfMade(assertion, jwt.expiresInSeconds);
  const outcome = await askTokenEndpoint(deps, {
    workspaceId: of.workspaceId,
    url,
    endpoint: endpointOf(method),
    client: clientOf(method, values),
    grant: grantOf(method, assertion),
    values,
    connectionFields: of.definition.connectionFields,
  });
  return aboutKey(outcome);
}

type SignedJwt =
  /** `url`: where it buys a token; null: it is the token. */
  | { kind: 'signed'; assertion: Secret<string>; url: string | null; expiresInSeconds: number }
  | Extract<TokenOutcome, { kind: 'ended' | 'not_now' }>;

/** The JWT that stands for the account, and where it goes. */
async function signedJwt(
  { clock }: Pick<Deps, 'clock'>,
  { method, definition, fields }: ServiceAccount<SigningAccount>,
  values: CredentialFields,
): Promise<SignedJwt> {
  const isSelfMade = method.kind === 'self_signed';
  const url = isSelfMade ? null : filledAddress(definition, method.tokenUrl, fields);
  if (url === null && !isSelfMade) return NO_ADDRESS;
  const signed = await signedAssertion({ clock }, { method, definition, fields }, values, url);
  return signed === null ? DAMAGED : { kind: 'signed', ...signed, url };
}

/** `url`: whom it is for, where its file names nobody else. Null: what is stored cannot sign. */
export async function signedAssertion(
  { clock }: Pick<Deps, 'clock'>,
  { method, definition, fields }: Omit<ServiceAccount<SigningAccount>, 'workspaceId'>,
  values: CredentialFields,
  url: string | null,
): Promise<{ assertion: Secret<string>; expiresInSeconds: number } | null> {
  const known = new Secret({ ...defaultsOf(definition), ...values.reveal(), ...fields });
  try {
    const claims =
      method.kind === 'google_service_account'
        ? claimsOfGoogle(method, known, method.tokenUrl)
        : claimsOf(method, known, url);
    if (claims === null) return null;
    const expiresInSeconds = claims.lifetimeSeconds - claims.backSeconds;
    return { assertion: await signAssertion(claims, clock.now()), expiresInSeconds };
  } catch {
    return null;
  }
}

/** What addresses are made of where nobody entered anything else, so that claims say the same. */
function defaultsOf({ connectionFields }: ServiceAccount['definition']): Record<string, string> {
  return Object.fromEntries(
    connectionFields.flatMap(({ name, default: usual }) => (usual === undefined ? [] : [[name, usual]])),
  );
}

function selfMade(accessToken: Secret<string>, expiresInSeconds: number): TokenOutcome {
  const nothingElse = { refreshToken: null, refreshExpiresInSeconds: null, grantEndsInSeconds: null };
  const minted = { accessToken, expiresInSeconds, ...nothingElse, scopes: null, fields: {} };
  return { kind: 'minted', minted, account: null };
}

type AskingAccount = Exclude<SigningAccount, { kind: 'self_signed' }>;

function grantOf(method: SigningAccount, assertion: Secret<string>): Grant {
  switch (method.kind) {
    case 'client_assertion':
      return { kind: 'client_credentials', scope: scopeOf(method) ?? '', assertion };
    case 'jwt_exchange':
    case 'self_signed':
      return { kind: 'signed_bearer', assertion };
    case 'google_service_account':
      return { kind: 'jwt_bearer', assertion, scope: '' };
    case 'jwt_bearer': {
      const isParameter = method.assertion.scopeIn === 'parameter';
      return { kind: 'jwt_bearer', assertion, scope: isParameter ? (scopeOf(method) ?? '') : '' };
    }
  }
}

/** There is no grant that could expire and no sign-in setup that could be wrong: it is the key that is not taken. */
function aboutKey(outcome: TokenOutcome): TokenOutcome {
  if (outcome.kind !== 'setup_rejected') return outcome;
  const advice = outcome.advice ? { advice: outcome.advice } : {};
  return { kind: 'ended', because: 'rejected', words: outcome.words, ...advice };
}

/** Where the assertion says who asks, no secret does. */
function endpointOf(method: AskingAccount | SigningAccount): TokenEndpoint {
  if (method.kind === 'self_signed') throw new Error('nobody is asked for a self-signed token');
  return { ...method, tokenAuthMethod: tokenAuthMethodOf(method), refresh: 'none' };
}

function tokenAuthMethodOf(method: SigningAccount) {
  return method.kind === 'jwt_bearer' ? method.tokenAuthMethod : 'none';
}

function clientOf(method: SigningAccount, values: CredentialFields): TokenAsk['client'] {
  const { client_id: id = '', client_secret: secret = '' } = values.reveal();
  if (tokenAuthMethodOf(method) !== 'none') return { id, secret: new Secret(secret) };
  return method.kind === 'client_assertion' ? { id, secret: null } : null;
}

const DAMAGED = {
  kind: 'ended',
  because: 'rejected',
  words: 'The stored key cannot sign. Upload it again.',
} as const;

const NO_ADDRESS = {
  kind: 'not_now',
  because: 'provider_error',
  mayHaveHappened: false,
  retryAfterSeconds: null,
  words: 'The address for tokens cannot be made from what was entered.',
} as const;
