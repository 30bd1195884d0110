import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { placesIn } from '../catalog/requests/template.ts';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { Transact } from '../lib/tx.ts';
import type { Outbound } from '../outbound/call.ts';
import type { Minted } from '../tokens/mint.ts';
import { filledAddress } from './addresses.ts';
import type { Authorization, Failed } from './authorization.ts';
import { verifierOf } from './pkce.ts';
import { type ClientOutcome, isClientRefused, type OAuthClient } from './setups/client.ts';
import type { SetupGate } from './setups/gate.ts';
import { refuseOtherHost } from './setups/host.ts';
import { askTokenEndpoint, type TokenOutcome } from './token-endpoint.ts';
import type { TokenAccount } from './token-minted.ts';

interface Deps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
  transact: Transact;
  /** The client as it is entered now. */
  clientNow(): Promise<ClientOutcome>;
  verifierKey: Secret<Buffer>;
  setupGate: Pick<SetupGate, 'heard'>;
}

interface Exchanging {
  authorization: Authorization;
  definition: Definition;
  method: OAuth2Method;
  client: OAuthClient;
  code: Secret<string>;
  state: string;
}

export type Exchanged = { kind: 'exchanged'; minted: Minted; account: TokenAccount | null } | Failed;

/** The code for tokens, once; with the redirect URI and the verifier of the very sign-in it came from. */
export async function exchange(deps: Deps, exchanging: Exchanging): Promise<Exchanged> {
  const { authorization, definition, client } = exchanging;
  const first = await asked(deps, exchanging);
  // The secret was replaced while the person was at the provider, or right now: a refused client has used up no code.
  const newer = isClientRefused(first) ? await replacedBy(deps, client) : null;
  const outcome = newer === null ? first : await asked(deps, { ...exchanging, client: newer });
  const asker = {
    workspaceId: authorization.workspaceId,
    connectionId: authorization.id,
    integration: definition,
  };
  // Of an address that depends on what one person entered, a refusal is no word on what everybody else has.
  const isForAll = outcome.kind !== 'setup_rejected' || placesIn(exchanging.method.tokenUrl).length === 0;
  if (isForAll) await deps.setupGate.heard(asker, newer ?? client, outcome);
  if (outcome.kind !== 'minted') return failed(definition.name, outcome);
  return { kind: 'exchanged', minted: outcome.minted, account: outcome.account };
}

async function asked(deps: Deps, exchanging: Exchanging): Promise<TokenOutcome> {
  const { authorization, definition, method, client, code, state } = exchanging;
  const { workspaceId, wanted, redirectUri } = authorization;
  const url = filledAddress(definition, method.tokenUrl, wanted.fields);
  if (url === null) return noAddress;
  await deps.transact(workspaceId, (tx) =>
    refuseOtherHost(tx, { workspaceId, definition, method, client, fields: wanted.fields }, 'send'),
  );
  const codeVerifier = method.pkce ? new Secret(verifierOf(deps, state)) : null;
  return exchangeUnder(deps, { workspaceId, integration: definition, method, client, url }, code, {
    redirectUri,
    codeVerifier,
  });
}

/** The same at an address and under a client that are at hand. */
export async function exchangeUnder(
  deps: Pick<Deps, 'outbound' | 'clock'>,
  {
    workspaceId,
    integration,
    method,
    client,
    url,
  }: {
    workspaceId: string;
    integration: Pick<Definition, 'connectionFields'>;
    method: OAuth2Method;
    client: Pick<OAuthClient, 'id' | 'secret'>;
    url: string;
  },
  code: Secret<string>,
  { redirectUri, codeVerifier }: { redirectUri: string; codeVerifier: Secret<string> | null },
): Promise<TokenOutcome> {
  return askTokenEndpoint(deps, {
    workspaceId,
    url,
    endpoint: method,
    client,
    grant: { kind: 'authorization_code', code, redirectUri, codeVerifier },
    connectionFields: integration.connectionFields,
  });
}

/** The same client with another secret by now; null: it is as it was. */
async function replacedBy({ clientNow }: Deps, client: OAuthClient): Promise<OAuthClient | null> {
  const now = await clientNow();
  const isOther = now.kind === 'client' && now.client.version !== client.version;
  return isOther ? now.client : null;
}

function failed(name: string, outcome: Exclude<TokenOutcome, { kind: 'minted' }>): Failed {
  const said = outcome.words === null ? '' : ` ${name} says: “${outcome.words}”`;
  switch (outcome.kind) {
    case 'ended':
      return {
        kind: 'failed',
        reason: 'rejected',
        message: `${name} did not accept the sign-in: it had run out, was used already, or belongs to another one.${said}`,
        nextStep: 'Start the sign-in again.',
      };
    case 'setup_rejected':
      return {
        kind: 'failed',
        reason: 'setup_rejected',
        message: `You signed in, but ${name} did not accept the client ID, client secret or redirect URI of the one-time sign-in setup.${said}`,
        nextStep: `Compare them with the app registered at ${name}, correct the sign-in setup, and sign in again.`,
      };
    case 'not_now':
      return outcome.because === 'unreachable'
        ? {
            kind: 'failed',
            reason: 'unreachable',
            message: `You signed in, but ${name} could then not be reached to finish it.${said}`,
            nextStep: 'Try again in a few minutes.',
          }
        : {
            kind: 'failed',
            reason: 'provider_error',
            message: `You signed in, but ${name} then answered with something that is no access.${said}`,
            nextStep: 'Try again in a few minutes. If it stays so, check the one-time sign-in setup.',
          };
  }
}

const noAddress = {
  kind: 'not_now',
  because: 'provider_error',
  mayHaveHappened: false,
  retryAfterSeconds: null,
  words: null,
} as const;
