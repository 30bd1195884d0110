import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import type { Connection } from './connection.ts';
import { findConnection, lockConnection, lockIntegration } from './connection-store.ts';

/** The connection for someone who may see it. Foreign, unknown, and not this token's are the same: not there. */
export async function getConnection(tx: Tx, who: Who, id: string): Promise<Connection> {
  return seen(who, await findConnection(tx, who.workspaceId, id));
}

/**
 * The same, held until the transaction ends, and with it names and default of its integration. Always in this
 * order, so that two of them never wait for each other. `version`: what the caller saw last; null: whatever it is.
 */
export async function takeConnection(
  tx: Tx,
  who: Who,
  id: string,
  version: number | null = null,
): Promise<Connection> {
  const { integration } = await getConnection(tx, who, id);
  await lockIntegration(tx, who.workspaceId, integration);
  const connection = seen(who, await lockConnection(tx, who.workspaceId, id));
  refuseStale(connection, version);
  return connection;
}

export function refuseStale(connection: Pick<Connection, 'version'>, version: number | null): void {
  if (version !== null && connection.version !== version) throw new AppError('edited_meanwhile');
}

/** Foreign, unknown, and not this token's are the same: not there. */
export function seen<Seen extends Pick<Connection, 'id'>>(
  who: Pick<Who, 'connectionIds'>,
  connection: Seen | null,
): Seen {
  const isVisible = connection !== null && (who.connectionIds?.has(connection.id) ?? true);
  if (!isVisible) throw new AppError('not_found');
  return connection;
}
