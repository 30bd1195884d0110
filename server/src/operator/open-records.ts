import type { OpenedRecords } from '../backup/drill.ts';
import { allSealedRecords } from '../compose/vault.ts';
import { openDatabase } from '../db/open.ts';
import { createKeyring } from '../vault/keyring.ts';
import type { MasterKeySettings } from '../vault/master-keys.ts';
import { open } from '../vault/open.ts';
import type { SealedRecords } from '../vault/sealed-records.ts';
import { canaryStore, dataKeyStore } from '../vault/store.ts';
import { unlock } from '../vault/unlock.ts';

const BATCH = 500;

/** Opens the canary and every sealed record of a database, one after the other, and forgets what was in them. */
export async function openAllRecords(url: string, settings: MasterKeySettings): Promise<OpenedRecords> {
  const db = openDatabase({
    url,
    appPoolSize: 2,
    systemPoolSize: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 600_000,
    onIdleError: () => {},
  });
  try {
    const { masterKeys } = await unlock({ store: canaryStore(db.system), announce: () => {} }, settings);
    const keyring = createKeyring({ store: dataKeyStore(db.system), masterKeys });
    let opened = 0;
    const unreadable = new Map<string, number>();
    for (const kind of allSealedRecords(db)) {
      let failed = 0;
      for (const keyId of (await kind.count()).keys()) {
        for await (const isOpen of openedUnder(keyring, kind, keyId)) {
          if (isOpen) opened += 1;
          else failed += 1;
        }
      }
      if (failed > 0) unreadable.set(kind.name, failed);
    }
    return { opened, unreadable };
  } finally {
    await db.close();
  }
}

async function* openedUnder(
  keyring: ReturnType<typeof createKeyring>,
  kind: SealedRecords,
  keyId: string,
): AsyncGenerator<boolean> {
  for (let after: readonly unknown[] | null = null; ; ) {
    const rows = await kind.under(keyId, after, BATCH);
    for (const row of rows) yield (await open({ keyring }, row.place, row.sealed)).kind === 'opened';
    if (rows.length < BATCH) return;
    after = rows.at(-1)?.key ?? null;
  }
}
