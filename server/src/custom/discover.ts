import type { Discovered } from '@keyrail/contract/custom';
import { AppError } from '../lib/app-error.ts';
import { type DiscoveryDeps, discover as read, type ServerMetadata } from '../oauth/discovery.ts';
import type { Who } from '../workspaces/who.ts';
import { refuseBound } from './save.ts';

export type DiscoverDeps = DiscoveryDeps;

const MOST_SCOPES = 500;
const MOST_GRANTS = 50;

/** What an authorization server says of itself, as `auth` of a description that nobody has to type. Nothing is stored. */
export async function discover(deps: DiscoverDeps, who: Who, issuer: string): Promise<Discovered> {
  refuseBound(who);
  const found = await read(deps, who.workspaceId, issuer);
  if (found.kind === 'refused')
    throw new AppError('invalid_input', {
      detail: found.message,
      fields: [{ path: 'issuer', message: found.message }],
    });
  const { metadata } = found;
  return {
    issuer: metadata.issuer,
    auth: {
      type: 'oauth2',
      authorize_url: metadata.authorizationEndpoint,
      token_url: metadata.tokenEndpoint,
      refresh_url: null,
      revoke_url: metadata.revocationEndpoint,
      issuer: metadata.issuer,
      is_issuer_sent: metadata.isIssuerSent,
      scopes: [],
      scope_separator: ' ',
      pkce: takesPkce(metadata),
      token_auth_method: authMethodOf(metadata).method,
      authorize_params: {},
      token_params: {},
    },
    scopes_supported: metadata.scopes.slice(0, MOST_SCOPES),
    grant_types_supported: metadata.grantTypes.slice(0, MOST_GRANTS),
    notes: notesOn(metadata),
  };
}

/** Where nothing is said it is sent: a server that does not know it does not mind. */
function takesPkce({ codeChallengeMethods }: ServerMetadata): boolean {
  return codeChallengeMethods === null || codeChallengeMethods.includes('S256');
}

const SPOKEN = ['client_secret_basic', 'client_secret_post', 'none'] as const;

function authMethodOf({ tokenAuthMethods }: ServerMetadata): {
  method: (typeof SPOKEN)[number];
  isSpoken: boolean;
} {
  const method = SPOKEN.find((one) => tokenAuthMethods.includes(one));
  return { method: method ?? 'client_secret_basic', isSpoken: method !== undefined };
}

function notesOn(metadata: ServerMetadata): string[] {
  const { codeChallengeMethods, responseTypes, grantTypes, issuer, tokenEndpoint } = metadata;
  const hostOf = (address: string) => new URL(address).host;
  return [
    ...(responseTypes !== null && !responseTypes.includes('code')
      ? ['This server does not list signing in by code, the one way Keyrail speaks.']
      : []),
    ...(codeChallengeMethods === null
      ? ['This server does not say whether it takes PKCE. It is sent; switch it off if signing in fails.']
      : []),
    ...(codeChallengeMethods !== null && !takesPkce(metadata)
      ? ['This server does not take PKCE with S256, so sign-ins are protected by state and cookie alone.']
      : []),
    ...(authMethodOf(metadata).isSpoken
      ? []
      : ['This server lists no way of sending client id and secret that Keyrail speaks.']),
    ...(grantTypes.includes('refresh_token') || grantTypes.length === 0
      ? []
      : [
          'The sign-in server does not list refresh tokens: people may have to sign in again from time to time.',
        ]),
    ...(hostOf(tokenEndpoint) === hostOf(issuer)
      ? []
      : [
          `Tokens, and with them the client secret, go to another host than the issuer: ${hostOf(tokenEndpoint)}.`,
        ]),
  ];
}
