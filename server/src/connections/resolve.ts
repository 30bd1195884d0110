import type { ConnectionStatus } from '@keyrail/contract/connections';
import { connectionId as connectionIdShape } from '@keyrail/contract/ids';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { type BrokenStatus, type Connection, isBroken } from './connection.ts';
import { findConnection, findDefault } from './connection-store.ts';
import { getConnection } from './find.ts';

/** Which connection somebody means: a named one, or (null) the integration's default, whichever it is now. */
export interface ConnectionRef {
  integration: string;
  connectionId: string | null;
}

export type UsableConnection = Pick<
  Connection,
  'id' | 'workspaceId' | 'integration' | 'name' | 'fields' | 'accountId'
> & {
  /** The auth method's id where the catalog file has one, else its kind. */
  method: string;
  /** Usable as far as we know: also `out_of_credits`, which only the next call can tell. */
  status: Exclude<ConnectionStatus, BrokenStatus | 'disconnected'>;
  /** What the provider said is left, in its unit; for estimates. */
  creditsLeft: string | null;
};

/**
 * What there is to work with. `missing`: never made, disconnected or deleted. `broken`: made, but a call would only
 * be refused; `reason` is one sentence for people.
 */
export type ResolvedConnection =
  | { kind: 'usable'; connection: UsableConnection }
  | { kind: 'missing'; because: 'none' | 'disconnected' }
  | { kind: 'broken'; connectionId: Connection['id']; name: string; status: BrokenStatus; reason: string };

/** The connection to use for `ref`. A named connection of another integration counts as missing. */
export async function resolveConnection(
  tx: Tx,
  workspaceId: string,
  ref: ConnectionRef,
): Promise<ResolvedConnection> {
  const found =
    ref.connectionId === null
      ? await findDefault(tx, workspaceId, ref.integration)
      : await findConnection(tx, workspaceId, ref.connectionId);
  if (found === null || found.integration !== ref.integration) return { kind: 'missing', because: 'none' };
  return resolvedOf(found);
}

/** A connection somebody names in a request, and the integration it is for. */
export interface CallerConnection {
  integration: string;
  resolved: ResolvedConnection;
}

/**
 * The connection a caller means by an id, or by an integration's slug (its default). Foreign, unknown, and not this
 * token's are the same: not there.
 */
export async function resolveForCaller(tx: Tx, who: Who, named: string): Promise<CallerConnection> {
  if (connectionIdShape.safeParse(named).success) {
    const found = await getConnection(tx, who, named);
    return { integration: found.integration, resolved: resolvedOf(found) };
  }
  const found = await findDefault(tx, who.workspaceId, named);
  if (found === null) return { integration: named, resolved: { kind: 'missing', because: 'none' } };
  const { id, integration } = await getConnection(tx, who, found.id);
  return {
    integration,
    resolved: await resolveConnection(tx, who.workspaceId, { integration, connectionId: id }),
  };
}

function resolvedOf(found: Connection): ResolvedConnection {
  const { status } = found;
  if (status === 'disconnected') return { kind: 'missing', because: 'disconnected' };
  if (isBroken(status)) {
    const reason = found.statusReason ?? 'The connection does not work at the moment. Reconnect it.';
    return { kind: 'broken', connectionId: found.id, name: found.name, status, reason };
  }
  const { id, workspaceId: workspace, integration, name, fields, accountId } = found;
  const creditsLeft = found.account?.credits_left ?? null;
  const known = { id, workspaceId: workspace, integration, name, method: found.methodId, fields, accountId };
  return { kind: 'usable', connection: { ...known, status, creditsLeft } };
}
