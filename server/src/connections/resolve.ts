import type { ConnectionStatus } from '@keyrail/contract/connections';
import type { Tx } from '../lib/tx.ts';
import { type BrokenStatus, type Connection, isBroken } from './connection.ts';
import { findConnection, findDefault } from './connection-store.ts';

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
