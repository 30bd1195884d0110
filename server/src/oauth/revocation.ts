import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { Secret } from '../lib/secret.ts';

/**
 * All that is needed to tell a provider that access has ended, as it was when the access was given up: whatever changes
 * afterwards (connection, setup, catalog file), nothing is sent to another address than the secrets were for.
 */
export interface Revocation {
  workspaceId: string;
  integration: Pick<Definition, 'slug' | 'name' | 'connectionFields'>;
  method: OAuth2Method;
  fields: Readonly<Record<string, string>>;
  /** Under which the person signed in. */
  client: { id: string; secret: Secret<string> | null };
  /** The provider's own id of the account, where known. */
  accountId: string | null;
  accessToken: Secret<string>;
  refreshToken: Secret<string> | null;
}

/** Which of the two is sent; the refresh token where the file says nothing: with it goes all of the sign-in (RFC 7009 §2.1). */
export function tokenToRevoke({
  method,
  accessToken,
  refreshToken,
}: Pick<Revocation, 'method' | 'accessToken' | 'refreshToken'>): {
  token: Secret<string>;
  kind: 'access_token' | 'refresh_token';
} {
  const isAccess = method.revokeToken === 'access_token' || method.revokeRequest === 'bearer';
  if (isAccess || refreshToken === null) return { token: accessToken, kind: 'access_token' };
  return { token: refreshToken, kind: 'refresh_token' };
}
