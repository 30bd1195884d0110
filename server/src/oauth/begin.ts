import { createHash, randomBytes } from 'node:crypto';
import type { AuthorizationId, ConnectionId } from '@keyrail/contract/ids';
import { generateRandomState } from 'oauth4webapi';
import type { OAuth2Method } from '../catalog/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Secret } from '../lib/secret.ts';
import type { Upstreams } from '../outbound/upstreams.ts';
import type { Who } from '../workspaces/who.ts';
import { type Authorization, LIFETIME_MS, type Wanted } from './authorization.ts';
import { countBegun, insertAuthorization } from './authorization-store.ts';
import { authorizationUrl } from './authorization-url.ts';
import { type ClientDeps, clientOf } from './client.ts';
import { verifierOf } from './pkce.ts';

export interface BeginDeps extends ClientDeps {
  clock: Clock;
  upstreams: Upstreams;
  redirectUri(integration: string): string;
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
  authorizationUrl: string;
  /** To be kept by the browser that asked, which alone may finish; null: an API token asked. */
  browserNonce: string | null;
}

/** A person clicks a handful of times; what tries hundreds is a mistake or an attack. */
const MOST_PER_PERSON = 30;
const MOST_PER_WORKSPACE = 300;

/** Begins a sign-in: what it is for is written down, and the address to open is made. Nobody is called. */
export async function begin(deps: BeginDeps, who: Who, beginning: Beginning): Promise<Begun> {
  const { definition, method, wanted } = beginning;
  const found = await clientOf(deps, who.workspaceId, definition.slug, null);
  if (found.kind === 'missing') throw setupMissing(definition.name);
  if (found.kind === 'unreadable') throw setupUnreadable(definition.name);
  const state = generateRandomState();
  const redirectUri = deps.redirectUri(definition.slug);
  const url = authorizationUrl({
    definition,
    method,
    upstreams: deps.upstreams,
    clientId: found.client.id,
    redirectUri,
    state,
    verifier: method.pkce ? verifierOf(deps, state) : null,
    fields: wanted.fields,
    optionalScopes: wanted.optionalScopes,
  });
  const browserNonce = who.tokenId === null ? randomBytes(32).toString('base64url') : null;
  const createdAt = deps.clock.now();
  const authorization: Authorization = {
    id: newId<AuthorizationId>('aut'),
    workspaceId: who.workspaceId,
    integration: definition.slug,
    methodId: method.id ?? method.type,
    browserHash: browserNonce === null ? null : hashOf(browserNonce),
    startedBy: who.tokenId === null ? who.userId : null,
    origin: beginning.origin,
    redirectUri,
    clientId: found.client.id,
    setUpBy: found.client.setUpBy,
    connectionId: beginning.connectionId,
    wanted,
    state: 'pending',
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
    await insertAuthorization(tx, authorization, hashOf(state));
  });
  return { authorization, authorizationUrl: url, browserNonce };
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
