import type { Verdict } from '@keyrail/contract/verdicts';
import { record } from '../audit/record.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { AppError } from '../lib/app-error.ts';
import type { Secret } from '../lib/secret.ts';
import type { Tx } from '../lib/tx.ts';
import { seal } from '../vault/seal.ts';
import type { SealedRecord } from '../vault/sealed-record.ts';
import type { Who } from '../workspaces/who.ts';
import { changeAfter, tellHealed } from './check.ts';
import { type Accepted, checkEntered } from './check-entered.ts';
import { type ConnectDeps, type Entered, keepMinted } from './connect.ts';
import { type Connection, isHealthy } from './connection.ts';
import { changeConnection } from './connection-store.ts';
import { credentialPlace, credentialText } from './credential.ts';
import { demoteCurrent, findCredential, insertCurrent, NO_DATES, nextVersion } from './credential-store.ts';
import { enteredDates, type GivenDates } from './dates.ts';
import { insertEvent, type NewEvent } from './event-store.ts';
import { getConnection, refuseStale, takeConnection } from './find.ts';
import { fingerprintOf } from './fingerprint.ts';
import { chooseMethod, fileGone, type MethodInUse, methodOf } from './method.ts';
import { renameIn } from './rename.ts';
import { tellReplaced } from './tell-status.ts';
import type { GiveUp } from './withdrawals/withdraw.ts';

export interface Replacement {
  credentials: Entered;
  saveUnverified: boolean;
  /** A new name in the same step. */
  name: string | undefined;
  /** Whether people read "replaced" or "reconnected" in the timeline. */
  as: 'rotated' | 'reconnected';
  /** Another method of the same integration, by id or kind; the one it has when left out. */
  method: string | undefined;
  /** The credentials may belong to another account than before. */
  acceptOtherAccount: boolean;
  /** For how long the old ones can be rolled back to; 0: they are destroyed at once. */
  keepPreviousMs: number;
  /** Of the new ones; left out: none is known. */
  dates?: GivenDates;
}

/**
 * New credentials for a connection that is there. They are checked first, and rejected ones leave no trace; then
 * they become current in one step, and the old ones stay as previous for a time. Calls under way with the old ones
 * end as they began; what was refused meanwhile finds the new version.
 */
export async function replaceCredentials(
  deps: ConnectDeps,
  who: Who,
  id: string,
  replacement: Replacement,
  version: number | null,
): Promise<{ verdict: Verdict; notes: string[] }> {
  const existing = await deps.transact(who.workspaceId, (tx) => getConnection(tx, who, id));
  refuseStale(existing, version);
  const known = methodFor(await deps.catalogs.of(who.workspaceId), existing, replacement.method);
  const { credentials, saveUnverified, acceptOtherAccount } = replacement;
  const { workspaceId } = who;
  const entering = { workspaceId, ...known, credentials, saveUnverified, acceptOtherAccount, existing };
  const accepted = await checkEntered(deps, entering);
  const fingerprint = fingerprintOf(deps.keyedHash, workspaceId, accepted.entered.secrets);
  const giveUp = await deps.withdrawals.givingUp(workspaceId);
  await storeAsCurrent(deps, who, id, accepted.entered.values, async (tx, next) => {
    const before = await takeConnection(tx, who, id, version);
    const methodId = methodIdOf(known.method);
    const { fields, hint, facts, expiresAt } = accepted.entered;
    const method = known.method.type;
    // Dates belong to the credential they were entered for.
    const dates = enteredDates(replacement.dates ?? {}, NO_DATES, accepted.at);
    const stored = { ...next, method, methodId, fields, hint, fingerprint, facts, expiresAt, dates };
    const checked = changeAfter(deps.settings, null, {
      ...accepted,
      ...known,
      expiresAt: accepted.entered.expiresAt,
      endsAt: dates.endsAt,
    });
    const change = { ...checked, method, methodId, fields, hint };
    if (replacement.name !== undefined) await renameIn(tx, who, before, replacement.name, accepted.at);
    const message = messageOf(replacement.as, accepted);
    const event = { kind: replacement.as, message, actor: who.label, at: accepted.at };
    const { keepPreviousMs } = replacement;
    await makeCurrent(tx, who, before, { stored, change, event, keepPreviousMs, giveUp });
    await keepMinted(deps, tx, { workspaceId, id, version: next.version }, accepted.minted);
  });
  return { verdict: accepted.verdict, notes: accepted.notes };
}

