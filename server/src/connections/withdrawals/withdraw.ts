import type { ConnectionId, WithdrawalId } from '@keyrail/contract/ids';
import type { Catalog } from '../../catalog/catalog.ts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { enqueue } from '../../jobs/queue.ts';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/id.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Tx } from '../../lib/tx.ts';
import { type ClientDeps, clientIn } from '../../oauth/setups/client.ts';
import { otherHost } from '../../oauth/setups/host.ts';
import type { Tokens } from '../../tokens/token.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { tellingOf, withdrawalTell } from '../announce.ts';
import type { Connection } from '../connection.ts';
import { openStored } from '../credential.ts';
import { findCredential, type StoredCredential } from '../credential-store.ts';
import { methodOf } from '../method.ts';
import { noteSettled } from './notes.ts';
import { insertWithdrawal, wakeWaiting } from './store.ts';
import type { Withdrawal } from './withdrawal.ts';
import { sealRevocation } from './withdrawal-box.ts';

export interface GiveUpDeps extends Pick<ClientDeps, 'operatorApps'> {
  keyring: Keyring;
  clock: Clock;
  tokens: Pick<Tokens, 'forRevoking'>;
}

/**
 * Inside the transaction that destroys them, and before it does: what these credentials of a connection hold of a sign-in
 * becomes a withdrawal. Whoever calls holds the integration's lock (`takeConnection`).
 */
export type GiveUp = (
  tx: Tx,
  connection: Connection,
  states: readonly ('current' | 'previous')[],
  because: Withdrawal['because'],
) => Promise<void>;

export function giveUpIn(deps: GiveUpDeps, catalog: Pick<Catalog, 'get'>): GiveUp {
  return async (tx, connection, states, because) => {
    for (const state of states) {
      const stored = await findCredential(tx, connection, state);
      if (stored?.method === 'oauth2') await giveUpOne(deps, catalog, tx, connection, state, stored, because);
    }
    // Perhaps it was the last of its account.
    const now = deps.clock.now();
    const woken = await wakeWaiting(tx, connection.workspaceId, connection.integration, now);
    for (const id of woken) await tellSoon(tx, connection.workspaceId, id);
  };
}

async function giveUpOne(
  deps: GiveUpDeps,
  catalog: Pick<Catalog, 'get'>,
  tx: Tx,
  connection: Connection,
  state: 'current' | 'previous',
  stored: StoredCredential,
  because: Withdrawal['because'],
): Promise<void> {
  const { workspaceId, id: connectionId } = connection;
  const owner = { workspaceId, connectionId, credentialVersion: stored.version };
  const secrets = await deps.tokens.forRevoking(tx, owner);
  const known = methodOf(catalog, { ...connection, methodId: stored.methodId });
  const opened = await openStored(deps, workspaceId, connectionId, stored);
  if (secrets === null || opened.kind !== 'opened' || known?.method.type !== 'oauth2') return;
  const { client_id: clientId = null, redirect_uri: redirectUri = null } = opened.values.reveal();
  const account = state === 'current' ? connection : { accountId: stored.accountId ?? null, account: null };
  await giveUpAccess(deps, tx, {
    workspaceId,
    definition: known.definition,
    method: known.method,
    fields: stored.fields,
    clientId,
    redirectUri,
    connection: { ...connection, credentialVersion: stored.version },
    accountId: account.accountId,
    accountName: account.account?.name ?? null,
    because,
    ...secrets,
  });
}

/** Access of a sign-in, wherever it was until now. */
export interface Access {
  workspaceId: string;
  definition: Definition;
  method: OAuth2Method;
  fields: Readonly<Record<string, string>>;
  clientId: string | null;
  redirectUri: string | null;
  /** Null: no connection came of it. */
  connection: { id: ConnectionId; name: string; credentialVersion: number | null } | null;
  accountId: string | null;
  accountName: string | null;
  because: Withdrawal['because'];
  accessToken: Secret<string>;
  refreshToken: Secret<string> | null;
  /** Of the access token; null: not known. */
  expiresAt: Date | null;
}

/** Writes down, in the caller's transaction, that a provider is to be told; a worker does so at once. */
export async function giveUpAccess(deps: GiveUpDeps, tx: Tx, access: Access): Promise<void> {
  const { workspaceId, definition, method, fields, connection, accountId } = access;
  const now = deps.clock.now();
  const isOffered = method.revokeUrl !== undefined;
  const made: Withdrawal = {
    id: newId<WithdrawalId>('wdr', now.getTime()),
    workspaceId,
    connectionId: connection?.id ?? null,
    connectionName: connection?.name ?? null,
    credentialVersion: connection?.credentialVersion ?? null,
    integration: definition.slug,
    integrationName: definition.name,
    accountId,
    accountName: access.accountName,
    because: access.because,
    state: isOffered ? 'pending' : 'not_offered',
    sealed: null,
    attempts: 0,
    nextAttemptAt: isOffered ? now : null,
    problem: null,
    words: null,
    removeUrl: method.removeUrl ?? null,
    createdAt: now,
    settledAt: isOffered ? null : now,
  };
  if (!isOffered) {
    await insertWithdrawal(tx, made);
    await noteSettled(tx, made, now);
    return;
  }
  const { connectionFields } = definition;
  const sealed = await sealRevocation(deps, made, {
    workspaceId,
    integration: { slug: definition.slug, name: definition.name, connectionFields },
    method,
    fields,
    client: await clientFor(deps, tx, access),
    accountId,
    redirectUri: access.redirectUri,
    accessToken: access.accessToken,
    refreshToken: access.refreshToken,
    accessExpiresAt: access.expiresAt,
  });
  await insertWithdrawal(tx, { ...made, sealed });
  await tellSoon(tx, workspaceId, made.id);
}

/** As it is now: the setup may be gone, or be for another address, when the provider is told. */
async function clientFor(
  deps: GiveUpDeps,
  tx: Tx,
  { workspaceId, definition, method, fields, clientId }: Access,
): Promise<{ id: string; secret: Secret<string> | null }> {
  const found = await clientIn(deps, tx, workspaceId, definition, clientId);
  if (found.kind === 'client') {
    const { client } = found;
    const other = await otherHost(tx, { workspaceId, definition, method, client, fields }, 'send');
    if (other === null) return client;
  }
  return { id: clientId ?? '', secret: null };
}

async function tellSoon(tx: Tx, workspaceId: string, id: string): Promise<void> {
  await enqueue(tx, withdrawalTell, { workspace_id: workspaceId, id }, tellingOf(workspaceId, id));
}
