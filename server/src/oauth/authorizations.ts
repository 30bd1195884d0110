import type { UserId } from '@keyrail/contract/ids';
import type { Tx } from '../lib/tx.ts';
import type { Authorization, Failed } from './authorization.ts';
import * as store from './authorization-store.ts';

/** How far a sign-in is, as whoever began it asks. */
export type Standing =
  | Pick<
      Authorization,
      | 'id'
      | 'integration'
      | 'state'
      | 'choice'
      | 'connectionId'
      | 'reason'
      | 'message'
      | 'nextStep'
      | 'expiresAt'
    >
  | (Pick<Authorization, 'id' | 'integration' | 'expiresAt'> & {
      state: 'expired';
      choice: null;
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

/** `userId`: who asks; what can be chosen is for whoever signed in. */
export function standingOf(found: Authorization, userId: UserId | null, now: Date): Standing {
  const { id, integration, state, expiresAt } = found;
  if (state !== 'connected' && state !== 'failed' && expiresAt <= now) {
    return {
      id,
      integration,
      expiresAt,
      state: 'expired',
      choice: null,
      connectionId: null,
      reason: null,
      message: EXPIRED[state],
      nextStep: 'Start it again.',
    };
  }
  // Until it is connected this is the connection it is for, which the asker knows.
  const connectionId = state === 'connected' ? found.connectionId : null;
  const isTheirs = found.startedBy !== null && found.startedBy === userId;
  return { ...found, connectionId, choice: isTheirs ? found.choice : null };
}

const EXPIRED = {
  pending: 'The sign-in was not finished within ten minutes.',
  finishing: 'The sign-in was cut off before it was finished.',
  choosing: 'Nothing was chosen within ten minutes, so the access was given back.',
};

export const { holdChoice, takeChoice } = store;

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
