import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { openChannelSecret, sealChannelSecret } from './channel-secret.ts';
import { changeChannel, findChannel, lockChannel } from './channel-store.ts';
import { endTrouble, lockDueRecovery } from './notice-store.ts';
import { tellRecovered } from './raise.ts';
import type { NoticeSettings } from './settings.ts';
import type { NoticeSweepStore } from './sweep-store.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
  keyring: Keyring;
  sweepStore: NoticeSweepStore;
  settings: NoticeSettings;
}

/** At one time; more waits for the next sweep. */
const MOST_AT_ONCE = 500;

/** Job `notices.sweep`: what has held is said to work again; replaced secrets and old notices go. */
export async function sweep(deps: Deps): Promise<void> {
  const { sweepStore, settings } = deps;
  const now = deps.clock.now();
  for (const { workspaceId, id } of await sweepStore.dueRecoveries(now, MOST_AT_ONCE))
    await sayRecovered(deps, workspaceId, id, now);
  for (const { workspaceId, id } of await sweepStore.withOldSecret(now, MOST_AT_ONCE))
    await dropOldSecret(deps, workspaceId, id);
  await sweepStore.forget({
    notices: new Date(now.getTime() - settings.noticesKeptMs),
    deliveries: new Date(now.getTime() - settings.deliveriesKeptMs),
  });
}

async function sayRecovered({ transact }: Deps, workspaceId: string, id: string, now: Date): Promise<void> {
  await transact(workspaceId, async (tx) => {
    // It may have broken again, or been put away, since it was looked for.
    const due = await lockDueRecovery(tx, workspaceId, id, now);
    if (due === null) return;
    await endTrouble(tx, due, due.overAt ?? now, null);
    await tellRecovered(tx, due, now);
  });
}

async function dropOldSecret(deps: Deps, workspaceId: string, id: string): Promise<void> {
  const before = await deps.transact(workspaceId, (tx) => findChannel(tx, workspaceId, id));
  if (before === null) return;
  const opened = await openChannelSecret(deps, before);
  const sealedVersion = before.sealedVersion + 1;
  const sealed =
    opened?.kind === 'signing'
      ? await sealChannelSecret(deps, { ...before, sealedVersion }, { ...opened, previous: null })
      : null;
  await deps.transact(workspaceId, async (tx) => {
    const present = await lockChannel(tx, workspaceId, id);
    // Rotated meanwhile: what was the secret then is the one before now.
    if (present?.sealedVersion !== before.sealedVersion) return;
    const change = sealed === null ? {} : { sealed, sealedVersion };
    await changeChannel(tx, present, { ...change, previousSecretUntil: null }, { byPerson: false });
  });
}
