import { setTimeout as sleep } from 'node:timers/promises';
import { allSealedRecords } from '../src/compose/vault.ts';
import { openDatabase } from '../src/db/open.ts';
import { createKeyring } from '../src/vault/keyring.ts';
import { parseMasterKey } from '../src/vault/master-key.ts';
import { onlyKey } from '../src/vault/master-keys.ts';
import { reencrypt } from '../src/vault/reencrypt.ts';
import { retiredKeyStore } from '../src/vault/rotation-store.ts';
import { dataKeyStore } from '../src/vault/store.ts';

/** A process that seals a workspace's records anew until it is done or killed: `reencrypt-process.ts URL KEY WORKSPACE BATCH`. */
const [url = '', key = '', workspaceId = '', batch = '5'] = process.argv.slice(2);
const db = openDatabase({
  url,
  appPoolSize: 2,
  systemPoolSize: 2,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 20_000,
  onIdleError: () => {},
});
const masterKeys = onlyKey(parseMasterKey(key, 'the argument'));
const keyring = createKeyring({ store: dataKeyStore(db.system), masterKeys });
const deps = {
  store: retiredKeyStore(db.system),
  keyring,
  records: allSealedRecords(db),
  rest: (ms: number) => sleep(ms),
  limits: { batch: Number(batch), share: 0.5 },
};
process.stdout.write('begun\n');
for (;;) {
  const { outcome } = await reencrypt(deps, workspaceId, new AbortController().signal);
  if (outcome === 'done') break;
}
process.stdout.write('done\n');
await db.close();
