import { record } from '../audit/record.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { tellHealed } from './check.ts';
import { type Connection, isHealthy } from './connection.ts';
import { changeConnection, clearDefault, deleteConnection } from './connection-store.ts';
import { destroy } from './credential-store.ts';
import { insertEvent } from './event-store.ts';
import { takeConnection } from './find.ts';
import { renameIn } from './rename.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
}

export async function rename(
  deps: Deps,
  who: Who,
  id: string,
  name: string,
  version: number | null,
): Promise<void> {
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id, version);
    await renameIn(tx, who, before, name, deps.clock.now());
  });
}

/** From now on everything that says "the default" uses this one. */
export async function makeDefault(deps: Deps, who: Who, id: string): Promise<void> {
  const at = deps.clock.now();
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id);
    if (before.isDefault) return;
    await clearDefault(tx, who.workspaceId, before.integration);
    await changeConnection(tx, before, { isDefault: true }, { now: at, byPerson: true });
    await insertEvent(tx, before, { kind: 'made_default', message: 'Set as default.', actor: who.label, at });
    await recordDeed(tx, who, before, 'made_default');
    if (isHealthy(before.status)) await tellHealed(tx, before);
  });
}

/** The secrets are destroyed; name, place and what uses it stay, so that new credentials heal everything. */
export async function disconnect(deps: Deps, who: Who, id: string): Promise<void> {
  const at = deps.clock.now();
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id);
    if (before.status === 'disconnected') return;
    await destroy(tx, before, ['pending', 'current', 'previous'], at);
    const statusReason = `Disconnected by ${who.label}. Enter new credentials to use it again.`;
    const change = {
      status: 'disconnected',
      statusReason,
      statusSince: at,
      hint: null,
      nextCheckAt: null,
      checksMissed: 0,
    } as const;
    await changeConnection(tx, before, change, { now: at, byPerson: true });
    const message = 'Disconnected. The stored credentials were destroyed.';
    await insertEvent(tx, before, { kind: 'disconnected', message, actor: who.label, at });
    await recordDeed(tx, who, before, 'disconnected');
  });
}

/** Gone for good, with its secrets and its timeline; the audit log keeps that it was there. */
export async function remove(deps: Deps, who: Who, id: string): Promise<void> {
  await deps.transact(who.workspaceId, async (tx) => {
    const before = await takeConnection(tx, who, id);
    await deleteConnection(tx, who.workspaceId, before.id);
    await recordDeed(tx, who, before, 'deleted');
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
