import { credentialPlace, credentialText } from '../server/src/connections/credential.ts';
import type { Database } from '../server/src/db/open.ts';
import { systemClock } from '../server/src/lib/clock.ts';
import { newId } from '../server/src/lib/id.ts';
import { Secret } from '../server/src/lib/secret.ts';
import { createTokenSweepStore } from '../server/src/tokens/token-sweep-store.ts';
import { createTokens } from '../server/src/tokens/tokens.ts';
import { createKeyring } from '../server/src/vault/keyring.ts';
import { seal } from '../server/src/vault/seal.ts';
import { canaryStore, dataKeyStore } from '../server/src/vault/store.ts';
import { unlock } from '../server/src/vault/unlock.ts';

/** Connections as so many sign-ins leave them behind, with real sealed secrets; people would take hours. */
export async function storeSignedIn(
  db: Database,
  keyFile: string,
  { workspaceId, count, clientId }: { workspaceId: string; count: number; clientId: string },
): Promise<void> {
  const store = canaryStore(db.system);
  const { masterKeys } = await unlock({ store, announce: () => {} }, { key: undefined, keyFile });
  const keyring = createKeyring({ store: dataKeyStore(db.system), masterKeys });
  const never = async (): Promise<never> => {
    throw new Error('nothing is renewed here');
  };
  const tokens = createTokens({
    transact: db.transact,
    keyring,
    clock: systemClock,
    mint: never,
    events: new Proxy({} as never, { get: () => never }),
    sweepStore: createTokenSweepStore(db.system),
    log: { warn: () => {} },
    journalFolder: null,
  });
  const now = new Date();
  for (let n = 1; n <= count; n += 1) {
    const id = newId<string>('con');
    const values = credentialText(new Secret({ client_id: clientId }));
    const sealed = await seal({ keyring }, credentialPlace(workspaceId, id, 1), values);
    const shared = { workspace_id: workspaceId, method: 'oauth2', method_id: 'oauth2', created_at: now };
    const connection = { ...shared, id, integration: 'tool', name: `Tool ${n}`, name_key: `tool ${n}` };
    await db.system
      .insertInto('connections')
      .values({ ...connection, status: 'connected', status_since: now, updated_at: now })
      .execute();
    await db.system
      .insertInto('credentials')
      .values({ ...shared, connection_id: id, version: 1, state: 'current', sealed })
      .execute();
    const owner = { workspaceId, connectionId: id, credentialVersion: 1 };
    const minted = {
      accessToken: new Secret(`fake-access-${n}-${'a'.repeat(600)}`),
      refreshToken: new Secret(`fake-refresh-${n}-${'r'.repeat(100)}`),
      expiresInSeconds: 3_600,
      refreshExpiresInSeconds: null,
      grantEndsInSeconds: null,
      scopes: null,
      fields: {},
    };
    await db.transact(workspaceId, (tx) => tokens.put(tx, owner, minted, 'refresh_token'));
  }
}
