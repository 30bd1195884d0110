import { mintServiceAccount } from '../auth-methods/mint-service-account.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodIdOf } from '../catalog/methods.ts';
import type { Clock } from '../lib/clock.ts';
import type { Secret } from '../lib/secret.ts';
import type { Transact } from '../lib/tx.ts';
import { filledAddress } from '../oauth/addresses.ts';
import { createEndpointBrake } from '../oauth/endpoint-brake.ts';
import { mintClientCredentials, renewSignedIn } from '../oauth/renew.ts';
import type { ClientDeps } from '../oauth/setups/client.ts';
import type { SetupGate } from '../oauth/setups/gate.ts';
import type { TokenOutcome } from '../oauth/token-endpoint.ts';
import type { Outbound } from '../outbound/call.ts';
import type { CutOff, Mint } from '../tokens/mint.ts';
import type { Keyring } from '../vault/keyring.ts';
import { findConnection } from './connection-store.ts';
import { openStored } from './credential.ts';
import { findCredential } from './credential-store.ts';
import { type MethodInUse, methodOf } from './method.ts';
import { withAdviceKept } from './told-words.ts';
import { believing, trustedBy } from './trusted.ts';
import type { Withdrawals } from './withdrawals/withdrawals.ts';

export interface MintDeps extends Pick<ClientDeps, 'operatorApps'> {
  transact: Transact;
  keyring: Keyring;
  outbound: Outbound;
  clock: Clock;
}

/** What a token is made from, opened. */
export interface MintFrom {
  workspaceId: string;
  definition: Definition;
  method: AuthMethod;
  fields: Readonly<Record<string, string>>;
  values: Secret<Readonly<Record<string, string>>>;
}

/** Asks once for a token that is made of what was entered, in the method's own way. */
export async function mintFrom(given: MintDeps, from: MintFrom): Promise<TokenOutcome> {
  const { definition, method, fields, values } = from;
  const deps = { ...given, outbound: believing(given.outbound, trustedBy(definition, method, fields)) };
  switch (method.type) {
    case 'oauth2_client_credentials':
      return mintClientCredentials(deps, { ...from, method }, values);
    case 'service_account':
      return mintServiceAccount(deps, { ...from, method }, values);
  }
  throw new Error(`${method.type} makes no tokens`);
}

interface SavedDeps extends MintDeps {
  catalogs: Catalogs;
  /** Before the token endpoint of a setup that may be refused. */
  setupGate: SetupGate;
  withdrawals: Pick<Withdrawals, 'takeBack'>;
}

/** The next token of a saved credential: opens it, and asks. What is gone meanwhile has no next one. */
export function createMint(deps: SavedDeps): Mint {
  const brake = createEndpointBrake({ now: () => performance.now(), random: Math.random });
  return async (owner, refreshToken, cutOff, mayAsk) => {
    const { workspaceId, connectionId, credentialVersion } = owner;
    const found = await deps.transact(workspaceId, async (tx) => {
      const connection = await findConnection(tx, workspaceId, connectionId);
      if (connection === null) return null;
      const stored = await findCredential(tx, connection, credentialVersion);
      return stored === null ? null : { connection, stored };
    });
    if (found === null) return { kind: 'ended', because: 'revoked', words: null };
    const { connection, stored } = found;
    const catalog = await deps.catalogs.of(workspaceId);
    const known = methodOf(catalog, { ...connection, methodId: stored.methodId });
    if (known === null) return laterBecause('The catalog no longer has this way to connect.');
    if (cutOff !== null && mayEndGrant(known.method, cutOff)) return { kind: 'held' };
    const opened = await openStored(deps, workspaceId, connectionId, stored);
    if (opened.kind === 'unreadable') return laterBecause('The stored credentials can no longer be read.');
    const { fields } = stored;
    const { definition, method } = known;
    const endpoint = endpointOf(workspaceId, known, fields);
    if (method.type !== 'oauth2') {
      const from = { ...known, workspaceId, fields, values: opened.values };
      return withAdviceKept(await brake.through(endpoint, connectionId, () => mintFrom(deps, from)));
    }
    const { client_id: clientId = null, redirect_uri: redirectUri = null } = opened.values.reveal();
    const of = { workspaceId, connectionId, definition, method, fields, mayAsk };
    const outcome = await brake.through(endpoint, connectionId, () =>
      renewSignedIn(
        { ...deps, outbound: believing(deps.outbound, trustedBy(definition, method, fields)) },
        of,
        { clientId, redirectUri },
        refreshToken,
      ),
    );
    if (outcome.kind !== 'minted') return withAdviceKept(outcome);
    const given = { connection, credentialVersion, definition, method, fields, clientId, redirectUri };
    const takeBack = () => deps.withdrawals.takeBack(given, outcome.minted);
    return { ...outcome, takeBack };
  };
}

/** What fails as one: a token address, as this workspace uses it. */
function endpointOf(
  workspaceId: string,
  { definition, method }: MethodInUse,
  fields: Readonly<Record<string, string>>,
): string {
  const template =
    'tokenUrl' in method ? method.tokenUrl : 'assumeRole' in method ? method.assumeRole?.url : undefined;
  const url = template === undefined ? null : filledAddress(definition, template, fields);
  return JSON.stringify([workspaceId, definition.slug, url ?? methodIdOf(method)]);
}

/** Whether a refresh token that was sent once may not be sent again, as far as the catalog says. */
function mayEndGrant(method: AuthMethod, { sinceMs }: CutOff): boolean {
  if (method.type !== 'oauth2' || method.refresh === 'static' || method.refresh === 'exchange') return false;
  return sinceMs >= (method.refreshGraceSeconds ?? 0) * 1000;
}

function laterBecause(words: string) {
  const nothingSent = { because: 'provider_error', mayHaveHappened: false, retryAfterSeconds: null } as const;
  return { kind: 'not_now', words, ...nothingSent } as const;
}
