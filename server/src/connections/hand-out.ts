import type { AuthMethodKind } from '@keyrail/contract/integrations';
import { recordAll } from '../audit/record.ts';
import { usesTokens } from '../auth-methods/apply.ts';
import { sessionKeyFields } from '../auth-methods/session-keys.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import { ADDRESS_STAMP } from '../catalog/requests/base-url.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createGather } from '../lib/gather.ts';
import { Secret } from '../lib/secret.ts';
import type { Transact } from '../lib/tx.ts';
import type { NoToken, TokenOutcome, Tokens } from '../tokens/token.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Who } from '../workspaces/who.ts';
import { type Connection, isBroken } from './connection.ts';
import { openStored } from './credential.ts';
import { seen } from './find.ts';
import { findReadable, type Readable } from './hand-out-store.ts';
import { goneFromCatalog, type MethodInUse, methodOf } from './method.ts';
import { entryOf } from './reading.ts';
import { reportDamaged } from './report.ts';
import type { ConnectionSettings } from './settings.ts';

interface Deps {
  transact: Transact;
  keyring: Keyring;
  catalogs: Catalogs;
  clock: Clock;
  settings: ConnectionSettings;
  tokens: Pick<Tokens, 'fresh'>;
}

/** What somebody is given to sign their own requests with. */
export interface HandedOut {
  connectionId: Connection['id'];
  integration: string;
  method: AuthMethodKind;
  /**
   * By field name, as entered; of token methods `access_token` alone, never what it is renewed with; where a role is taken on its
   * `access_key_id`, `secret_access_key` and `session_token`.
   */
  credentials: Secret<Readonly<Record<string, string>>>;
  /** When to ask again at the latest; null: not known. */
  expiresAt: Date | null;
}

/** Whoever is handed a token can work with it for so long before they must ask again. */
const LEAST_TOKEN_SECONDS = 300;

/**
 * Those who come while others are written down make the next group, so that a commit serves many. Two at a time: one is worked
 * on here while the database has the other; and no larger than what makes a commit cheap, or all would wait for the same one.
 */
const GROUPS = { atOnce: 2, most: 32 };

/**
 * Hands a credential out of Keyrail: the one way a secret gets there. Written down before it happens, so that there is no
 * reading that nobody can find later; where it cannot be written down, nothing is handed out. Those who ask at the same time
 * are written down in one transaction.
 */
export function createHandOut(deps: Deps): (who: Who, id: string) => Promise<HandedOut> {
  const gathers = new Map<string, (ask: Ask) => Promise<Sought>>();
  return async (who, id) => {
    let writtenDown = gathers.get(who.workspaceId);
    if (writtenDown === undefined) {
      // They hold nothing while nobody asks, so forgetting them is no loss.
      if (gathers.size >= MOST_WORKSPACES) gathers.clear();
      writtenDown = createGather((asks) => writeDown(deps, who.workspaceId, asks), GROUPS);
      gathers.set(who.workspaceId, writtenDown);
    }
    const written = await writtenDown({ who, id });
    if (written.kind === 'refused') throw written.error;
    return handOut(deps, written);
  };
}

const MOST_WORKSPACES = 1_000;

async function handOut(deps: Deps, { connection, stored, known }: Found): Promise<HandedOut> {
  const { id, workspaceId, integration, expiresAt } = connection;
  const shared = { connectionId: id, integration, method: known.method.type };
  if (usesTokens(known.method, stored.fields)) {
    const owner = { workspaceId, connectionId: id, credentialVersion: stored.version };
    const { accessToken, expiresAt: end } = tokenOf(await deps.tokens.fresh(owner, LEAST_TOKEN_SECONDS));
    const credentials = new Secret(tokenFields(known.method, accessToken));
    return { ...shared, credentials, expiresAt: end };
  }
  const opened = await openStored(deps, workspaceId, id, stored);
  if (opened.kind === 'opened') return { ...shared, credentials: asEntered(opened.values), expiresAt };
  await reportDamaged(deps, workspaceId, id, stored.version);
  throw broken('unreadable', 'The stored credentials can no longer be read. Enter them again.');
}

/** What a token is used as: keys of a role have three parts, by the names they would be entered under. */
function tokenFields(method: AuthMethod, token: Secret<string>): Readonly<Record<string, string>> {
  const isKeys = method.type === 'service_account' && method.kind === 'aws_access_key';
  return isKeys ? sessionKeyFields(token.reveal()) : { access_token: token.reveal() };
}

/** Without what we added for ourselves. */
function asEntered(values: Secret<Readonly<Record<string, string>>>): HandedOut['credentials'] {
  const { [ADDRESS_STAMP]: _, ...entered } = values.reveal();
  return new Secret(entered);
}

interface Ask {
  who: Who;
  id: string;
}

/** What they ask for, each with its entry, in the order of the asks. */
async function writeDown(
  { transact, catalogs }: Deps,
  workspaceId: string,
  asks: readonly Ask[],
): Promise<readonly Sought[]> {
  const catalog = await catalogs.of(workspaceId);
  return transact(workspaceId, async (tx) => {
    const ids = [...new Set(asks.map(({ id }) => id))];
    const there = await findReadable(tx, workspaceId, ids);
    const sought = asks.map((ask) => find(catalog, ask, there.get(ask.id) ?? null));
    const found = sought.flatMap((one) => (one.kind === 'found' ? [one] : []));
    await recordAll(
      tx,
      found.map(({ who, connection, stored }) => entryOf(who, connection, stored)),
    );
    return sought;
  });
}

interface Found {
  kind: 'found';
  who: Who;
  connection: Readable;
  stored: NonNullable<Readable['stored']>;
  known: MethodInUse;
}

type Sought = Found | { kind: 'refused'; error: AppError };

/** One that is refused is so for itself: others are written down with it. */
function find(catalog: Catalog, { who }: Ask, there: Readable | null): Sought {
  try {
    const connection = seen(who, there);
    const { stored, status } = connection;
    if (status === 'disconnected' || stored === null) {
      throw new AppError('connection_missing', { detail: 'It is disconnected: there are no credentials.' });
    }
    if (isBroken(status)) throw broken(status, connection.statusReason ?? 'Reconnect it.');
    const known = methodOf(catalog, { integration: connection.integration, methodId: stored.methodId });
    if (known === null)
      throw goneFromCatalog(catalog, { integration: connection.integration, methodId: stored.methodId });
    return { kind: 'found', who, connection, stored, known };
  } catch (error) {
    if (error instanceof AppError) return { kind: 'refused', error };
    throw error;
  }
}

function tokenOf(outcome: TokenOutcome) {
  if (outcome.kind === 'token') return outcome.token;
  throw withoutToken(outcome);
}

function withoutToken(outcome: NoToken): AppError {
  switch (outcome.kind) {
    case 'in_progress':
      return new AppError('token_refresh_in_progress', { retryAfterSeconds: outcome.retryAfterSeconds });
    case 'not_now':
    case 'setup_rejected':
      return new AppError('unavailable', {
        reason: outcome.kind,
        detail: 'The access token has run out and could not be renewed yet; it is tried again by itself.',
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
    case 'ended':
      return broken(outcome.because, 'Access has ended. Reconnect it.');
    case 'unreadable':
      return broken(outcome.kind, 'The stored access can no longer be read. Reconnect it.');
  }
}

function broken(reason: string, detail: string): AppError {
  return new AppError('connection_broken', { reason, detail });
}
