import type { Secret } from '../lib/secret.ts';
import type { Transact } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { openAppSecret, openOperatorSecret } from './app-secret.ts';
import { findApp, type OperatorAppStore } from './app-store.ts';

export interface ClientDeps {
  transact: Transact;
  keyring: Keyring;
  operatorApps: Pick<OperatorAppStore, 'find'>;
}

/** Under whose client id and secret a provider is asked. */
export interface OAuthClient {
  setUpBy: 'workspace' | 'operator';
  id: string;
  secret: Secret<string> | null;
}

export type ClientOutcome =
  | { kind: 'client'; client: OAuthClient }
  /** Nobody has entered one, or it was removed. */
  | { kind: 'missing' }
  | { kind: 'unreadable' };

/**
 * The setup of an integration: the workspace's own, else the operator's. `clientId`: the one a connection signed in under,
 * whoever set it up: with another one its refresh token is worth nothing.
 */
export async function clientOf(
  deps: ClientDeps,
  workspaceId: string,
  integration: string,
  clientId: string | null,
): Promise<ClientOutcome> {
  const own = await deps.transact(workspaceId, (tx) => findApp(tx, workspaceId, integration));
  if (own !== null && (clientId === null || own.clientId === clientId)) {
    const opened = await openAppSecret(deps, own);
    if (opened.kind === 'unreadable') return opened;
    return { kind: 'client', client: { setUpBy: 'workspace', id: own.clientId, secret: opened.secret } };
  }
  const shared = await deps.operatorApps.find(integration);
  if (shared === null || (clientId !== null && shared.clientId !== clientId)) return { kind: 'missing' };
  const opened = await openOperatorSecret(deps, shared);
  if (opened.kind === 'unreadable') return opened;
  return { kind: 'client', client: { setUpBy: 'operator', id: shared.clientId, secret: opened.secret } };
}
