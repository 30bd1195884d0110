import type { Dependent } from '@keyrail/contract/connections';
import { record } from '../audit/record.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import type { Connection } from './connection.ts';
import {
  changeConnection,
  deleteConnection,
  listConnections,
  lockConnection,
  lockIntegration,
} from './connection-store.ts';
import { destroy } from './credential-store.ts';
import type { DependentsSource } from './dependents-source.ts';
import { insertEvent } from './event-store.ts';
import { disconnected } from './status.ts';
import { tellPutAway } from './tell-status.ts';
import type { GiveUp } from './withdrawals/withdraw.ts';

/** More connections than this of one integration that a workspace described itself are not there. */
const ALL = 100_000;

interface Deps {
  /** Of the workspace, from before the change: its secrets are told to nobody but who they were for. */
  giveUp: GiveUp;
}

/** A connection and what uses it. */
export interface WithDependents {
  connection: Connection;
  dependents: Dependent[];
}

/** All connections of one integration, for telling what a change of it would do to them. Whoever asks may see them all. */
export async function connectionsOf(
  deps: { dependents: DependentsSource },
  tx: Tx,
  workspaceId: string,
  integration: string,
): Promise<WithDependents[]> {
  const found: WithDependents[] = [];
  for (const connection of await all(tx, workspaceId, integration)) {
    const { id, isDefault } = connection;
    const dependents = await deps.dependents.list(tx, workspaceId, {
      connectionId: id,
      integration,
      isDefault,
    });
    found.push({ connection, dependents });
  }
  return found;
}

/**
 * The place their secrets are sent to is another one from now on: every secret of every connection of the integration is
 * destroyed, in the transaction of that change. Name, place and what uses them stay. `because`: one sentence for people.
 */
export async function loseCredentials(
  { giveUp }: Deps,
  tx: Tx,
  who: Who,
  integration: string,
  because: string,
  at: Date,
): Promise<void> {
  await lockIntegration(tx, who.workspaceId, integration);
  for (const { id } of await all(tx, who.workspaceId, integration)) {
    const before = await lockConnection(tx, who.workspaceId, id);
    if (before === null) continue;
    await giveUp(tx, before, ['current', 'previous'], 'address_changed');
    await destroy(tx, before, ['pending', 'current', 'previous'], at);
    if (before.status === 'disconnected') continue;
    await changeConnection(tx, before, disconnected(because, at), { now: at, byPerson: true });
    const message = `${because} The stored credentials were destroyed.`;
    await insertEvent(tx, before, { kind: 'address_changed', message, actor: who.label, at });
    await tellPutAway(tx, before, at);
    await record(tx, {
      who,
      action: 'connection.address_changed',
      subject: { kind: 'connection', id: before.id, name: before.name },
      detail: { integration },
    });
  }
}

/** Gone for good with the integration; the audit log keeps that they were there. */
export async function removeAll(
  { giveUp }: Deps,
  tx: Tx,
  who: Who,
  integration: string,
  at: Date,
): Promise<number> {
  await lockIntegration(tx, who.workspaceId, integration);
  const found = await all(tx, who.workspaceId, integration);
  for (const connection of found) {
    const { id, name } = connection;
    await giveUp(tx, connection, ['current', 'previous'], 'deleted');
    await deleteConnection(tx, who.workspaceId, id);
    await tellPutAway(tx, connection, at);
    const subject = { kind: 'connection', id, name };
    await record(tx, { who, action: 'connection.deleted', subject, detail: { integration } });
  }
  return found.length;
}

function all(tx: Tx, workspaceId: string, integration: string): Promise<Connection[]> {
  return listConnections(tx, workspaceId, {
    integration,
    status: undefined,
    ids: null,
    after: null,
    limit: ALL,
  });
}
