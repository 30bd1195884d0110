import type {
  ConnectedApp,
  ConnectionEvent,
  ConnectionStatus,
  Dependent,
} from '@keyrail/contract/connections';
import type { AuthMethodKind } from '@keyrail/contract/integrations';
import type { Verdict } from '@keyrail/contract/verdicts';
import type { Tx } from '../lib/tx.ts';
import type { CredentialSource } from '../outbound/credential-source.ts';
import type { Who } from '../workspaces/who.ts';
import type { Connection } from './connection.ts';
import type { ConnectionRef, ResolvedConnection, UsableConnection } from './resolve.ts';

/** What was entered, as it was entered: by field name, connection fields and credential fields alike. */
export type Entered = Readonly<Record<string, string>>;

export interface ConnectInput {
  integration: string;
  name: string | undefined;
  method: AuthMethodKind | undefined;
  credentials: Entered;
  saveUnverified: boolean;
  makeDefault: boolean;
}

export interface Connected {
  connection: Listed;
  verdict: Verdict;
  /** What was done to the input, in sentences. */
  notes: string[];
}

/** A connection with the number of columns (later: syncs, tokens) that use it. */
export type Listed = Connection & { dependentsCount: number };

export interface ConnectionFilter {
  integration: string | undefined;
  status: ConnectionStatus | undefined;
  limit: number;
  cursor: string | undefined;
}

export interface Change {
  name: string | undefined;
  credentials: Entered | undefined;
  saveUnverified: boolean;
}

/** What a call needs of a connection: where to send it (fields), how to sign it (method), and the secret's source. */
export type ForCall =
  | { kind: 'usable'; connection: UsableConnection & { credential: CredentialSource } }
  | Exclude<ResolvedConnection, { kind: 'usable' }>;

/** The room, as compose builds it and as the API and the rooms above use it. */
export interface Connections {
  connect(who: Who, input: ConnectInput): Promise<Connected>;
  list(who: Who, filter: ConnectionFilter): Promise<{ data: Listed[]; nextCursor: string | null }>;
  get(who: Who, id: string): Promise<Listed>;
  /** `version`: what the caller last saw (If-Match); null: whatever there is. */
  update(
    who: Who,
    id: string,
    change: Change,
    version: number | null,
  ): Promise<Connected | { connection: Listed }>;
  reconnect(who: Who, id: string, credentials: Entered, saveUnverified: boolean): Promise<Connected>;
  verify(who: Who, id: string): Promise<{ connection: Listed; verdict: Verdict }>;
  makeDefault(who: Who, id: string): Promise<Listed>;
  disconnect(who: Who, id: string): Promise<Listed>;
  rollBack(who: Who, id: string): Promise<{ connection: Listed; verdict: Verdict }>;
  remove(who: Who, id: string): Promise<void>;
  dependents(who: Who, id: string): Promise<Dependent[]>;
  events(
    who: Who,
    id: string,
    page: { limit: number; cursor: string | undefined },
  ): Promise<{ data: ConnectionEvent[]; nextCursor: string | null }>;
  apps(who: Who): Promise<ConnectedApp[]>;
  /** This workspace's connections by integration slug; slugs without one are left out. */
  countByIntegration(who: Who): Promise<ReadonlyMap<string, number>>;

  /** For actions, runs and the proxy: the connection to use, inside their own transaction. */
  resolve(tx: Tx, workspaceId: string, ref: ConnectionRef): Promise<ResolvedConnection>;
  /** The same outside a transaction and with the credential at hand, out of memory for a few seconds: for calls. */
  forCall(workspaceId: string, integration: string, connectionId: string | null): Promise<ForCall>;
  /** For outbound: the credential of a saved connection. Reads the database outside any transaction of the caller. */
  credentialSource(workspaceId: string, connectionId: string): CredentialSource;
  /** A call was refused with this version of the credential although no newer one helped: checks it soon, once for many. */
  reportUnauthenticated(workspaceId: string, connectionId: string, version: number): Promise<void>;
  /** A call found the credits used up: the status says so at once, and a later check heals it. */
  reportOutOfCredits(workspaceId: string, connectionId: string, said: string | null): Promise<void>;

  /** From LISTEN `connection_changed`: drops what is in memory of this workspace; null: of all (after a gap). */
  forget(workspaceId: string | null): void;
  /** Job `connection_check`. */
  check(workspaceId: string, connectionId: string): Promise<void>;
  /** Every minute, on one process: enqueues due checks, destroys replaced credentials whose time is over. */
  sweep(): Promise<void>;
}
