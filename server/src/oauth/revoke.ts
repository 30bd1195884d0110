import type { OAuth2Method } from '../catalog/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { Secret } from '../lib/secret.ts';
import type { Outbound } from '../outbound/call.ts';
import { type CredentialSource, literalCredential } from '../outbound/credential-source.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import { filledAddress } from './addresses.ts';
import { type ClientDeps, clientOf, type OAuthClient } from './client.ts';
import { addClient } from './token-request.ts';

interface Deps extends ClientDeps {
  outbound: Pick<Outbound, 'call'>;
}

export interface Revocation {
  workspaceId: string;
  definition: Definition;
  method: OAuth2Method;
  fields: Readonly<Record<string, string>>;
  /** Under which the person signed in. */
  clientId: string | null;
  /** The refresh token where there is one: with it goes all that was given under the same sign-in (RFC 7009 §2.1). */
  token: Secret<string>;
  hint: 'access_token' | 'refresh_token';
}

/** `not_offered`: the integration has no address for it. */
export type RevocationOutcome = 'revoked' | 'failed' | 'not_offered';

const LONGEST_MS = 15_000;

/** Tells the provider that a token is no longer needed (RFC 7009). It answers 200 also to a token it does not know. */
export async function revoke(deps: Deps, of: Revocation): Promise<RevocationOutcome> {
  const { workspaceId, definition, method, fields, clientId } = of;
  if (method.revokeUrl === undefined) return 'not_offered';
  const url = filledAddress(definition, method.revokeUrl, fields);
  const found = await clientOf(deps, workspaceId, definition.slug, clientId);
  if (url === null || found.kind !== 'client') return 'failed';
  const outcome = await deps.outbound.call({
    request: {
      method: 'POST',
      url,
      headers: {
        accept: 'application/json',
        'content-type':
          method.tokenRequestBody === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
        ...method.tokenHeaders,
      },
    },
    allowedOrigins: [new URL(url).origin],
    credential: signed(of, found.client),
    workspaceId,
    connectionId: null,
    consumer: 'token',
    // A token that is gone stays gone.
    repeatable: true,
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  return outcome.kind === 'answer' && outcome.answer.status < 300 ? 'revoked' : 'failed';
}

function signed({ method, token, hint }: Revocation, client: OAuthClient): CredentialSource {
  const apply = (request: OutboundRequest) => {
    const body = new URLSearchParams({ token: token.reveal(), token_type_hint: hint });
    return addClient(request, { endpoint: method, client }, body);
  };
  const secrets = [token, ...(client.secret === null ? [] : [client.secret])];
  return literalCredential({ version: 1, apply, secrets });
}
