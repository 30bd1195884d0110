import type { AffectedConnection, CustomDefinition } from '@keyrail/contract/custom';
import type { DependentsSource } from '../connections/dependents-source.ts';
import {
  connectionsOf,
  loseCredentials,
  removeAll,
  type WithDependents,
} from '../connections/lose-credentials.ts';
import { nameKey } from '../connections/name.ts';
import type { GiveUp } from '../connections/withdrawals/withdraw.ts';
import type { Withdrawals } from '../connections/withdrawals/withdrawals.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import type { CustomIntegration } from './custom-integration.ts';
import { tokenPlacesChanged, whyCredentialsEnd } from './destination.ts';
import { fit, nameTaken, note, refuseBound, type SaveDeps, type Saved } from './save.ts';
import { deleteCustom, findCustom, lockCustom, takenCustom, updateCustom } from './store.ts';

export interface ChangeDeps extends SaveDeps {
  dependents: DependentsSource;
  withdrawals: Pick<Withdrawals, 'givingUp'>;
  /** The one-time sign-in setup of an integration: its client secret goes to the token address. */
  setups: { forget(tx: Tx, workspaceId: string, integration: string): Promise<void> };
}

export interface Change {
  /** What is there replaces the whole member. */
  described: Partial<CustomDefinition>;
  /** The caller knows that credentials are destroyed by it. */
  isConfirmed: boolean;
  /** What the caller saw last (If-Match); null: whatever there is. */
  version: number | null;
}

export interface Changed extends Saved {
  credentialsKept: boolean;
}

/**
 * Changes one. Where the change would send secrets to another place, or asks for others than were entered, they are destroyed in
 * the same transaction: a secret entered for one address never reaches another.
 */
export async function change(deps: ChangeDeps, who: Who, slug: string, wanted: Change): Promise<Changed> {
  refuseBound(who);
  const { workspaceId } = who;
  const seen = required(await deps.transact(workspaceId, (tx) => findCustom(tx, workspaceId, slug)));
  refuseStale(seen, wanted.version);
  const { described, notes } = await fit(deps, { ...seen.described, ...wanted.described });
  const at = deps.clock.now();
  // At the addresses there were until now.
  const giveUp = await deps.withdrawals.givingUp(workspaceId);
  return deps.transact(workspaceId, async (tx) => {
    await lockCustom(tx, workspaceId);
    const before = required(await findCustom(tx, workspaceId, slug));
    // What was checked was made from what was seen.
    if (before.version !== seen.version) throw new AppError('edited_meanwhile');
    const key = nameKey(described.name);
    const other = (await takenCustom(tx, workspaceId)).get(key);
    if (other !== undefined && other !== slug) throw nameTaken(described.name);
    const because = whyCredentialsEnd(before.described, described);
    if (because !== null)
      await endCredentials({ ...deps, giveUp }, tx, who, before, described, because, wanted, at);
    const saved: CustomIntegration = {
      ...before,
      described,
      addressStamp: because === null ? before.addressStamp : newId('adr'),
      version: before.version + 1,
      updatedBy: who.label,
      updatedAt: at,
    };
    await updateCustom(tx, saved, key);
    const fields = Object.keys(wanted.described);
    await note(tx, who, saved, 'changed', { fields, credentials_kept: because === null });
    return { saved, notes, credentialsKept: because === null };
  });
}

async function endCredentials(
  deps: ChangeDeps & { giveUp: GiveUp },
  tx: Tx,
  who: Who,
  before: CustomIntegration,
  described: CustomDefinition,
  because: string,
  { isConfirmed }: Change,
  at: Date,
): Promise<void> {
  const found = await connectionsOf(deps, tx, who.workspaceId, before.slug);
  const holding = found.filter(({ connection }) => connection.status !== 'disconnected');
  if (holding.length > 0 && !isConfirmed)
    throw new AppError('conflict', {
      reason: 'credentials_would_be_lost',
      detail: `${because} The stored credentials of ${counted(holding.length)} would be destroyed. Send it again with "confirm": true.`,
      extra: { affected: holding.map(affected) },
    });
  await loseCredentials(deps, tx, who, before.slug, because, at);
  if (tokenPlacesChanged(before.described, described))
    await deps.setups.forget(tx, who.workspaceId, before.slug);
}

/** Gone for good, with its connections. Where there are some, only once the caller has seen what uses them. */
export async function remove(
  deps: ChangeDeps,
  who: Who,
  slug: string,
  { isConfirmed, version }: Pick<Change, 'isConfirmed' | 'version'>,
): Promise<void> {
  refuseBound(who);
  const { workspaceId } = who;
  const giveUp = await deps.withdrawals.givingUp(workspaceId);
  await deps.transact(workspaceId, async (tx) => {
    await lockCustom(tx, workspaceId);
    const before = required(await findCustom(tx, workspaceId, slug));
    refuseStale(before, version);
    const found = await connectionsOf(deps, tx, workspaceId, slug);
    if (found.length > 0 && !isConfirmed)
      throw new AppError('conflict', {
        reason: 'has_connections',
        detail: `${counted(found.length)} would be deleted with ${before.described.name}. Send it again with ?confirm=true.`,
        extra: { affected: found.map(affected) },
      });
    const connections = await removeAll({ giveUp }, tx, who, slug, deps.clock.now());
    await deps.setups.forget(tx, workspaceId, slug);
    await deleteCustom(tx, before);
    await note(tx, who, before, 'deleted', { connections });
  });
}

function counted(count: number): string {
  return count === 1 ? 'One connection' : `${count} connections`;
}

function affected({ connection, dependents }: WithDependents): AffectedConnection {
  return { id: connection.id, name: connection.name, dependents };
}

/** Foreign and unknown alike. */
export function required(found: CustomIntegration | null): CustomIntegration {
  if (found === null) throw new AppError('not_found');
  return found;
}

function refuseStale({ version }: CustomIntegration, expected: number | null): void {
  if (expected !== null && expected !== version) throw new AppError('edited_meanwhile');
}
