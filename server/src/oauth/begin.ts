import { createHash, randomBytes } from 'node:crypto';
import type { AuthorizationId, ConnectionId } from '@keyrail/contract/ids';
import { generateRandomState } from 'oauth4webapi';
import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Secret } from '../lib/secret.ts';
import type { Upstreams } from '../outbound/upstreams.ts';
import type { Who } from '../workspaces/who.ts';
import { type Authorization, LIFETIME_MS, type Wanted } from './authorization.ts';
import { countBegun, insertAuthorization, startAuthorization } from './authorization-store.ts';
import { authorizationUrl } from './authorization-url.ts';
import { verifierOf } from './pkce.ts';
import { type ClientDeps, clientOf } from './setups/client.ts';
import { refuseOtherHost } from './setups/host.ts';

export interface BeginDeps extends ClientDeps {
  clock: Clock;
  upstreams: Upstreams;
  redirectUri(integration: string, workspaceId: string): string;
  /** Only this server has it: PKCE verifiers are made of it and the state. */
  verifierKey: Secret<Buffer>;
}

export interface Beginning {
  definition: Definition;
  method: OAuth2Method;
  /** Signed in again; null: a new connection. */
  connectionId: ConnectionId | null;
  wanted: Wanted;
  /** Where the page stands that asks. */
  origin: string;
}

export interface Begun {
  authorization: Authorization;
  /** At the provider; or, where an API token asked, our own page where a person goes on with it. */
  authorizationUrl: string;
  /** To be kept by the browser that asked, which alone may finish; null: an API token asked. */
  browserNonce: string | null;
}

/** A person clicks a handful of times; what tries hundreds is a mistake or an attack. */
const MOST_PER_PERSON = 30;
const MOST_PER_WORKSPACE = 300;

/**
 * Begins a sign-in: what it is for is written down, and the address to open is made. Nobody is called. What an API token
 * begins has no address at the provider yet: whoever holds the token could send it to somebody else, who would give their
 * own account away with it. A person goes on with it on a page that says who asks for what (`goOn`).
 */
export async function begin(deps: BeginDeps, who: Who, beginning: Beginning): Promise<Begun> {
  const { definition, method, wanted } = beginning;
  const found = await clientOf(deps, who.workspaceId, definition, null);
  if (found.kind === 'missing') throw setupMissing(definition.name);
  if (found.kind === 'unreadable') throw setupUnreadable(definition.name);
  const isPerson = who.tokenId === null;
  const redirectUri = deps.redirectUri(definition.slug, who.workspaceId);
  const { state, browserNonce, url } = address(deps, {
    definition,
    method,
    clientId: found.client.id,
    redirectUri,
    wanted,
  });
  const createdAt = deps.clock.now();
  const authorization: Authorization = {
    id: newId<AuthorizationId>('aut'),
    workspaceId: who.workspaceId,
    integration: definition.slug,
    methodId: methodIdOf(method),
    browserHash: isPerson ? hashOf(browserNonce) : null,
    startedBy: isPerson ? who.userId : null,
    askedBy: isPerson ? null : who.label,
    origin: beginning.origin,
    redirectUri,
    clientId: found.client.id,
    setUpBy: found.client.setUpBy,
    connectionId: beginning.connectionId,
    wanted,
    state: 'pending',
    choice: null,
    reason: null,
    message: null,
    nextStep: null,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + LIFETIME_MS),
  };
  await deps.transact(who.workspaceId, async (tx) => {
    const since = new Date(createdAt.getTime() - LIFETIME_MS);
    const begun = await countBegun(tx, who.workspaceId, authorization.startedBy, since);
    if (begun.own >= MOST_PER_PERSON || begun.all >= MOST_PER_WORKSPACE) throw tooMany();
    await refuseOtherHost(
      tx,
      { ...beginning, ...found, workspaceId: who.workspaceId, fields: wanted.fields },
      'begin',
    );
    // A state that nobody was told is one that nobody can come back with.
    await insertAuthorization(tx, authorization, hashOf(state));
  });
  return isPerson
    ? { authorization, authorizationUrl: url, browserNonce }
    : { authorization, authorizationUrl: startPage(authorization), browserNonce: null };
}

/** Where a person goes on with what an API token began. */
export function startPage({ origin, id }: Pick<Authorization, 'origin' | 'id'>): string {
  return `${origin}/oauth/start/${id}`;
}

/**
 * A signed-in person goes on with what an API token began: from now on it is theirs, in this browser alone. Null: it is
 * over, or somebody else's by now.
 */
export async function goOn(
  deps: BeginDeps,
  who: Who,
  authorization: Authorization,
  { definition, method, origin }: Pick<Beginning, 'definition' | 'method' | 'origin'>,
): Promise<Begun | null> {
  const { state, browserNonce, url } = address(deps, { ...authorization, definition, method });
  const now = deps.clock.now();
  const start = {
    browserHash: hashOf(browserNonce),
    startedBy: who.userId,
    origin,
    expiresAt: new Date(now.getTime() + LIFETIME_MS),
  };
  const isOurs = await deps.transact(who.workspaceId, (tx) =>
    startAuthorization(tx, authorization, { ...start, stateHash: hashOf(state) }, now),
  );
  if (!isOurs) return null;
  return { authorization: { ...authorization, ...start }, authorizationUrl: url, browserNonce };
}

/** A new state, what ties it to a browser, and the address at the provider. */
function address(
  deps: BeginDeps,
  parts: Pick<Beginning, 'definition' | 'method' | 'wanted'> &
    Pick<Authorization, 'clientId' | 'redirectUri'>,
): { state: string; browserNonce: string; url: string } {
  const state = generateRandomState();
  const { definition, method, wanted, clientId, redirectUri } = parts;
  const url = authorizationUrl({
    definition,
    method,
    upstreams: deps.upstreams,
    clientId,
    redirectUri,
    state,
    verifier: method.pkce ? verifierOf(deps, state) : null,
    fields: wanted.fields,
    optionalScopes: wanted.optionalScopes,
  });
  return { state, browserNonce: randomBytes(32).toString('base64url'), url };
}

/** 256 random bits need no salt and no slow hash. */
export function hashOf(random: string): Buffer {
  return createHash('sha256').update(random).digest();
}

function setupMissing(name: string): AppError {
  return new AppError('setup_missing', {
    detail: `Before anybody can sign in at ${name}, an owner or admin enters its client ID and client secret once, under One-time sign-in setup.`,
  });
}

function setupUnreadable(name: string): AppError {
  return new AppError('setup_missing', {
    reason: 'unreadable',
    detail: `The stored one-time sign-in setup of ${name} cannot be opened. Enter its client ID and client secret again.`,
  });
}

function tooMany(): AppError {
  return new AppError('too_many_requests', {
    detail: 'Many sign-ins were begun in the last ten minutes. Wait a few minutes, then try again.',
    retryAfterSeconds: 60,
  });
}