/** The method it has, or the one it is to have from now on; of a method that is gone from its file, another one of its kind. */
function methodFor(catalog: Catalog, existing: Connection, asked: string | undefined): MethodInUse {
  const { integration, method: kind } = existing;
  if (catalog.get(integration) === undefined) throw fileGone(integration);
  const own = asked === undefined ? methodOf(catalog, existing) : null;
  const known = own ?? chooseMethod(catalog, integration, asked ?? kind);
  if (known.method.type !== 'oauth2') return known;
  throw new AppError('invalid_input', {
    fields: [{ path: 'credentials', message: `Sign in to ${known.definition.name} again instead.` }],
  });
}

interface NewCurrent {
  stored: Parameters<typeof insertCurrent>[2];
  change: Parameters<typeof changeConnection>[2];
  event: NewEvent;
  /** For how long the one before can be rolled back to; 0: it is destroyed at once. */
  keepPreviousMs: number;
  /** What is destroyed by it is withdrawn at the provider. */
  giveUp: GiveUp;
}

/** Inside one transaction: the old credential steps back, the new one stands in its place, and everybody is told. */
export async function makeCurrent(
  tx: Tx,
  who: Who,
  before: Connection,
  { stored, change, event, keepPreviousMs, giveUp }: NewCurrent,
): Promise<void> {
  const { at } = event;
  const destroyAfter = keepPreviousMs === 0 ? null : new Date(at.getTime() + keepPreviousMs);
  const replaced = await findCredential(tx, before, 'current');
  await giveUp(tx, before, destroyAfter === null ? ['current', 'previous'] : ['previous'], 'replaced');
  await demoteCurrent(tx, before, at, destroyAfter);
  await insertCurrent(tx, before, stored, { at, byLabel: who.label });
  // A refusal of the old credential says nothing about this one.
  await changeConnection(tx, before, { ...change, reportedAt: null }, { now: at, byPerson: true });
  await insertEvent(tx, before, event);
  await record(tx, {
    who,
    action: `connection.${event.kind}`,
    subject: { kind: 'connection', id: before.id, name: before.name },
    detail: {
      credential_version: stored.version,
      fingerprint: stored.fingerprint,
      fingerprint_before: replaced?.fingerprint ?? null,
    },
  });
  const status = change.status ?? before.status;
  await tellReplaced(tx, before, status, at);
  if (!isHealthy(before.status) && isHealthy(status)) await tellHealed(tx, before);
}

const ATTEMPTS = 5;

/**
 * Seals under the next version, which is part of what is authenticated, and hands it to `store` inside a
 * transaction. Where somebody else took that version meanwhile, it is sealed again under the one after.
 */
export async function storeAsCurrent(
  deps: Pick<ConnectDeps, 'transact' | 'keyring'>,
  who: Who,
  id: string,
  values: Secret<Entered>,
  store: (tx: Tx, next: { version: number; sealed: SealedRecord }) => Promise<void>,
): Promise<void> {
  const owner = { workspaceId: who.workspaceId, id };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const version = await deps.transact(who.workspaceId, (tx) => nextVersion(tx, owner));
    const sealed = await seal(deps, credentialPlace(who.workspaceId, id, version), credentialText(values));
    const isStored = await deps.transact(who.workspaceId, async (tx) => {
      await takeConnection(tx, who, id);
      if ((await nextVersion(tx, owner)) !== version) return false;
      await store(tx, { version, sealed });
      return true;
    });
    if (isStored) return;
  }
  throw new AppError('conflict', { detail: 'Others change this connection at the same time. Try again.' });
}

function messageOf(as: Replacement['as'], { verdict }: Accepted): string {
  return `${as === 'rotated' ? 'Credentials replaced' : 'Reconnected'}. ${verdict.message}`;
}
