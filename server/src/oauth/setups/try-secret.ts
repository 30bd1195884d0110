import { randomBytes } from 'node:crypto';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import type { Clock } from '../../lib/clock.ts';
import { Secret } from '../../lib/secret.ts';
import type { Outbound } from '../../outbound/call.ts';
import { filledAddress } from '../addresses.ts';
import { renewUnder } from '../renew.ts';
import { askTokenEndpoint, type TokenOutcome } from '../token-endpoint.ts';
import { isClientRefused } from './client.ts';

export interface TryDeps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
}

export interface Trying {
  /** Whose call it is counted as. */
  workspaceId: string;
  definition: Definition;
  method: OAuth2Method;
  clientId: string;
  secret: Secret<string>;
  /** What addresses are made from; null: nobody has signed in, so that there is none to ask. */
  fields: Readonly<Record<string, string>> | null;
  redirectUri: string;
}

/** What a provider says of a client secret that nobody has used yet. */
export type Tried =
  | { kind: 'accepted' }
  | { kind: 'rejected'; words: string | null }
  /** It was asked, and its answer tells nothing of the secret; or it cannot be asked. */
  | { kind: 'untold'; because: 'no_address' | 'same_answer' }
  | {
      kind: 'not_now';
      because: 'unreachable' | 'rate_limited' | 'provider_error';
      words: string | null;
      retryAfterSeconds: number | null;
    };

/**
 * Asks a provider whether it takes a client secret, without using up anything of anybody: with a refresh token (or a code,
 * where there is nothing to renew) that we made up. A provider that knows the client refuses the token; one that does not
 * refuses the client (RFC 6749 §5.2: `invalid_grant`, `invalid_client`). In which order it looks, RFC 6749 does not say, so
 * that a refused token alone proves nothing: the same is asked with a made-up secret, and only where that one is refused as a
 * client, the first was taken. A real refresh token is never used: where it rotates, this would be a theft to the provider.
 */
export async function trySecret(deps: TryDeps, trying: Trying): Promise<Tried> {
  const { fields } = trying;
  if (fields === null) return { kind: 'untold', because: 'no_address' };
  const first = await ask(deps, { ...trying, fields }, trying.secret);
  if (isClientRefused(first)) return { kind: 'rejected', words: first.words };
  const unsure = notNow(first);
  if (unsure !== null) return unsure;
  // Of one that makes a token of what we made up, nothing is to be believed.
  if (first.kind === 'minted') return { kind: 'untold', because: 'same_answer' };
  const control = await ask(deps, { ...trying, fields }, madeUp());
  if (isClientRefused(control)) return { kind: 'accepted' };
  return notNow(control) ?? { kind: 'untold', because: 'same_answer' };
}

type Addressed = Trying & { fields: Readonly<Record<string, string>> };

async function ask(deps: TryDeps, trying: Addressed, secret: Secret<string>): Promise<TokenOutcome> {
  const { workspaceId, definition, method, clientId, fields, redirectUri } = trying;
  const client = { id: clientId, secret };
  if (method.refresh !== 'none')
    return renewUnder(
      deps,
      { workspaceId, integration: definition, method, fields },
      client,
      redirectUri,
      madeUp(),
    );
  const url = filledAddress(definition, method.tokenUrl, fields);
  if (url === null) return { kind: 'ended', because: 'rejected', words: null };
  const codeVerifier = method.pkce ? madeUp() : null;
  return askTokenEndpoint(deps, {
    workspaceId,
    url,
    endpoint: method,
    client,
    grant: { kind: 'authorization_code', code: madeUp(), redirectUri, codeVerifier },
    connectionFields: definition.connectionFields,
  });
}

/** So long that nobody has it, and of characters that stand in every form of a token. */
function madeUp(): Secret<string> {
  return new Secret(`keyrailcheck${randomBytes(24).toString('hex')}`);
}

/** An answer that could be read and is none of those we know (`invalid_request`) may still differ from the control's. */
function notNow(outcome: TokenOutcome): Tried | null {
  if (outcome.kind !== 'not_now') return null;
  const { because, words, retryAfterSeconds, mayHaveHappened } = outcome;
  if (because === 'provider_error' && !mayHaveHappened && retryAfterSeconds === null && words !== null)
    return null;
  return { kind: 'not_now', because, words, retryAfterSeconds };
}
