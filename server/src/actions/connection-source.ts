import type { CredentialSource } from '../outbound/credential-source.ts';

/** A connection ready to make calls with; its credential is fetched at each call. */
export interface UsableConnection {
  id: string;
  name: string;
  /** The integration's auth method it uses: id where the file has one, else its type. */
  method: string;
  /** Fields that are no secret, such as a subdomain; addresses depend on them. */
  fields: Readonly<Record<string, string>>;
  credential: CredentialSource;
}

export type ConnectionOutcome =
  | { kind: 'usable'; connection: UsableConnection }
  /** Never made, disconnected or deleted. */
  | { kind: 'missing' }
  /** Expired, invalid or revoked: calls would fail. */
  | { kind: 'broken'; connectionId: string; status: 'expired' | 'invalid' | 'revoked' };

/** Which connection an action uses: a named one, or (null) the integration's default at this moment. */
export interface ConnectionSource {
  resolve(workspaceId: string, integration: string, connectionId: string | null): Promise<ConnectionOutcome>;
}
