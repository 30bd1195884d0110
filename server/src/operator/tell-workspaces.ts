import { record } from '../audit/record.ts';
import type { Definition } from '../catalog/definition.ts';
import { setupWorks } from '../connections/setup-changed.ts';
import type { Tx } from '../lib/tx.ts';
import { letGo } from '../notices/raise.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import type { TokenOwner } from '../tokens/mint.ts';
import { clearRetry } from '../tokens/token-store.ts';
import type { OperatorDeps } from './command.ts';

/**
 * Owners find what was done to a setup of the operator's in the audit log of their workspace, wherever it holds; and what
 * waited for a setup that was wrong goes on there.
 */
export async function tellWorkspaces(
  { db, clock }: OperatorDeps,
  { slug, name }: Pick<Definition, 'slug' | 'name'>,
  deed: 'created' | 'changed' | 'rotated' | 'rolled_back' | 'previous_destroyed' | 'deleted',
  detail: Record<string, boolean>,
): Promise<void> {
  for (const workspaceId of await createOperatorAppStore(db.system).workspacesUnder(slug)) {
    await db.transact(workspaceId, async (tx) => {
      await setupWorks({ tokens: { tryAgain }, clock }, tx, workspaceId, slug);
      if (deed === 'deleted')
        await letGo(tx, { workspaceId, subject: { kind: 'sign_in_setup', id: slug }, at: clock.now() });
      await record(tx, {
        who: { workspaceId, system: 'operator' },
        action: `oauth_app.${deed}`,
        subject: { kind: 'oauth_app', id: slug, name },
        detail: { integration: slug, set_up_by: 'operator', ...detail },
      });
    });
  }
}

async function tryAgain(tx: Tx, owners: readonly TokenOwner[]): Promise<void> {
  for (const owner of owners) await clearRetry(tx, owner);
}
