import type { Scope } from '@keyrail/contract/people';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workspaceErase } from '../src/compose/workspace-deletion.ts';
import { deleteWorkspaceRows } from '../src/db/workspace-rows.ts';
import { enqueue } from '../src/jobs/queue.ts';
import { systemClock } from '../src/lib/clock.ts';
import { newId } from '../src/lib/id.ts';
import { Secret } from '../src/lib/secret.ts';
import { destroyKeys } from '../src/vault/erase-store.ts';
import { createKeyring } from '../src/vault/keyring.ts';
import { openMasterKeys } from '../src/vault/master-keys.ts';
import { open } from '../src/vault/open.ts';
import { seal } from '../src/vault/seal.ts';
import { dataKeyStore } from '../src/vault/store.ts';
import { closeWorkspace } from '../src/workspaces/delete-workspace.ts';
import type { Who } from '../src/workspaces/who.ts';
import type { Client } from './app.ts';
import { furnishWorkspace } from './furnished.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';
import { until } from './until.ts';

let trial: SignInTrial;
beforeAll(async () => {
  trial = await startSignInTrial({
    method: 'revoke_url: ISSUER/token/revocation',
    methods: ({ authorizeUrl, tokenUrl }) => `  - type: oauth2
    id: silent
    authorize_url: ${authorizeUrl}
    token_url: ${tokenUrl}
    token_auth_method: client_secret_basic
    scopes: [{ name: openid }, { name: contacts.read }]
    remove_url: https://trial.example/account/apps`,
  });
});
afterAll(() => trial.close());

const db = () => trial.app.database.db;

