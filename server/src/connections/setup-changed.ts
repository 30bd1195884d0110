import type { Tx } from '../lib/tx.ts';
import type { Tokens } from '../tokens/token.ts';
import { signedInOwners } from './credential-store.ts';

/** The sign-in setup of an integration is another one now: renewals that it kept from working are tried again at once. */
export async function tryRenewalsAgain(
  { tokens }: { tokens: Pick<Tokens, 'tryAgain'> },
  tx: Tx,
  workspaceId: string,
  integration: string,
): Promise<void> {
  const owners = await signedInOwners(tx, workspaceId, integration);
  if (owners.length > 0) await tokens.tryAgain(tx, owners);
}
