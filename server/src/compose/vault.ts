import { z } from 'zod';
import type { ComposeDeps } from '../compose.ts';
import type { Connections } from '../connections/connections.ts';
import { ownerOfToken } from '../connections/damaged-store.ts';
import { sealedCredentials } from '../connections/sealed-store.ts';
import { sealedWithdrawals } from '../connections/withdrawals/sealed-store.ts';
import type { Listener } from '../db/listen.ts';
import type { Database, Queries } from '../db/open.ts';
import { type Job, type Task, task } from '../jobs/job.ts';
import { enqueueAsSystem } from '../jobs/queue.ts';
import type { Periodic } from '../jobs/schedule.ts';
import { sealedChannels } from '../notices/sealed-store.ts';
import { sealedAuthorizations } from '../oauth/sealed-store.ts';
import { sealedAppSecrets } from '../oauth/setups/sealed-store.ts';
import { sealedTokens } from '../tokens/sealed-store.ts';
import type { Keyring } from '../vault/keyring.ts';
import { reencrypt, sweepKeys } from '../vault/reencrypt.ts';
import { retiredKeyStore } from '../vault/rotation-store.ts';
import type { SecretPlace } from '../vault/sealed-record.ts';
import type { SealedRecords } from '../vault/sealed-records.ts';
import { watchVault } from '../vault/watch.ts';

type OnDamaged = (workspaceId: string, connectionId: string, version: number) => Promise<void>;

/** Everything that is sealed under a workspace's data key, wherever it is kept. */
export function allSealedRecords({ system, transact }: Database, onDamaged?: OnDamaged): SealedRecords[] {
  const ofToken = async ({ workspaceId, recordId }: SecretPlace) => {
    const owner = await transact(workspaceId, (tx) => ownerOfToken(tx, workspaceId, recordId), 'read');
    if (owner !== null) await onDamaged?.(workspaceId, owner.connectionId, owner.version);
  };
  const ofCredential = async ({ workspaceId, recordId, version }: SecretPlace) =>
    onDamaged?.(workspaceId, recordId, version);
  return [
    { ...sealedCredentials(system), onUnreadable: ofCredential },
    { ...sealedTokens(system), onUnreadable: ofToken },
    ...sealedAppSecrets(system),
    sealedAuthorizations(system),
    sealedWithdrawals(system),
    sealedChannels(system),
  ];
}

const ofWorkspace = z.strictObject({ workspace_id: z.string() });

/** Seals what is under retired data keys of a workspace anew. */
const vaultReencrypt: Job<z.infer<typeof ofWorkspace>> = {
  name: 'vault.reencrypt',
  payload: ofWorkspace,
  // The sweep comes by again.
  maxAttempts: 3,
};

/** Every minute: workspaces with something under a retired key get a job; keys that nothing has needed for long are destroyed. */
const vaultSweep: Job<Record<string, never>> = {
  name: 'vault.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};

const IDLE = 10;

/** One after the other over all processes: it is work for idle moments. */
export async function enqueueReencryption(system: Queries, workspaceIds: readonly string[]): Promise<void> {
  for (const id of workspaceIds) {
    const how = { key: `${vaultReencrypt.name}:${id}`, queue: vaultReencrypt.name, priority: IDLE };
    await enqueueAsSystem(system, vaultReencrypt, { workspace_id: id }, how);
  }
}

interface Deps extends Pick<ComposeDeps, 'db' | 'vault' | 'clock' | 'log'> {
  keyring: Keyring;
  connections: Pick<Connections, 'reportDamaged'>;
}

const MINUTE_MS = 60_000;

/** Keys that change while this process runs. */
export async function composeVault(
  { db, vault, clock, log, keyring, connections }: Deps,
  listener: Listener,
): Promise<{ tasks: Task[]; periodics: Periodic[] }> {
  await watchVault({ masterKeys: vault.masterKeys, keyring, listener, log });
  const store = retiredKeyStore(db.system);
  const records = allSealedRecords(db, connections.reportDamaged);
  const rest = (ms: number) => clock.sleep(ms);
  return {
    tasks: [
      task(vaultReencrypt, async ({ workspace_id: workspaceId }, { stopping }) => {
        const done = await reencrypt({ store, keyring, records, rest }, workspaceId, stopping);
        // Those that stay are looked at every minute, and said by `key status`.
        if (done.records > 0 && done.unreadable > 0)
          log.warn({ workspaceId, ...done }, 'sealed records that do not open');
        return done.outcome === 'left' ? 'again' : 'done';
      }),
      task(vaultSweep, async () => {
        const found = await sweepKeys({ store, records, now: () => clock.now() });
        await enqueueReencryption(db.system, found.workspaces);
        if (found.destroyed > 0)
          log.info({ keys: found.destroyed }, 'data keys that nothing needs are destroyed');
      }),
    ],
    periodics: [{ job: vaultSweep, everyMs: MINUTE_MS }],
  };
}
