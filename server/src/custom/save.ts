import type { CustomDefinition } from '@keyrail/contract/custom';
import type { CustomIntegrationId } from '@keyrail/contract/ids';
import { record } from '../audit/record.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { nameKey, tidyName } from '../connections/name.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { type AddressDeps, checkAddresses } from './addresses.ts';
import type { CustomIntegration } from './custom-integration.ts';
import { readDescribed } from './read-described.ts';
import { freeSlug } from './slug.ts';
import { insertCustom, lockCustom, takenCustom } from './store.ts';

export interface SaveDeps extends AddressDeps {
  transact: Transact;
  clock: Clock;
  catalogs: Catalogs;
}

const MAX_OF_WORKSPACE = 200;

/** `notes`: what could not be found out while saving. */
export interface Saved {
  saved: CustomIntegration;
  notes: string[];
}

/** Saves a new one. Throws `invalid_input` with every place that is not right, or `egress_denied`. */
export async function create(deps: SaveDeps, who: Who, wanted: CustomDefinition): Promise<Saved> {
  refuseBound(who);
  const { described, notes } = await fit(deps, wanted);
  const at = deps.clock.now();
  const saved = await deps.transact(who.workspaceId, async (tx) => {
    await lockCustom(tx, who.workspaceId);
    const taken = await takenCustom(tx, who.workspaceId);
    if (taken.size >= MAX_OF_WORKSPACE)
      throw new AppError('conflict', {
        reason: 'too_many',
        detail: `A workspace has at most ${MAX_OF_WORKSPACE} custom integrations. Delete one first.`,
      });
    if (taken.has(nameKey(described.name))) throw nameTaken(described.name);
    const made: CustomIntegration = {
      id: newId<CustomIntegrationId>('cus'),
      workspaceId: who.workspaceId,
      slug: freeSlug(described.name, new Set(taken.values())),
      described,
      addressStamp: newId('adr'),
      version: 1,
      createdBy: who.label,
      createdAt: at,
      updatedBy: who.label,
      updatedAt: at,
    };
    await insertCustom(tx, made, nameKey(described.name));
    await note(tx, who, made, 'created');
    return made;
  });
  return { saved, notes };
}

/** The description as it may be saved: every place checked, addresses as they will be called. */
export async function fit(
  deps: AddressDeps,
  wanted: CustomDefinition,
): Promise<{ described: CustomDefinition; notes: string[] }> {
  const { described, notes } = await checkAddresses(deps, { ...wanted, name: tidyName(wanted.name) });
  const read = readDescribed(described, 'custom-new', 'new');
  if (read.kind === 'problems')
    throw new AppError('invalid_input', { detail: read.fields[0]?.message ?? '', fields: read.fields });
  return { described, notes };
}

/** A token for certain connections says nothing about where their secrets, or those of others, go. */
export function refuseBound(who: Who): void {
  if (who.connectionIds === null) return;
  throw new AppError('forbidden', {
    detail: 'This token is bound to certain connections and cannot describe integrations.',
  });
}

export function nameTaken(name: string): AppError {
  const message = `There is a custom integration named “${name}” already. Choose another name.`;
  return new AppError('conflict', {
    reason: 'name_taken',
    detail: message,
    fields: [{ path: 'name', message }],
  });
}

export async function note(
  tx: Tx,
  who: Who,
  { id, slug, described }: CustomIntegration,
  deed: string,
  detail: Record<string, string | number | boolean | string[]> = {},
): Promise<void> {
  const subject = { kind: 'custom_integration', id, name: described.name };
  await record(tx, {
    who,
    action: `custom_integration.${deed}`,
    subject,
    detail: { integration: slug, ...detail },
  });
}
