import type { ClientCredentialsMethod, OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { fillText, type Values } from '../catalog/requests/template.ts';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { Outbound } from '../outbound/call.ts';
import { filledAddress } from './addresses.ts';
import { withFilledScopes } from './filled-scopes.ts';
import { grantedScopes } from './granted-scopes.ts';
import {
  type ClientDeps,
  type ClientOutcome,
  clientOf,
  isClientRefused,
  isSameClient,
  type OAuthClient,
} from './setups/client.ts';
import type { SetupGate } from './setups/gate.ts';
import { isForOtherHost } from './setups/host.ts';
import { askTokenEndpoint, type TokenOutcome } from './token-endpoint.ts';

interface Deps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
}

interface Of<Method> {
  workspaceId: string;
  definition: Definition;
  method: Method;
  /** The connection fields of the credential. */
  fields: Readonly<Record<string, string>>;
  mayAsk?: () => boolean;
}

type OfIntegration = Pick<Of<OAuth2Method>, 'workspaceId' | 'method' | 'fields' | 'mayAsk'> & {
  integration: Pick<Definition, 'connectionFields'>;
};

/** What is sealed as the credential of a connection that a person signed in for: under which client, and where they came back. */
export interface SignedInAs {
  clientId: string | null;
  redirectUri: string | null;
}

/**
 * The next token of a connection that a person signed in for. While the provider refuses the setup, nobody asks but one at a
 * time (setups/gate.ts). A refusal of a client secret that was replaced meanwhile says nothing of the present one: it is asked
 * once more with that.
 */
export async function renewSignedIn(
  deps: Deps & ClientDeps & { setupGate: SetupGate },
  of: Of<OAuth2Method> & { connectionId: string },
  { clientId, redirectUri }: SignedInAs,
  refreshToken: Secret<string> | null,
): Promise<TokenOutcome> {
  if (refreshToken === null) return { kind: 'ended', because: 'expired', words: null };
  const [token, { workspaceId, definition, method, fields, connectionId }] = [refreshToken, of];
  const asker = { workspaceId, connectionId, integration: definition };
  const found = await clientOf(deps, workspaceId, definition, clientId);
  const outcome = await askedAs(found);
  if (found.kind !== 'client' || !isClientRefused(outcome)) return outcome;
  const now = await clientOf(deps, workspaceId, definition, clientId);
  return isSameClient(found, now) ? outcome : askedAs(now);

  async function askedAs(under: ClientOutcome): Promise<TokenOutcome> {
    if (under.kind === 'missing') return { kind: 'setup_rejected', words: SETUP_GONE };
    if (under.kind === 'unreadable') return { kind: 'setup_rejected', words: SETUP_UNREADABLE };
    const { client } = under;
    const other = await isForOtherHost(deps, { workspaceId, definition, method, client, fields });
    if (other !== null) return { kind: 'setup_rejected', words: setupOfOtherHost(other) };
    return deps.setupGate.ask(asker, client, () =>
      renewUnder(deps, { ...of, integration: definition }, client, redirectUri, token),
    );
  }
}

/** The same under a client that is at hand. */
export async function renewUnder(
  deps: Deps,
  { workspaceId, integration, method, fields, mayAsk }: OfIntegration,
  client: Pick<OAuthClient, 'id' | 'secret'>,
  redirectUri: string | null,
  refreshToken: Secret<string>,
): Promise<TokenOutcome> {
  const url = filledAddress(integration, method.refreshUrl ?? method.tokenUrl, fields);
  if (url === null) return NO_ADDRESS;
  const outcome = await askTokenEndpoint(deps, {
    workspaceId,
    url,
    endpoint: method,
    client,
    grant: {
      kind: 'refresh_token',
      refreshToken,
      params: filledParams(method.refreshParams, { redirect_uri: redirectUri }),
      grantType: method.refreshGrant,
      tokenParam: method.refreshTokenParam,
      httpMethod: method.refreshMethod,
    },
    connectionFields: integration.connectionFields,
    ...(mayAsk && { mayAsk }),
  });
  if (outcome.kind !== 'minted') return outcome;
  const scopes = grantedScopes(method, outcome.minted.scopes);
  return { ...outcome, minted: { ...outcome.minted, scopes } };
}

/** What nothing is known for is left out. */
function filledParams(params: OAuth2Method['refreshParams'], values: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, template]) => {
      const value = fillText(template, values);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}

/** The next token of a connection whose client id and secret were entered. `values`: what was entered. */
export async function mintClientCredentials(
  deps: Deps,
  { workspaceId, definition, method, fields }: Of<ClientCredentialsMethod>,
  values: Secret<Readonly<Record<string, string>>>,
): Promise<TokenOutcome> {
  const url = filledAddress(definition, method.tokenUrl, fields);
  if (url === null) return NO_ADDRESS;
  const { client_id: id = '', client_secret: secret = '' } = values.reveal();
  return askTokenEndpoint(deps, {
    workspaceId,
    url,
    endpoint: method,
    client: { id, secret: new Secret(secret) },
    grant: {
      kind: 'client_credentials',
      scope: requiredScopes(withFilledScopes(method, fields)).join(method.scopeSeparator),
    },
    values,
    connectionFields: definition.connectionFields,
  });
}

export function requiredScopes({ scopes }: Pick<OAuth2Method, 'scopes'>): string[] {
  return scopes.filter((scope) => !scope.optional).map((scope) => scope.name);
}

const SETUP_GONE =
  'The one-time sign-in setup this connection was signed in under is gone or has another client ID now.';
const SETUP_UNREADABLE = 'The stored one-time sign-in setup cannot be opened. Enter it again.';

function setupOfOtherHost({ host, meant }: { host: string; meant: string | null }): string {
  return `The one-time sign-in setup is for ${meant ?? 'another host'}, and this connection was signed in at ${host}.`;
}

const NO_ADDRESS = {
  kind: 'not_now',
  because: 'provider_error',
  mayHaveHappened: false,
  retryAfterSeconds: null,
  words: 'The address for tokens cannot be made from what was entered.',
} as const;
