import type { Catalogs } from '../catalog/catalogs.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { ClientDeps } from '../oauth/client.ts';
import { type Revocation, type RevocationOutcome, revoke } from '../oauth/revoke.ts';
import type { Outbound } from '../outbound/call.ts';
import type { Tokens } from '../tokens/token.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Connection } from './connection.ts';
import { findConnection, listConnections } from './connection-store.ts';
import { openStored } from './credential.ts';
import { findCredential } from './credential-store.ts';
import { insertEvent } from './event-store.ts';
import { methodOf } from './method.ts';

export interface WithdrawDeps extends ClientDeps {
  transact: Transact;
  keyring: Keyring;
  catalogs: Catalogs;
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
  tokens: Pick<Tokens, 'forRevoking'>;
  log: { warn(fields: object, message: string): void };
}

/** What is told to the provider once the connection no longer holds it. */
export interface Withdrawal {
  connection: Connection;
  revocation: Revocation;
}

/**
 * What a connection holds of a sign-in, before it is destroyed here; null where there is nothing to withdraw. Several
 * providers end all access of one account to one client at once: while another connection may be of the same account, nothing
 * is withdrawn.
 */
export async function withdrawalOf(
  deps: WithdrawDeps,
  workspaceId: string,
  connectionId: string,
): Promise<Withdrawal | null> {
  const found = await deps.transact(workspaceId, async (tx) => {
    const connection = await findConnection(tx, workspaceId, connectionId);
    if (connection === null || connection.method !== 'oauth2') return null;
    const stored = await findCredential(tx, connection, 'current');
    const filter = { integration: connection.integration, status: undefined, ids: null, after: null };
    const others = await listConnections(tx, workspaceId, { ...filter, limit: MOST_COMPARED });
    const mayBeShared = others.some((other) => other.id !== connectionId && mayShare(connection, other));
    const isShared = mayBeShared || others.length === MOST_COMPARED;
    return stored === null || isShared ? null : { connection, stored };
  });
  if (found === null) return null;
  const { connection, stored } = found;
  const catalog = await deps.catalogs.of(workspaceId);
  const known = methodOf(catalog, { ...connection, methodId: stored.methodId });
  const opened = await openStored(deps, workspaceId, connectionId, stored);
  const owner = { workspaceId, connectionId, credentialVersion: stored.version };
  const secrets = await deps.tokens.forRevoking(owner);
  if (known === null || opened.kind !== 'opened' || secrets === null) return null;
  const { definition, method } = known;
  if (method.type !== 'oauth2') return null;
  const clientId = opened.values.reveal().client_id ?? null;
  const { accessToken, refreshToken } = secrets;
  const what =
    refreshToken === null
      ? ({ token: accessToken, hint: 'access_token' } as const)
      : ({ token: refreshToken, hint: 'refresh_token' } as const);
  return {
    connection,
    revocation: { workspaceId, definition, method, fields: stored.fields, clientId, ...what },
  };
}

/** More of one integration than this, and it is taken for shared. */
const MOST_COMPARED = 1_000;

function mayShare(one: Connection, other: Connection): boolean {
  if (other.method !== 'oauth2' || other.status === 'disconnected') return false;
  return one.accountId === null || other.accountId === null || one.accountId === other.accountId;
}

/** Tells the provider, and the timeline what came of it. Whatever does: here nothing is left. */
export async function withdraw(deps: WithdrawDeps, { connection, revocation }: Withdrawal): Promise<void> {
  const { workspaceId, id } = connection;
  try {
    const outcome = await revoke(deps, revocation);
    const message = SENTENCES[outcome](revocation.definition.name);
    await deps.transact(workspaceId, async (tx) => {
      if ((await findConnection(tx, workspaceId, id)) === null) return;
      const at = deps.clock.now();
      await insertEvent(tx, connection, { kind: 'disconnected', message, actor: null, at });
    });
  } catch (error) {
    deps.log.warn({ err: error, connectionId: id }, 'a provider could not be told that access has ended');
  }
}

const SENTENCES: Record<RevocationOutcome, (name: string) => string> = {
  revoked: (name) => `Access was withdrawn at ${name}, too.`,
  failed: (name) =>
    `${name} could not be told that access has ended. Withdraw it there, in the account's settings.`,
  not_offered: (name) =>
    `${name} offers no way to withdraw access from here. Withdraw it there, in the account's settings.`,
};
