import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { credentialPlace, credentialText } from '../server/src/connections/credential.ts';
import type { Database } from '../server/src/db/open.ts';
import { newId } from '../server/src/lib/id.ts';
import { Secret } from '../server/src/lib/secret.ts';
import { createKeyring } from '../server/src/vault/keyring.ts';
import { seal } from '../server/src/vault/seal.ts';
import { canaryStore, dataKeyStore } from '../server/src/vault/store.ts';
import { unlock } from '../server/src/vault/unlock.ts';

const AT_ONCE = 1_000;

/** So many connections, each with a key of its own, really sealed; their ids. People would take years. */
export async function storeCredentials(
  db: Database,
  keyFile: string,
  { workspaceId, count }: { workspaceId: string; count: number },
): Promise<string[]> {
  const { masterKeys } = await unlock(
    { store: canaryStore(db.system), announce: () => {} },
    { key: undefined, keyFile },
  );
  const keyring = createKeyring({ store: dataKeyStore(db.system), masterKeys });
  const ids: string[] = [];
  while (ids.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - ids.length) }, () => newId<string>('con'));
    const records = await Promise.all(
      some.map((id) => {
        const values = credentialText(new Secret({ api_key: keyOf(id) }));
        return seal({ keyring }, credentialPlace(workspaceId, id, 1), values);
      }),
    );
    await db.system.transaction().execute(async (transaction) => {
      // What counts connections for the first page has no part in this.
      await sql`set local session_replication_role = replica`.execute(transaction);
      await sql`insert into connections (id, workspace_id, integration, name, name_key, method, method_id, status, status_since, created_at, updated_at)
        select id, ${workspaceId}, 'hunter', id, id, 'api_key', 'api_key', 'connected', now(), now(), now()
        from unnest(${some}::text[]) as made (id)`.execute(transaction);
      await sql`insert into credentials (workspace_id, connection_id, version, state, sealed, method, method_id, created_at)
        select ${workspaceId}, id, 1, 'current', sealed, 'api_key', 'api_key', now()
        from unnest(${some}::text[], ${records}::text[]) as made (id, sealed)`.execute(transaction);
    });
    ids.push(...some);
  }
  await sql`analyze connections, credentials`.execute(db.system);
  return ids;
}

/** The fake key of a connection, by which a reading is known to be right. */
export function keyOf(id: string): string {
  return `fake-key-${id}`;
}

/** Each may read so and so often; together they may as often as is needed. `owner`: the headers of whoever makes them. */
export async function readingTokens(
  url: string,
  owner: Record<string, string>,
  count: number,
): Promise<string[]> {
  const made: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await fetch(`${url}/v1/tokens`, {
      method: 'POST',
      headers: { ...owner, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `bench ${index}`, scopes: ['credentials:read', 'connections:read'] }),
    });
    made.push(((await answer.json()) as { token: string }).token);
  }
  return made;
}

/** Starts so many readings a second, however long each takes, until `isOver`; ends when all have ended. */
export async function readAtRate(
  perSecond: number,
  isOver: () => boolean,
  readOne: (count: number) => Promise<void>,
): Promise<void> {
  const pending = new Set<Promise<void>>();
  const began = performance.now();
  for (let count = 0; !isOver(); count += 1) {
    const one = readOne(count);
    pending.add(one);
    void one.finally(() => pending.delete(one));
    const waitMs = began + ((count + 1) * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await sleep(waitMs);
  }
  await Promise.all(pending);
}
