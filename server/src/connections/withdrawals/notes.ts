import { record } from '../../audit/record.ts';
import type { Tx } from '../../lib/tx.ts';
import { announceChange, findConnection } from '../connection-store.ts';
import { insertEvent } from '../event-store.ts';
import type { Withdrawal } from './withdrawal.ts';
import { withdrawalMessage } from './words.ts';

/** How it ended: on the timeline while there is a connection, and in the audit log whether there is one or not. */
export async function noteSettled(tx: Tx, settled: Withdrawal, at: Date): Promise<void> {
  const { workspaceId, connectionId } = settled;
  const isWithdrawn = settled.state === 'withdrawn';
  await noteOnTimeline(tx, settled, isWithdrawn ? 'access_withdrawn' : 'withdrawal_failed', at);
  await record(tx, {
    who: { workspaceId, system: 'keyrail' },
    action: isWithdrawn ? 'connection.access_withdrawn' : 'connection.withdrawal_failed',
    subject:
      connectionId === null
        ? { kind: 'withdrawal', id: settled.id, name: settled.integrationName }
        : { kind: 'connection', id: connectionId, name: settled.connectionName },
    detail: {
      integration: settled.integration,
      because: settled.because,
      outcome: settled.state,
      attempts: settled.attempts,
    },
  });
}

export async function noteOnTimeline(
  tx: Tx,
  withdrawal: Withdrawal,
  kind: 'access_withdrawn' | 'withdrawal_failed',
  at: Date,
): Promise<void> {
  const { workspaceId, connectionId } = withdrawal;
  if (connectionId === null || (await findConnection(tx, workspaceId, connectionId)) === null) return;
  const message = withdrawalMessage(withdrawal);
  await insertEvent(tx, { workspaceId, id: connectionId }, { kind, message, actor: null, at });
  await announceChange(tx, workspaceId);
}
