import { authenticator } from '../auth-methods/apply.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { Secret } from '../lib/secret.ts';
import type { Credential, Unavailable } from '../outbound/credential-source.ts';
import type { Minted, TokenOwner } from '../tokens/mint.ts';
import type { Token, TokenOutcome } from '../tokens/token.ts';
import { basePathOf } from './method.ts';
import { tokenVersion } from './token-version.ts';

/** What a token is put on requests with. */
export interface TokenUse {
  owner: TokenOwner;
  definition: Definition;
  method: AuthMethod;
  /** What was entered. */
  values: Secret<Readonly<Record<string, string>>>;
  fields: Readonly<Record<string, string>>;
}

/** The token as the method sends it: in the `Authorization` header unless its file says otherwise. */
export function tokenCredential(use: TokenUse, { accessToken, generation }: Token): Credential {
  const version = tokenVersion(use.owner.credentialVersion, generation);
  return { ...signerOf(use, accessToken), version };
}

/** The same for a token of something that is not saved yet. */
export function mintedCredential(
  use: Omit<TokenUse, 'owner'>,
  { accessToken }: Pick<Minted, 'accessToken'>,
): Credential {
  return { ...signerOf(use, accessToken), version: 1 };
}

function signerOf(
  { definition, method, values, fields }: Omit<TokenUse, 'owner'>,
  accessToken: Secret<string>,
) {
  const withToken = new Secret({ ...values.reveal(), access_token: accessToken.reveal() });
  return authenticator(method, withToken, basePathOf(definition, method, fields));
}

/** Why a call goes without. */
export function unavailable(outcome: Exclude<TokenOutcome, { kind: 'token' }>): Unavailable {
  switch (outcome.kind) {
    case 'ended': {
      const because = outcome.because === 'interrupted' ? 'expired' : outcome.because;
      return { kind: 'unavailable', because, words: outcome.words };
    }
    case 'setup_rejected':
      return { kind: 'unavailable', because: 'setup_rejected', words: outcome.words };
    case 'not_now':
      return {
        kind: 'unavailable',
        because: 'not_renewed',
        words: outcome.words,
        retryAfterSeconds: outcome.retryAfterSeconds,
      };
    case 'in_progress':
      return { kind: 'unavailable', because: 'renewing', retryAfterSeconds: outcome.retryAfterSeconds };
    case 'unreadable':
      return { kind: 'unavailable', because: 'unreadable' };
  }
}
