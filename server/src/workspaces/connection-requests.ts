import type { ConnectionRequestId, UserId } from '@keyrail/contract/ids';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { ConnectionRequest } from './connection-request.ts';
import { decideRequests, findRequest, insertRequest, listRequests } from './connection-request-store.ts';
import type { Who } from './who.ts';

export interface RequestsDeps {
  transact: Transact;
  clock: Clock;
}

/** Asks for a tool to be connected. The integration is known to exist. */
export async function requestConnection(
  { transact, clock }: RequestsDeps,
  who: Who,
  { integration, note }: { integration: string; note: string | null },
): Promise<ConnectionRequest> {
  return transact(who.workspaceId, async (tx) => {
    const made = await insertRequest(tx, who.workspaceId, {
      id: newId<ConnectionRequestId>('req'),
      integration,
      note: note === '' ? null : note,
      requestedBy: who.label,
      requestedById: who.userId as UserId | null,
      createdAt: clock.now(),
    });
    if (made === null) {
      throw new AppError('conflict', {
        reason: 'asked_already',
        detail: 'You have asked for this already. An owner or admin sees the request.',
      });
    }
    await record(tx, {
      who,
      action: 'connection_request.created',
      subject: { kind: 'connection_request', id: made.id, name: integration },
    });
    return made;
  });
}

/** Owners and admins see everybody's, others their own. */
export async function connectionRequests(
  { transact }: Pick<RequestsDeps, 'transact'>,
  who: Who,
  page: { limit: number; before: string | null; state: ConnectionRequest['state'] | undefined },
): Promise<ConnectionRequest[]> {
  const seesAll = who.role === 'owner' || who.role === 'admin';
  // A token without a maker has asked for nothing; the empty text is nobody's id.
  const requestedBy = seesAll ? null : (who.userId ?? '');
  return transact(who.workspaceId, (tx) => listRequests(tx, who.workspaceId, { ...page, requestedBy }));
}

export async function decideRequest(
  { transact, clock }: RequestsDeps,
  who: Who,
  id: string,
  state: 'done' | 'declined',
): Promise<ConnectionRequest> {
  return transact(who.workspaceId, async (tx) => {
    const decision = { state, by: who.label, at: clock.now(), connectionId: null };
    const [decided] = await decideRequests(tx, who.workspaceId, { id }, decision);
    if (decided === undefined) {
      const found = await findRequest(tx, who.workspaceId, id);
      if (found === null) throw new AppError('not_found');
      if (found.state === state) return found;
      throw new AppError('conflict', {
        reason: 'decided_already',
        detail: `${found.decidedBy ?? 'Somebody'} has decided about this request already.`,
      });
    }
    await record(tx, {
      who,
      action: state === 'done' ? 'connection_request.done' : 'connection_request.declined',
      subject: { kind: 'connection_request', id, name: decided.integration },
    });
    return decided;
  });
}

/** A connection was added: whoever asked for one has it now. In the transaction that adds it. */
export async function fulfilRequests(
  { clock }: Pick<RequestsDeps, 'clock'>,
  tx: Tx,
  who: Who,
  { integration, connectionId }: { integration: string; connectionId: string },
): Promise<void> {
  const decision = { state: 'done' as const, by: who.label, at: clock.now(), connectionId };
  const decided = await decideRequests(tx, who.workspaceId, { integration }, decision);
  for (const { id } of decided) {
    await record(tx, {
      who,
      action: 'connection_request.done',
      subject: { kind: 'connection_request', id, name: integration },
      detail: { connection_id: connectionId },
    });
  }
}
