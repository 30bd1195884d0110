import type { Role, Scope } from '@keyrail/contract/people';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { newId } from '../lib/id.ts';
import { useRight } from './use-right.ts';

let database: TestDatabase;
const clock = movableClock();
const workspaceId = newId<string>('wsp');
const otherId = newId<string>('wsp');

beforeAll(async () => {
  database = await freshDatabase();
  const rows = [workspaceId, otherId].map((id) => ({ id, name: 'Acme' }));
  await database.db.system.insertInto('workspaces').values(rows).execute();
});
afterAll(() => database.close());

async function member(role: Role, at = workspaceId): Promise<string> {
  const id = newId<string>('usr');
  const user = { id, email: `${id}@example.com`, name: 'Ada', password_hash: 'none' };
  await database.db.system.insertInto('users').values(user).execute();
  await database.db.system.insertInto('members').values({ workspace_id: at, user_id: id, role }).execute();
  return id;
}

interface Made {
  by: string | null;
  role?: Role;
  scopes?: Scope[];
  at?: string;
  expiresAt?: Date;
}

async function token({ by, role = 'owner', scopes = ['connections:use'], at, expiresAt }: Made) {
  const id = newId<string>('tok');
  const row = { id, name: 'CI', hint: 'kr_…', role, scopes, token_hash: Buffer.from(id) };
  const times = { created_at: clock.now(), expires_at: expiresAt ?? null };
  await database.db.system
    .insertInto('api_tokens')
    .values({ ...row, ...times, workspace_id: at ?? workspaceId, created_by: by })
    .execute();
  return id;
}

const ask = async (userId: string | null, tokenId: string | null = null) => {
  const maker = { userId, tokenId };
  return (await database.db.transact(workspaceId, (tx) => useRight({ clock }, tx, workspaceId, maker))).kind;
};

test.each([
  ['owner', 'given'],
  ['admin', 'given'],
  ['editor', 'given'],
  ['viewer', 'maker_refused'],
] as const)('the right to use connections of a member who is %s now: %s', async (role, kind) => {
  expect(await ask(await member(role))).toBe(kind);
});

test('a member of another workspace, a stranger and nobody have no right here', async () => {
  const foreigner = await member('owner', otherId);
  for (const userId of [foreigner, 'usr_none', null]) expect(await ask(userId)).toBe('maker_refused');
});

test('a token has the right while it is there, is not past its time, and its maker has it', async () => {
  const editor = await member('editor');
  const ends = await token({ by: editor, expiresAt: new Date(clock.now().getTime() + 60_000) });
  expect(await ask(editor, ends)).toBe('given');
  clock.forward(60_000);
  expect(await ask(editor, ends)).toBe('token_expired');
  expect(await ask(editor, 'tok_none')).toBe('token_revoked');
  expect(await ask(editor, await token({ by: editor, at: otherId }))).toBe('token_revoked');
  expect(await ask(editor, await token({ by: editor, scopes: ['runs:write'] }))).toBe('maker_refused');
  const viewer = await member('viewer');
  expect(await ask(viewer, await token({ by: viewer }))).toBe('maker_refused');
});

test('a token of the operator, who is no member, has the right of its own role', async () => {
  expect(await ask(null, await token({ by: null, role: 'editor' }))).toBe('given');
  expect(await ask(null, await token({ by: null, role: 'viewer' }))).toBe('maker_refused');
});
