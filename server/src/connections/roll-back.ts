import type { Verdict } from '@keyrail/contract/verdicts';
import { AppError } from '../lib/app-error.ts';
import type { Secret } from '../lib/secret.ts';
import type { Tx } from '../lib/tx.ts';
import type { Tokens } from '../tokens/token.ts';
import type { Who } from '../workspaces/who.ts';
import { changeAfter } from './check.ts';
import { type CheckedValues, checkValues } from './check-entered.ts';
import type { ConnectDeps, Entered } from './connect.ts';
import type { Connection } from './connection.ts';
import type { CredentialDoor } from './credential.ts';
import { findCredential, type StoredCredential } from './credential-store.ts';
import { getConnection, refuseStale, takeConnection } from './find.ts';
import { goneFromCatalog, type MethodInUse, methodOf } from './method.ts';
import { makeCurrent, storeAsCurrent } from './replace.ts';
import { type Access, missingScopes } from './scopes.ts';
import { askedScopesOf, saveAskedScopes } from './sign-in/asked-scopes-store.ts';
import { verdictOf } from './verdict.ts';

interface Deps extends ConnectDeps {
  door: Pick<CredentialDoor, 'reopen' | 'sourceOf'>;
  tokens: Pick<Tokens, 'put' | 'move' | 'facts'>;
}

/**
 * The credential before the last change becomes current again, as a new version (versions only grow), and the one
 * it replaces can be rolled back to in turn. It is checked like any other: where the provider no longer takes it,
 * nothing changes. Where the provider cannot be asked, it is taken as it is: it worked before.
 */
export async function rollBack(deps: Deps, who: Who, id: string, version: number | null): Promise<Verdict> {
  const { connection, previous, access } = await deps.transact(who.workspaceId, async (tx) => {
    const found = await getConnection(tx, who, id);
    const before = await findCredential(tx, found, 'previous');
    const given = before === null ? null : await accessOf(deps, tx, ownerOf(found, before));
    return { connection: found, previous: before, access: given };
  });
  refuseStale(connection, version);
  const until = connection.previousCredential?.destroyAfter;
  const isOver = until === undefined || until <= deps.clock.now();
  if (previous === null || isOver || connection.status === 'disconnected') throw nothingThere();
  const catalog = await deps.catalogs.of(who.workspaceId);
  const { integration } = connection;
  const known = methodOf(catalog, { integration, methodId: previous.methodId });
  if (known === null) throw goneFromCatalog(catalog, { integration, methodId: previous.methodId });
  const values = await reopened(deps, connection, previous);
  const checked = await checkValues(
    deps,
    {
      workspaceId: who.workspaceId,
      ...known,
      saveUnverified: true,
      existing: connection,
      source: deps.door.sourceOf({ workspaceId: who.workspaceId, connectionId: id }, previous, known, values),
    },
    { values, fields: previous.fields, notes: [] },
  );
  const accepted = access === null ? checked : withoutScopes(checked, known, access);
  const giveUp = await deps.withdrawals.givingUp(who.workspaceId);
  await storeAsCurrent(deps, who, id, values, async (tx, next) => {
    const before = await takeConnection(tx, who, id, version);
    // Destroyed or replaced while the provider was asked.
    if ((await findCredential(tx, before, 'previous'))?.version !== previous.version) throw nothingThere();
    const { methodId, fields, hint } = previous;
    const change = {
      ...changeAfter(deps.settings, null, {
        ...accepted,
        ...known,
        expiresAt: previous.expiresAt ?? null,
        endsAt: previous.dates?.endsAt ?? null,
      }),
      method: known.method.type,
      methodId,
      fields,
      hint,
    };
    // Before the old version is gone, and its tokens with it.
    await deps.tokens.move(tx, ownerOf(before, previous), next.version);
    await makeCurrent(tx, who, before, {
      stored: { ...previous, ...next },
      change,
      event: eventOf(who, accepted),
      keepPreviousMs: deps.settings.keepPreviousMs,
      giveUp,
    });
    if (access !== null) await saveAskedScopes(tx, ownerOf(before, next), access.asked);
  });
  return accepted.verdict;
}

function ownerOf({ workspaceId, id }: Connection, { version }: Pick<StoredCredential, 'version'>) {
  return { workspaceId, connectionId: id, credentialVersion: version };
}

/** Of what somebody signed in for; null: nobody did. */
async function accessOf(
  { tokens }: Pick<Deps, 'tokens'>,
  tx: Tx,
  owner: ReturnType<typeof ownerOf>,
): Promise<Access | null> {
  const asked = await askedScopesOf(tx, owner);
  if (asked === null) return null;
  const facts = await tokens.facts(tx, owner.workspaceId, [owner]);
  return { asked, granted: facts.get(owner.connectionId)?.scopes ?? null };
}

/** What was not granted when somebody signed in is missing still, however well the check goes. */
function withoutScopes(checked: CheckedValues, known: MethodInUse, access: Access): CheckedValues {
  const found = missingScopes(checked.found, known.definition, access);
  const { at } = checked;
  const verdict = verdictOf(found, { ...known, moment: 'entering', looksLike: null, otherAccount: null, at });
  return found === checked.found ? checked : { ...checked, found, verdict };
}

async function reopened(
  { door }: Deps,
  { workspaceId, id }: Connection,
  previous: StoredCredential,
): Promise<Secret<Entered>> {
  const values = await door.reopen({ workspaceId, connectionId: id }, previous);
  if (values !== null) return values;
  throw new AppError('conflict', {
    reason: 'unreadable',
    detail: 'The credentials from before can no longer be read. Nothing was changed.',
  });
}

function nothingThere(): AppError {
  return new AppError('conflict', {
    reason: 'no_previous_credential',
    detail: 'There are no credentials from before to go back to. Nothing was changed.',
  });
}

function eventOf(who: Who, { verdict, at }: CheckedValues) {
  const message = `Rolled back to the credentials from before. ${verdict.message}`;
  return { kind: 'rolled_back' as const, message, actor: who.label, at };
}
