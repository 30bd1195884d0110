import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogFolder } from '../catalog/built-in.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import { readKeyForms } from '../catalog/key-forms.ts';
import type { ComposeDeps } from '../compose.ts';
import { CONNECTION_CHANGED } from '../connections/announce.ts';
import { type Connections, type ConnectionsDeps, createConnections } from '../connections/connections.ts';
import { createExpirySweepStore } from '../connections/expiries/sweep-store.ts';
import { DEFAULT_CONNECTION_SETTINGS } from '../connections/settings.ts';
import { createSweepStore } from '../connections/sweep-store.ts';
import { createWithdrawalSweepStore } from '../connections/withdrawals/sweep-store.ts';
import type { Listener } from '../db/listen.ts';
import type { Transact } from '../lib/tx.ts';
import { createOperatorAppStore } from '../oauth/setups/app-store.ts';
import { createRefusalStore } from '../oauth/setups/refusal-store.ts';
import type { RunningOutbound } from '../outbound/outbound.ts';
import { usageOf } from '../outbound/store.ts';
import { columnDependents } from '../tables/dependents-store.ts';
import { TOKEN_CHANGED } from '../tokens/announce.ts';
import { createTokenSweepStore } from '../tokens/token-sweep-store.ts';
import { createKeyring } from '../vault/keyring.ts';
import { dataKeyStore } from '../vault/store.ts';

export function connectionsDeps(
  { config, db, clock, log, vault, instance }: ComposeDeps,
  transact: Transact,
  catalogs: Catalogs,
  outbound: RunningOutbound,
): ConnectionsDeps {
  const hashKey = vault.derive('credential fingerprints');
  return {
    transact,
    ownTransact: db.transact,
    clock,
    keyring: createKeyring({
      store: dataKeyStore(db.system),
      masterKeys: vault.masterKeys,
      warn: (message) => log.warn({}, message),
    }),
    catalogs,
    keyForms: readKeyForms(JSON.parse(readFileSync(join(catalogFolder, 'key-forms.json'), 'utf8'))),
    outbound,
    dependents: columnDependents,
    usage: (tx, workspaceId, connectionId, since) => usageOf(tx, workspaceId, connectionId, 'hour', since),
    sweepStore: createSweepStore(db.system),
    tokenSweepStore: createTokenSweepStore(db.system),
    mayLeave: instance.mayLeave,
    tokenSettings: { leaseMs: config.tokenLeaseSeconds * 1000 },
    journalFolder: config.journalDir,
    withdrawalSweepStore: createWithdrawalSweepStore(db.system),
    expirySweepStore: createExpirySweepStore(db.system),
    operatorApps: createOperatorAppStore(db.system),
    refusals: createRefusalStore(db.system, db.transact),
    keyedHash: (text) => createHmac('sha256', hashKey.reveal()).update(text).digest('base64url'),
    settings: DEFAULT_CONNECTION_SETTINGS,
    log,
  };
}

export async function composeConnections(deps: ConnectionsDeps, listener: Listener): Promise<Connections> {
  const connections = createConnections(deps);
  await listener.listen(CONNECTION_CHANGED, connections.forget, () => connections.forget(null));
  await listener.listen(TOKEN_CHANGED, connections.tokens.hear, () => connections.tokens.hear(null));
  await connections.tokens.replay();
  return connections;
}
