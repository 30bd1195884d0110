import type { Verdict } from '@keyrail/contract/verdicts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import { requiredScopes } from '../oauth/renew.ts';
import type { Outbound } from '../outbound/call.ts';
import type { GrantEnd } from '../tokens/grant.ts';
import type { Tokens } from '../tokens/token.ts';
import type { Who } from '../workspaces/who.ts';
import { saveCheck } from './check.ts';
import { egressDenied } from './check-entered.ts';
import type { Connection } from './connection.ts';
import { changeConnection, findConnection, lockConnection } from './connection-store.ts';
import type { CredentialDoor } from './credential.ts';
import { getConnection } from './find.ts';
import { type MethodInUse, methodOf, misfitError } from './method.ts';
import { misfitOf } from './misfit.ts';
import { probe } from './probe.ts';
import { missingScopes } from './scopes.ts';
import type { ConnectionSettings } from './settings.ts';
import { settleFit } from './settle-fit.ts';
import { findAskedScopes } from './sign-in/asked-scopes-store.ts';
import { type Finding, verdictOf } from './verdict.ts';

export interface VerifyDeps {
  transact: Transact;
  outbound: Outbound;
  catalogs: Catalogs;
  clock: Clock;
  door: Pick<CredentialDoor, 'sourceForCheck'>;
  tokens: Pick<Tokens, 'facts'>;
  settings: ConnectionSettings;
  /** Of the processes that have read different files, this one has what there is now. */
  readLast(): Promise<boolean>;
}

/** Checks a saved connection because somebody asks, and writes down what came of it. */
export async function verify(deps: VerifyDeps, who: Who, id: string): Promise<Verdict> {
  const connection = await deps.transact(who.workspaceId, (tx) => getConnection(tx, who, id));
  if (connection.status === 'disconnected') {
    throw new AppError('connection_broken', {
      reason: 'disconnected',
      detail: `“${connection.name}” is disconnected. Reconnect it to use it again.`,
    });
  }
  const checked = await checkSaved(deps, connection, who);
  if (checked.kind === 'verdict') return checked.verdict;
  throw checked.error;
}

/** The same by itself: because it is due, or because a call was refused. Nobody waits for an answer. */
export async function verifyByItself(deps: VerifyDeps, workspaceId: string, id: string): Promise<void> {
  const connection = await deps.transact(workspaceId, (tx) => findConnection(tx, workspaceId, id));
  if (connection === null || connection.status === 'disconnected') return;
  const checked = await checkSaved(deps, connection, null);
  if (checked.kind === 'not_checked') await postpone(deps, connection);
}

type Checked = { kind: 'verdict'; verdict: Verdict } | { kind: 'not_checked'; error: AppError };

/** The token that was made for this check brought another address, or the credential was replaced meanwhile: the present one is checked. */
async function checkMoved(deps: VerifyDeps, before: Connection, who: Who | null): Promise<Checked> {
  const { workspaceId, id } = before;
  const now = await deps.transact(workspaceId, (tx) => findConnection(tx, workspaceId, id));
  if (now === null) return { kind: 'not_checked', error: changedMeanwhile(before) };
  return checkSaved(deps, now, who, true);
}

