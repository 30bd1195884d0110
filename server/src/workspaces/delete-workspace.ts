import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import { endEverybodysAccess, lockWorkspaceName } from './delete-workspace-store.ts';
import { lockMembers } from './member-store.ts';
import { roleNow } from './members.ts';
import type { Who } from './who.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
}

/**
 * From the end of this transaction on nobody is in the workspace any more: no member, no API token, no invitation. `then` runs
 * in it; what is left of the workspace goes afterwards. People keep their accounts.
 */
export async function closeWorkspace(
  { transact, clock }: Deps,
  who: Who,
  typedName: string,
  then: (tx: Tx) => Promise<void>,
): Promise<{ name: string }> {
  if (who.tokenId !== null)
    throw new AppError('forbidden', {
      detail: 'Only an owner who is signed in can delete a workspace; no API token can.',
    });
  return transact(who.workspaceId, async (tx) => {
    const name = await lockWorkspaceName(tx, who.workspaceId);
    const members = await lockMembers(tx, who.workspaceId, [who.userId]);
    if (name === null) throw new AppError('not_found');
    if (roleNow(members, who) !== 'owner')
      throw new AppError('forbidden', { detail: 'Only an owner can delete the workspace.' });
    if (typedName.normalize('NFC') !== name.normalize('NFC'))
      throw new AppError('invalid_input', {
        fields: [{ path: 'name', message: 'Must be the name of the workspace, exactly as it is written.' }],
      });
    await endEverybodysAccess(tx, who.workspaceId, clock.now());
    await then(tx);
    return { name };
  });
}
