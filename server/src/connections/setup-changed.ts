import { enqueue } from '../jobs/queue.ts';
import type { Clock } from '../lib/clock.ts';
import type { Tx } from '../lib/tx.ts';
import { recover } from '../notices/raise.ts';
import type { Tokens } from '../tokens/token.ts';
import { setupWorksAgain } from './announce.ts';
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

/** Longer than it takes to put a renewal off that was told of the setup as it was before. */
const LITTLE_LATER_MS = 15_000;

/** A setup works again, or may: renewals follow at once, also those that are being put off right now. */
export async function setupWorks(
  deps: { tokens: Pick<Tokens, 'tryAgain'>; clock: Clock },
  tx: Tx,
  workspaceId: string,
  integration: string,
): Promise<void> {
  await tryRenewalsAgain(deps, tx, workspaceId, integration);
  const payload = { workspace_id: workspaceId, integration };
  const at = deps.clock.now();
  // Whether it does shows with the next renewal: people are told once it has held.
  const subject = { kind: 'sign_in_setup', id: integration } as const;
  await recover(tx, { workspaceId, subject, at, isProven: false });
  const runAt = new Date(at.getTime() + LITTLE_LATER_MS);
  const key = `${setupWorksAgain.name}:${workspaceId}:${integration}`;
  await enqueue(tx, setupWorksAgain, payload, { key, runAt });
}
