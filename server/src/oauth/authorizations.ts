import type { Tx } from '../lib/tx.ts';
import type { Authorization, Failed } from './authorization.ts';
import * as store from './authorization-store.ts';

/** How far a sign-in is, as whoever began it asks. */
export type Standing =
  | Pick<
      Authorization,
      'id' | 'integration' | 'state' | 'connectionId' | 'reason' | 'message' | 'nextStep' | 'expiresAt'
    >
  | (Pick<Authorization, 'id' | 'integration' | 'expiresAt'> & {
      state: 'expired';
      connectionId: null;
      reason: null;
      message: string;
      nextStep: string;
    });

export async function findAuthorization(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<Authorization | null> {
  return store.findAuthorization(tx, workspaceId, id);
}

export function standingOf(found: Authorization, now: Date): Standing {
  const isUnderWay = found.state === 'pending' || found.state === 'finishing';
  if (isUnderWay && found.expiresAt <= now) {
    const { id, integration, expiresAt } = found;
    return {
      id,
      integration,
      expiresAt,
      state: 'expired',
      connectionId: null,
      reason: null,
      message:
        found.state === 'pending'
          ? 'The sign-in was not finished within ten minutes.'
          : 'The sign-in was cut off before it was finished.',
      nextStep: 'Start it again.',
    };
  }
  // Until it is connected this is the connection it is for, which the asker knows.
  return { ...found, connectionId: found.state === 'connected' ? found.connectionId : null };
}

/** In the transaction of what it led to. */
export async function settleAuthorization(
  tx: Tx,
  of: Pick<Authorization, 'workspaceId' | 'id'>,
  end: { state: 'connected'; connectionId: NonNullable<Authorization['connectionId']> } | Failed,
): Promise<void> {
  if ('state' in end) return store.settleAuthorization(tx, of, end);
  const { reason, message, nextStep } = end;
  return store.settleAuthorization(tx, of, { state: 'failed', reason, message, nextStep });
}
