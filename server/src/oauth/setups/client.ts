import type { Definition } from '../../catalog/definition.ts';
import { ADDRESS_STAMP, fixedFields } from '../../catalog/requests/base-url.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import type { Keyring } from '../../vault/keyring.ts';
import type { TokenOutcome } from '../token-endpoint.ts';
import type { OperatorApp, Refusal } from './app.ts';
import { type Opened, openAppSecret, openOperatorSecret } from './app-secret.ts';
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
  /** Of the setup: what is said of an older secret is no word on this one. */
  version: number;
  /** Set while the provider does not take it. */
  refusal: Refusal | null;
}

export type ClientOutcome =
  | { kind: 'client'; client: OAuthClient }
  /** Nobody has entered one for this address, or it was removed. */
  | { kind: 'missing' }
  | { kind: 'unreadable' };

type Integration = Pick<Definition, 'slug' | 'connectionFields'>;

/**
 * The setup of an integration: the workspace's own, else the operator's. `clientId`: the one a connection signed in under,
 * whoever set it up: with another one its refresh token is worth nothing.
 */
export async function clientOf(
  deps: ClientDeps,
  workspaceId: string,
  integration: Integration,
  clientId: string | null,
): Promise<ClientOutcome> {
  return deps.transact(workspaceId, (tx) => clientIn(deps, tx, workspaceId, integration, clientId), 'read');
}

/** The same inside the caller's transaction. */
export async function clientIn(
  deps: Pick<ClientDeps, 'keyring' | 'operatorApps'>,
  tx: Tx,
  workspaceId: string,
  integration: Integration,
  clientId: string | null,
): Promise<ClientOutcome> {
  const own = await findApp(tx, workspaceId, integration.slug);
  const isOwn = own !== null && (clientId === null || own.clientId === clientId);
  // A secret that was entered for another address is as good as none: it is never sent to this one.
  if (isOwn && own.addressStamp !== stampOf(integration)) return { kind: 'missing' };
  if (isOwn) return clientFrom('workspace', own, await openAppSecret(deps, own));
  const shared = await deps.operatorApps.find(integration.slug);
  if (shared === null || (clientId !== null && shared.clientId !== clientId)) return { kind: 'missing' };
  if (shared.addressStamp !== stampOf(integration)) return { kind: 'missing' };
  return clientFrom('operator', shared, await openOperatorSecret(deps, shared));
}

/** The client itself, and not what one connection asked for, was refused. */
export function isClientRefused(
  outcome: TokenOutcome,
): outcome is Extract<TokenOutcome, { kind: 'setup_rejected' }> {
  return outcome.kind === 'setup_rejected' && outcome.isClient === true;
}

/** False: id or secret are others by now. */
export function isSameClient(one: ClientOutcome, other: ClientOutcome): boolean {
  if (one.kind !== 'client' || other.kind !== 'client') return one.kind === other.kind;
  return (
    one.client.setUpBy === other.client.setUpBy &&
    one.client.id === other.client.id &&
    one.client.version === other.client.version
  );
}

function clientFrom(
  setUpBy: OAuthClient['setUpBy'],
  { clientId: id, version, refusal }: OperatorApp,
  opened: Opened,
): ClientOutcome {
  if (opened.kind === 'unreadable') return opened;
  return { kind: 'client', client: { setUpBy, id, secret: opened.secret, version, refusal } };
}

/** Where the secrets of an integration go that a workspace describes itself; null: where the catalog says. */
export function stampOf({ connectionFields }: Pick<Definition, 'connectionFields'>): string | null {
  return fixedFields({ connectionFields })[ADDRESS_STAMP] ?? null;
}