async function checkSaved(
  deps: VerifyDeps,
  connection: Connection,
  who: Who | null,
  isSecond = false,
): Promise<Checked> {
  const catalog = await deps.catalogs.of(connection.workspaceId);
  const misfit = misfitOf(catalog, connection);
  if (misfit !== connection.misfit && (await deps.readLast()))
    await settleFit(deps, connection.workspaceId, connection.id);
  const known = methodOf(catalog, connection);
  if (misfit !== null || known === null)
    return { kind: 'not_checked', error: misfitError(misfit ?? 'file_gone', catalog, connection) };
  const outcome = await probe(deps, {
    ...known,
    fields: connection.fields,
    credential: deps.door.sourceForCheck(connection.workspaceId, connection.id, connection.fields),
    workspaceId: connection.workspaceId,
    connectionId: connection.id,
    timeoutMs: deps.settings.checkTimeoutMs,
  });
  if (outcome.kind === 'egress_denied') {
    return { kind: 'not_checked', error: egressDenied(known.definition.name, outcome.reason) };
  }
  if (outcome.kind === 'no_credential') {
    if (outcome.because === 'moved' && !isSecond) return checkMoved(deps, connection, who);
    const error = outcome.because === 'unreadable' ? damaged() : changedMeanwhile(connection);
    return { kind: 'not_checked', error };
  }
  const found = await withoutScopes(deps, connection, known, outcome.finding);
  const at = deps.clock.now();
  const moment = 'saved';
  const verdict = verdictOf(found, { ...known, moment, looksLike: null, otherAccount: null, at });
  const isReplaced = await deps.transact(connection.workspaceId, async (tx) => {
    const now = await lockConnection(tx, connection.workspaceId, connection.id);
    // Replaced, disconnected or deleted while the provider was asked: the answer was about something that is gone.
    if (now?.credentialVersion !== connection.credentialVersion) return now?.credentialVersion != null;
    // The process that has the last word on files has none for this: what it said stands until it has.
    if (now.misfit !== null) {
      await putOff(tx, now, at, deps.settings.checkEveryMs);
      return false;
    }
    const grantEnd = await grantEndOf(deps, tx, now);
    await saveCheck(tx, deps.settings, now, { found, verdict, ...known, grantEnd, at }, who);
    return false;
  });
  // Whoever asked is told of what is in use now.
  return isReplaced && !isSecond ? checkMoved(deps, connection, who) : { kind: 'verdict', verdict };
}

export async function grantEndOf(
  { tokens }: Pick<VerifyDeps, 'tokens'>,
  tx: Tx,
  { workspaceId, id, credentialVersion }: Connection,
): Promise<GrantEnd | null> {
  if (credentialVersion === null) return null;
  const facts = await tokens.facts(tx, workspaceId, [{ connectionId: id, credentialVersion }]);
  return facts.get(id)?.grantEnd ?? null;
}

/** What was not granted when somebody signed in is missing still, however well the check goes. */
async function withoutScopes(
  { transact, tokens }: VerifyDeps,
  { workspaceId, id, credentialVersion }: Connection,
  { definition, method }: MethodInUse,
  found: Finding,
): Promise<Finding> {
  if (found.kind !== 'ok' || method.type !== 'oauth2' || credentialVersion === null) return found;
  const of = [{ connectionId: id, credentialVersion }];
  const [facts, asked] = await transact(workspaceId, async (tx) => [
    await tokens.facts(tx, workspaceId, of),
    await findAskedScopes(tx, workspaceId, [id]),
  ]);
  return missingScopes(found, definition, {
    asked: asked.get(id) ?? requiredScopes(method),
    granted: facts.get(id)?.scopes ?? null,
  });
}

function damaged(): AppError {
  return new AppError('connection_broken', {
    reason: 'unreadable',
    detail: 'The stored credentials of this connection can no longer be read. Enter them again.',
  });
}

function changedMeanwhile({ name }: Connection): AppError {
  return new AppError('conflict', {
    reason: 'changed_meanwhile',
    detail: `Somebody changed “${name}” while it was being checked. Check it again.`,
  });
}

/** What kept us from asking is on our side and does not go away in a minute. */
async function postpone(deps: VerifyDeps, connection: Connection): Promise<void> {
  const { transact, clock, settings } = deps;
  const now = clock.now();
  // Another process may have the files that this one lacks.
  const waitMs = (await deps.readLast()) ? settings.checkEveryMs : settings.checkGapMs;
  await transact(connection.workspaceId, (tx) => putOff(tx, connection, now, waitMs));
}

function putOff(tx: Tx, connection: Connection, now: Date, waitMs: number): Promise<void> {
  const nextCheckAt = new Date(now.getTime() + waitMs);
  return changeConnection(tx, connection, { nextCheckAt }, { now, byPerson: false });
}
