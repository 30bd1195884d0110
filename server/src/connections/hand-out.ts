import type { AuthMethodKind } from '@keyrail/contract/integrations';
import { record } from '../audit/record.ts';
import { usesTokens } from '../auth-methods/apply.ts';
import { ADDRESS_STAMP } from '../catalog/base-url.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { Transact } from '../lib/tx.ts';
import type { NoToken, TokenOutcome, Tokens } from '../tokens/token.ts';
import type { Keyring } from '../vault/keyring.ts';
import type { Who } from '../workspaces/who.ts';
import { type Connection, isBroken } from './connection.ts';
import { openStored } from './credential.ts';
import { findCredential, type StoredCredential } from './credential-store.ts';
import { insertEvent } from './event-store.ts';
import { getConnection } from './find.ts';
import { goneFromCatalog, methodOf } from './method.ts';
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
  /** By field name, as entered; of token methods `access_token` alone, never what it is renewed with. */
  credentials: Secret<Readonly<Record<string, string>>>;
  /** When to ask again at the latest; null: not known. */
  expiresAt: Date | null;
}

/** Whoever is handed a token can work with it for so long before they must ask again. */
const LEAST_TOKEN_SECONDS = 300;

/**
 * Hands a credential out of Keyrail: the one way a secret gets there. Written down before it happens, so that there is no
 * reading that nobody can find later; where it cannot be written down, nothing is handed out.
 */
export async function handOut(deps: Deps, who: Who, id: string): Promise<HandedOut> {
  const { connection, stored } = await writeDown(deps, who, id);
  const { workspaceId, integration, expiresAt } = connection;
  const known = methodOf(await deps.catalogs.of(workspaceId), { ...connection, methodId: stored.methodId });
  if (known === null) throw goneFromCatalog(integration);
  const shared = { connectionId: connection.id, integration, method: known.method.type };
  if (usesTokens(known.method)) {
    const owner = { workspaceId, connectionId: id, credentialVersion: stored.version };
    const { accessToken, expiresAt: end } = tokenOf(await deps.tokens.fresh(owner, LEAST_TOKEN_SECONDS));
    const credentials = new Secret({ access_token: accessToken.reveal() });
    return { ...shared, credentials, expiresAt: end };
  }
  const opened = await openStored(deps, workspaceId, id, stored);
  if (opened.kind === 'opened') return { ...shared, credentials: asEntered(opened.values), expiresAt };
  await reportDamaged(deps, workspaceId, id, stored.version);
  throw broken('unreadable', 'The stored credentials can no longer be read. Enter them again.');
}

/** Without what we added for ourselves. */
function asEntered(values: Secret<Readonly<Record<string, string>>>): HandedOut['credentials'] {
  const { [ADDRESS_STAMP]: _, ...entered } = values.reveal();
  return new Secret(entered);
}

async function writeDown(
  { transact, clock }: Deps,
  who: Who,
  id: string,
): Promise<{ connection: Connection; stored: StoredCredential }> {
  return transact(who.workspaceId, async (tx) => {
    const connection = await getConnection(tx, who, id);
    const stored = await findCredential(tx, connection, 'current');
    if (connection.status === 'disconnected' || stored === null) {
      throw new AppError('connection_missing', { detail: 'It is disconnected: there are no credentials.' });
    }
    if (isBroken(connection.status)) {
      throw broken(connection.status, connection.statusReason ?? 'Reconnect it.');
    }
    const message = 'The credentials were read through the API.';
    await insertEvent(tx, connection, {
      kind: 'credentials_read',
      message,
      actor: who.label,
      at: clock.now(),
    });
    await record(tx, {
      who,
      action: 'connection.credentials_read',
      subject: { kind: 'connection', id, name: connection.name },
      detail: {
        integration: connection.integration,
        credential_version: stored.version,
        fingerprint: stored.fingerprint,
      },
    });
    return { connection, stored };
  });
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
