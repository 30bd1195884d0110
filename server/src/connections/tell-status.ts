import type { ConnectionStatus } from '@keyrail/contract/connections';
import type { Tx } from '../lib/tx.ts';
import { PARTLY } from '../notices/notice.ts';
import { isTroubled, letGo, needAttention, recover } from '../notices/raise.ts';
import { type Connection, isBroken } from './connection.ts';

/** What nobody but a person can put right. Of `limited`, some actions are refused until somebody allows them at the provider. */
function needsSomebody(status: ConnectionStatus): boolean {
  return isBroken(status) || status === 'out_of_credits' || status === 'limited';
}

/**
 * People hear that a connection stopped, or works again; in the transaction of the change, after it. `name`: the integration's.
 * `reason`: what is shown beside the status.
 */
export async function tellStatus(
  tx: Tx,
  before: Pick<Connection, 'workspaceId' | 'id' | 'name' | 'integration' | 'status'>,
  now: { status: ConnectionStatus; name: string; reason: string; at: Date },
): Promise<void> {
  const { status, name, reason, at } = now;
  const { workspaceId } = before;
  if (status === before.status) return;
  const subject = subjectOf(before);
  if (!needsSomebody(status)) {
    await recover(tx, { workspaceId, subject, at, isProven: false });
    return;
  }
  await needAttention(tx, {
    workspaceId,
    subject,
    about: status === 'limited' ? PARTLY : status,
    title: `${name} needs attention: ${before.name}`,
    message: reason,
    whenOver: {
      title: `${name} works again: ${before.name}`,
      message: `The connection “${before.name}” can be used again. What waited for it goes on by itself.`,
    },
    at,
  });
}

/** Somebody entered credentials that were checked. What is still wrong with them, they have been told themselves. */
export async function tellReplaced(
  tx: Tx,
  before: Pick<Connection, 'workspaceId' | 'id' | 'name' | 'integration'>,
  status: ConnectionStatus,
  at: Date,
): Promise<void> {
  if (needsSomebody(status) && status !== 'limited') return;
  const isProven = status !== 'unverified';
  await recover(tx, { workspaceId: before.workspaceId, subject: subjectOf(before), at, isProven });
}

/** Disconnected or deleted: whoever did it needs no notice, and others have nothing to do any more. */
export async function tellPutAway(
  tx: Tx,
  before: Pick<Connection, 'workspaceId' | 'id' | 'name' | 'integration'>,
  at: Date,
): Promise<void> {
  await letGo(tx, { workspaceId: before.workspaceId, subject: subjectOf(before), at });
}

/** Whether people know that the sign-in setup under this connection is refused. */
export function isSetupTold(
  tx: Tx,
  { workspaceId, integration }: Pick<Connection, 'workspaceId' | 'integration'>,
): Promise<boolean> {
  return isTroubled(tx, workspaceId, { kind: 'sign_in_setup', id: integration });
}

function subjectOf({ id, name, integration }: Pick<Connection, 'id' | 'name' | 'integration'>) {
  return { kind: 'connection' as const, id, name, integration };
}
