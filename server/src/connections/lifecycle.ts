import { record } from '../audit/record.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Tokens } from '../tokens/token.ts';
import type { Who } from '../workspaces/who.ts';
import { tellHealed } from './check.ts';
import { type Connection, isHealthy } from './connection.ts';
import { changeConnection, clearDefault, deleteConnection, hasOthers } from './connection-store.ts';
import { destroy } from './credential-store.ts';
import { changeDatesIn, type GivenDates } from './dates.ts';
import { insertEvent } from './event-store.ts';
import { getConnection, takeConnection } from './find.ts';
import { renameIn } from './rename.ts';
import { disconnected } from './status.ts';
import { tellPutAway } from './tell-status.ts';
import { grantEndOf } from './verify.ts';
import type { Withdrawals } from './withdrawals/withdrawals.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
  withdrawals: Pick<Withdrawals, 'givingUp'>;
}

interface EditDeps {
  catalogs: Catalogs;
  tokens: Pick<Tokens, 'facts'>;
}

/** What of a connection is no credential: its name, and the dates people keep of it. */
export interface Edit {
  name: string | undefined;
  dates: GivenDates;
}

export async function edit(
  deps: Deps & EditDeps,
  who: Who,
  id: string,
  { name, dates }: Edit,
  version: number | null,
): Promise<void> {
  const hasDates = dates.endsAt !== undefined || dates.rotateAt !== undefined;
  if (name === undefined && !hasDates) return;
  const catalog = await deps.catalogs.of(who.workspaceId);
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id, version);
    const at = deps.clock.now();
    if (name !== undefined) await renameIn(tx, who, before, name, at);
    if (!hasDates) return;
    const known = {
      name: catalog.entry(before.integration)?.name ?? before.integration,
      grantEnd: await grantEndOf(deps, tx, before),
      at,
    };
    await changeDatesIn(tx, who, before, dates, known);
  });
}

/** From now on everything that says "the default" uses this one. */
export async function makeDefault(deps: Deps, who: Who, id: string): Promise<void> {
  const at = deps.clock.now();
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id);
    if (before.isDefault) return;
    await clearDefault(tx, who.workspaceId, before.integration);
    await markDefault(tx, who, before, at);
  });
}

async function markDefault(tx: Tx, who: Who, before: Connection, at: Date): Promise<void> {
  await changeConnection(tx, before, { isDefault: true }, { now: at, byPerson: true });
  await insertEvent(tx, before, { kind: 'made_default', message: 'Set as default.', actor: who.label, at });
  await recordDeed(tx, who, before, 'made_default');
  if (isHealthy(before.status)) await tellHealed(tx, before);
}

/** The secrets are destroyed; name, place and what uses it stay, so that new credentials heal everything. */
export async function disconnect(deps: Deps, who: Who, id: string): Promise<void> {
  const at = deps.clock.now();
  const giveUp = await deps.withdrawals.givingUp(who.workspaceId);
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id);
    if (before.status === 'disconnected') return;
    await giveUp(tx, before, ['current', 'previous'], 'disconnected');
    await destroy(tx, before, ['pending', 'current', 'previous'], at);
    const statusReason = `Disconnected by ${who.label}. Reconnect it to use it again.`;
    await changeConnection(tx, before, disconnected(statusReason, at), { now: at, byPerson: true });
    const message = 'Disconnected. The stored credentials were destroyed.';
    await insertEvent(tx, before, { kind: 'disconnected', message, actor: who.label, at });
    await tellPutAway(tx, before, at);
    await recordDeed(tx, who, before, 'disconnected');
  });
}

/** The replaced credential does not wait for the end of its time: it may be known to somebody. */
export async function destroyPrevious(
  deps: Deps,
  who: Who,
  id: string,
  version: number | null,
): Promise<void> {
  const at = deps.clock.now();
  const giveUp = await deps.withdrawals.givingUp(who.workspaceId);
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id, version);
    if (before.previousCredential === null) throw noPrevious();
    await giveUp(tx, before, ['previous'], 'replaced');
    await destroy(tx, before, ['previous'], at);
    await changeConnection(tx, before, {}, { now: at, byPerson: true });
    const message = 'The replaced credentials were destroyed.';
    await insertEvent(tx, before, { kind: 'previous_destroyed', message, actor: who.label, at });
    await recordDeed(tx, who, before, 'previous_destroyed');
  });
}

function noPrevious(): AppError {
  return new AppError('conflict', {
    reason: 'no_previous_credential',
    detail: 'There are no replaced credentials. Nothing was changed.',
  });
}

/**
 * Gone for good, with its secrets and its timeline; the audit log keeps that it was there. Where it is the default and
 * there are others, somebody has to say which becomes it: what uses "the default" must not change its account unasked.
 */
export async function remove(
  deps: Deps,
  who: Who,
  id: string,
  { newDefault, version }: { newDefault: string | undefined; version: number | null },
): Promise<void> {
  const at = deps.clock.now();
  const giveUp = await deps.withdrawals.givingUp(who.workspaceId);
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id, version);
    const heir = newDefault === undefined ? null : await heirOf(tx, who, before, newDefault);
    if (before.isDefault && heir === null && (await hasOthers(tx, before))) throw heirNeeded(before);
    await giveUp(tx, before, ['current', 'previous'], 'deleted');
    await deleteConnection(tx, who.workspaceId, before.id);
    await tellPutAway(tx, before, at);
    await recordDeed(tx, who, before, 'deleted');
    if (before.isDefault && heir !== null) await markDefault(tx, who, heir, at);
  });
}

/** Its integration is locked already, and with it who is the default. */
async function heirOf(tx: Tx, who: Who, before: Connection, id: string): Promise<Connection> {
  const heir = await getConnection(tx, who, id).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
  if (heir !== null && heir.integration === before.integration && heir.id !== before.id) return heir;
  throw new AppError('invalid_input', {
    fields: [{ path: 'new_default', message: 'Must be another connection of the same integration.' }],
  });
}

function heirNeeded({ name }: Connection): AppError {
  return new AppError('conflict', {
    reason: 'new_default_needed',
    detail: `“${name}” is the default, and there are other connections. Say which becomes the default: new_default=con_…. Nothing was deleted.`,
  });
}

async function recordDeed(
  tx: Tx,
  who: Who,
  { id, name, integration }: Connection,
  deed: string,
): Promise<void> {
  const subject = { kind: 'connection', id, name };
  await record(tx, { who, action: `connection.${deed}`, subject, detail: { integration } });
}
