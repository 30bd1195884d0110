import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { newId } from '../lib/id.ts';
import { columnDependents } from './dependents-store.ts';
import { insertColumns, insertTable } from './table-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

const NAMED = newId<string>('con');
const DEFAULT = newId<string>('con');

async function workspaceWithColumns(): Promise<string> {
  const workspaceId = newId<string>('wsp');
  await database.db.system.insertInto('workspaces').values({ id: workspaceId, name: 'Test' }).execute();
  const tableId = newId<string>('tbl');
  const action = (integration: string, connectionId: string | null) =>
    ({ integration, action: 'find', connection_id: connectionId, inputs: {}, outputs: {} }) as never;
  const column = (name: string, key: number, of: never | null) => ({
    id: newId<string>('col') as never,
    key,
    name,
    type: of === null ? ('text' as const) : ('action' as const),
    position: key,
    width: null,
    action: of,
  });
  await database.db.transact(workspaceId, async (tx) => {
    await insertTable(tx, workspaceId, tableId, 'Leads');
    await insertColumns(tx, workspaceId, tableId, [
      column('Company', 1, null),
      column('By name', 2, action('finder', NAMED)),
      column('By default', 3, action('finder', null)),
      column('Another tool', 4, action('other', null)),
    ]);
  });
  return workspaceId;
}

it('a connection is used by the columns that name it and, while it is the default, by those that name none', async () => {
  const workspaceId = await workspaceWithColumns();
  await workspaceWithColumns();
  const of = (connectionId: string, isDefault: boolean) => ({
    connectionId,
    integration: 'finder',
    isDefault,
  });
  await database.db.transact(workspaceId, async (tx) => {
    const names = async (one: ReturnType<typeof of>) =>
      (await columnDependents.list(tx, workspaceId, one)).map((dependent) => dependent.name);
    expect(await names(of(NAMED, false))).toEqual(['By name']);
    expect(await names(of(NAMED, true))).toEqual(['By name', 'By default']);
    expect(await names(of(DEFAULT, true))).toEqual(['By default']);
    expect(await names(of(DEFAULT, false))).toEqual([]);
    const counts = await columnDependents.count(tx, workspaceId, [of(NAMED, false), of(DEFAULT, true)]);
    expect([...counts]).toEqual([
      [NAMED, 1],
      [DEFAULT, 1],
    ]);
    const [first] = await columnDependents.list(tx, workspaceId, of(NAMED, false));
    expect(first).toMatchObject({ kind: 'action_column', table_name: 'Leads' });
  });
});
