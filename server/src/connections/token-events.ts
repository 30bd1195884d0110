import type { ConnectionStatus } from '@keyrail/contract/connections';
import { record } from '../audit/record.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { enqueue } from '../jobs/queue.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { TokenOwner } from '../tokens/mint.ts';
import type { EndedBecause, TokenEvents } from '../tokens/token.ts';
import { connectionCheck } from './announce.ts';
import { type Connection, isBroken } from './connection.ts';
import { changeConnection, findConnection, lockConnection } from './connection-store.ts';
import { insertEvent } from './event-store.ts';

interface Deps {
  transact: Transact;
  catalogs: Catalogs;
  clock: Clock;
}

/** What becomes of a connection when its tokens can no longer be renewed: its status says so once, with the reason. */
export function tokenEvents(deps: Deps): TokenEvents {
  return {
    ended: async (owner, because, words) => {
      const name = await nameOf(deps, owner);
      const message = `${SENTENCES[because](name)}${said(name, words)} Reconnect it.`;
      return (tx) => change(deps, tx, owner, STATUS[because], message, because);
    },
    setupRejected: async (owner, words, isOut) => {
      const name = await nameOf(deps, owner);
      const message = `${name} does not accept the one-time sign-in setup any more.${said(name, words)} Check the setup; the connection then works again by itself.`;
      return async (tx) => {
        if (isOut) await change(deps, tx, owner, 'invalid', message, 'setup_rejected');
      };
    },
    recovered: async (tx, { workspaceId, connectionId }) => {
      const payload = { workspace_id: workspaceId, connection_id: connectionId };
      await enqueue(tx, connectionCheck, payload, { key: `${connectionCheck.name}:${connectionId}` });
    },
  };
}

const STATUS: Record<EndedBecause, ConnectionStatus> = {
  expired: 'expired',
  revoked: 'revoked',
  rejected: 'invalid',
  interrupted: 'expired',
};

const SENTENCES: Record<EndedBecause, (name: string) => string> = {
  expired: (name) => `Access to ${name} has expired and could not be renewed.`,
  revoked: (name) => `Access was withdrawn at ${name}.`,
  rejected: (name) => `${name} no longer accepts these sign-in details.`,
  interrupted: (name) =>
    `Renewing the access to ${name} was interrupted, so the answer was lost, and ${name} does not give it again.`,
};

function said(name: string, words: string | null): string {
  return words === null ? '' : ` ${name} says: “${words.replace(/[.\s]+$/, '')}”.`;
}

/** Told once, of the credential that is in use; of a replaced one nobody needs to hear. */
async function change(
  { clock }: Deps,
  tx: Tx,
  owner: TokenOwner,
  status: ConnectionStatus,
  message: string,
  because: string,
): Promise<void> {
  const { workspaceId, connectionId, credentialVersion } = owner;
  const connection = await lockConnection(tx, workspaceId, connectionId);
  if (connection === null || connection.credentialVersion !== credentialVersion) return;
  if (isBroken(connection.status) || connection.status === 'disconnected') return;
  const now = clock.now();
  const saved = { status, statusReason: message, statusSince: now } as const;
  await changeConnection(tx, connection, saved, { now, byPerson: false });
  await insertEvent(tx, connection, { kind: 'status_changed', message, actor: null, at: now });
  await record(tx, {
    who: { workspaceId, system: 'keyrail' },
    action: 'connection.status_changed',
    subject: { kind: 'connection', id: connectionId, name: connection.name },
    detail: { from: connection.status, to: status, because },
  });
}

/** The integration's name; read before the transaction that tells, because the catalog may have to be read for it. */
async function nameOf({ transact, catalogs }: Deps, owner: TokenOwner): Promise<string> {
  const { workspaceId, connectionId } = owner;
  const connection = await transact(workspaceId, (tx) => findConnection(tx, workspaceId, connectionId));
  const slug: Connection['integration'] | undefined = connection?.integration;
  const definition = slug === undefined ? undefined : (await catalogs.of(workspaceId)).get(slug);
  return definition?.name ?? slug ?? 'The other side';
}