/** Tables that still have a row of this workspace. */
async function rowsLeft(workspaceId: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = current_schema() and column_name = 'workspace_id'`.execute(db().system);
  const left: string[] = [];
  for (const { name } of tables) {
    const { rows } =
      await sql`select from ${sql.table(name)} where workspace_id = ${workspaceId} limit 1`.execute(
        db().system,
      );
    if (rows.length > 0) left.push(name);
  }
  return left;
}

const erase = (client: Client, name: string) => client.request('DELETE', '/v1/workspace', { name });

async function keyring() {
  const masterKeys = await openMasterKeys({ key: undefined, keyFile: trial.app.config.masterKeyFile });
  return createKeyring({ store: dataKeyStore(db().system), masterKeys });
}

describe('deleting a workspace', () => {
  test('is for an owner who is signed in, and who types its name', async () => {
    const { app } = trial;
    expect((await erase(await app.member('admin'), 'Acme')).status).toBe(403);
    expect((await erase(await app.token(), 'Acme')).json.detail).toMatch(/no API token/);
    expect((await erase(app.owner, 'acme')).json.fields[0].path).toBe('name');
    expect((await app.owner.get('/v1/workspace')).json.name).toBe('Acme');
  });

  test('withdraws access, destroys its keys, leaves no row, and names what people must remove themselves', async () => {
    const { app, provider } = trial;
    await trial.signIn({}, { account: 'ada' });
    await trial.signIn({ method: 'silent' }, { account: 'bea' });
    const furnished = await furnishWorkspace(app, { client: app.owner, workspaceId: app.workspaceId });
    const many = Array.from({ length: 200 }, () => ({ values: {} }));
    await app.owner.post(`/v1/tables/${furnished.tbl}/rows`, { rows: many });
    const token = await app.token();
    const member = await app.member('editor');
    const other = await app.outsider();
    await other.client.post('/v1/tables', { name: 'Theirs' });
    expect(provider.lives('ada')).toBeGreaterThan(0);

    const answer = await erase(app.owner, 'Acme');
    expect(answer.status).toBe(200);
    expect(answer.json.not_withdrawn).toMatchObject([
      { integration: 'trial', integration_name: 'Trial', remove_url: 'https://trial.example/account/apps' },
    ]);
    expect(provider.lives('ada')).toBe(0);
    expect(await rowsLeft(app.workspaceId)).not.toContain('data_keys');
    // People keep their accounts, and are nowhere.
    for (const client of [app.owner, member]) {
      expect((await client.get('/v1/session')).json.workspaces).toEqual([]);
      expect((await client.get('/v1/connections')).status).toBe(404);
    }
    expect((await token.get('/v1/connections')).status).toBe(401);
    await until(async () => (await rowsLeft(app.workspaceId)).length === 0);
    const gone = await db()
      .system.selectFrom('workspaces')
      .select('id')
      .where('id', '=', app.workspaceId)
      .execute();
    expect(gone).toEqual([]);
    expect((await other.client.get('/v1/tables')).json.data).toHaveLength(1);
  });

  test('that a process began and did not live to end is ended by another', async () => {
    const workspaceId = await workspace('Doomed');
    const sealed = await secretIn(workspaceId);
    await closeWorkspace(
      { transact: db().transact, clock: systemClock },
      await ownerOf(workspaceId),
      'Doomed',
      (tx) => enqueue(tx, workspaceErase, { workspace_id: workspaceId }),
    );
    await until(async () => (await rowsLeft(workspaceId)).length === 0);
    expect((await open({ keyring: await keyring() }, placeIn(workspaceId), sealed)).kind).toBe('unreadable');
  });
});

test('once its keys are destroyed nothing of a workspace opens, and no new key is made by whoever remembers the old one', async () => {
  const workspaceId = await workspace('Gone');
  const remembering = await keyring();
  const sealed = await seal({ keyring: remembering }, placeIn(workspaceId), new Secret('fake-key-good-0001'));
  await db()
    .system.updateTable('workspaces')
    .set({ deleting_at: new Date() })
    .where('id', '=', workspaceId)
    .execute();
  await destroyKeys(db().system, workspaceId);
  expect((await open({ keyring: await keyring() }, placeIn(workspaceId), sealed)).kind).toBe('unreadable');
  remembering.forget(workspaceId);
  expect((await open({ keyring: remembering }, placeIn(workspaceId), sealed)).kind).toBe('unreadable');
  const again = seal({ keyring: remembering }, placeIn(workspaceId), new Secret('fake-key-good-0001'));
  await expect(again).rejects.toThrow('being deleted');
});

test('rows of a workspace go in small steps, which are begun again where they ended', async () => {
  const workspaceId = await workspace('Large');
  await ownerOf(workspaceId);
  const at = new Date();
  const entries = Array.from({ length: 50 }, () => ({
    ...{ id: newId('evt'), workspace_id: workspaceId, at, actor_kind: 'keyrail', actor_label: 'Keyrail' },
    ...{ action: 'tried', subject_kind: 'workspace', subject_id: workspaceId },
  }));
  await db().system.insertInto('audit_entries').values(entries).execute();
  let steps = 0;
  const isStopped = () => {
    steps += 1;
    return steps === 6 || steps === 20;
  };
  let turns = 1;
  while (!(await deleteWorkspaceRows(db().system, workspaceId, { atOnce: 5, isStopped }))) turns += 1;
  expect(turns).toBe(3);
  expect(await rowsLeft(workspaceId)).toEqual([]);
});

async function workspace(name: string): Promise<string> {
  const id = newId<string>('wsp');
  await db().system.insertInto('workspaces').values({ id, name }).execute();
  return id;
}

async function ownerOf(workspaceId: string): Promise<Who> {
  const userId = newId<string>('usr');
  const person = { id: userId, email: `${userId}@example.com`, name: 'Odd', password_hash: 'none' };
  await db().system.insertInto('users').values(person).execute();
  await db()
    .system.insertInto('members')
    .values({ workspace_id: workspaceId, user_id: userId, role: 'owner' })
    .execute();
  const ids = { workspaceId, userId } as Pick<Who, 'workspaceId' | 'userId'>;
  const rights = { role: 'owner', scopes: new Set<Scope>(), connectionIds: null, tokenId: null } as const;
  return { ...ids, ...rights, label: 'Odd', ip: '127.0.0.1' };
}

const placeIn = (workspaceId: string) => ({
  workspaceId,
  recordId: 'con_1',
  version: 1,
  purpose: 'credential',
});

async function secretIn(workspaceId: string): Promise<string> {
  return seal({ keyring: await keyring() }, placeIn(workspaceId), new Secret('fake-key-good-0001'));
}
