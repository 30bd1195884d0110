import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, startApp, type TestApp } from '../../test/app.ts';

let app: TestApp;
let owner: Client;
beforeAll(async () => {
  app = await startApp();
  owner = app.owner;
});
afterAll(() => app.close());

async function newTable(columns: { name: string; type: string }[] = []) {
  return (await owner.post('/v1/tables', { name: 'Leads', columns })).json;
}

const findEmail = (inputs: object, more: object = {}) => ({
  integration: 'hunter',
  action: 'find_email',
  inputs,
  ...more,
});

test('a table is made, listed, renamed and deleted', async () => {
  const made = await owner.post('/v1/tables', {
    name: '  Leads  ',
    columns: [{ name: 'Name', type: 'text' }],
  });
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({ name: 'Leads', row_count: 0, version: 1, active_run_ids: [] });
  expect(made.headers.get('etag')).toBe('"1"');
  const { id } = made.json;
  const list = await owner.get('/v1/tables?limit=1');
  expect(list.json.data).toMatchObject([{ id, name: 'Leads', row_count: 0, column_count: 1 }]);
  const renamed = await owner.patch(`/v1/tables/${id}`, { name: 'Prospects' }, { 'if-match': '"1"' });
  expect([renamed.status, renamed.json.name, renamed.json.version]).toEqual([200, 'Prospects', 2]);
  expect((await owner.patch(`/v1/tables/${id}`, { name: 'Old' }, { 'if-match': '"1"' })).status).toBe(412);
  expect((await owner.delete(`/v1/tables/${id}`)).status).toBe(204);
  expect((await owner.get(`/v1/tables/${id}`)).status).toBe(404);
});

test('a list of tables goes on where the page before ended', async () => {
  for (let index = 0; index < 3; index++) await newTable();
  const seen: string[] = [];
  for (let path = '/v1/tables?limit=2'; ; ) {
    const page = await owner.get(path);
    seen.push(...page.json.data.map((table: { id: string }) => table.id));
    if (page.json.next_cursor === null) break;
    path = `/v1/tables?limit=2&cursor=${page.json.next_cursor}`;
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect([...seen].sort().reverse()).toEqual(seen);
  expect((await owner.get('/v1/tables?cursor=nonsense')).status).toBe(400);
});

test('unknown fields, wrong types and double names are refused, naming them', async () => {
  const unknown = await owner.post('/v1/tables', { name: 'x', colour: 'red' });
  expect(unknown.json.fields).toEqual([{ path: 'colour', message: 'There is no such field.' }]);
  const double = await owner.post('/v1/tables', {
    name: 'x',
    columns: [
      { name: 'Email', type: 'text' },
      { name: 'EMAIL', type: 'text' },
    ],
  });
  expect([double.status, double.json.reason]).toEqual([409, 'name_taken']);
  const table = await newTable([{ name: 'A', type: 'text' }]);
  expect((await owner.post(`/v1/tables/${table.id}/columns`, { name: 'B', type: 'colour' })).status).toBe(
    400,
  );
  expect((await owner.post(`/v1/tables/${table.id}/columns`, { name: 'a', type: 'text' })).json.reason).toBe(
    'name_taken',
  );
});

test('columns are added, renamed, moved and deleted, and the version tells', async () => {
  const table = await newTable(['A', 'B', 'C'].map((name) => ({ name, type: 'text' })));
  const at = `/v1/tables/${table.id}/columns`;
  const added = await owner.post(at, { name: 'D', type: 'number', width: 200 }, { 'if-match': '"1"' });
  expect(added.json).toMatchObject({ name: 'D', type: 'number', position: 3, width: 200, action: null });
  expect(added.headers.get('etag')).toBe('"2"');
  expect((await owner.post(at, { name: 'E', type: 'text' }, { 'if-match': '"1"' })).status).toBe(412);
  const moved = await owner.patch(`${at}/${added.json.id}`, { position: 0, name: 'First', width: null });
  expect(moved.json).toMatchObject({ name: 'First', position: 0, width: null });
  await owner.delete(`${at}/${table.columns[1].id}`);
  const { columns } = (await owner.get(`/v1/tables/${table.id}`)).json;
  expect(columns.map((column: { name: string; position: number }) => [column.name, column.position])).toEqual(
    [
      ['First', 0],
      ['A', 1],
      ['C', 2],
    ],
  );
});

test('rows are added, changed and deleted; each value is checked against its column', async () => {
  const table = await newTable([
    { name: 'Name', type: 'text' },
    { name: 'Age', type: 'number' },
  ]);
  const [name, age] = table.columns.map((column: { id: string }) => column.id);
  const at = `/v1/tables/${table.id}/rows`;
  const wrong = await owner.post(at, {
    rows: [{ values: { [name]: 'Jane' } }, { values: { [age]: 'old', col_x: 1 } }],
  });
  expect(wrong.status).toBe(400);
  expect(wrong.json.fields).toEqual([
    { path: `rows.1.values.${age}`, message: 'Age: "old" is not a number.' },
    { path: 'rows.1.values.col_x', message: 'This table has no such column.' },
  ]);
  const made = await owner.post(at, { rows: [{ values: { [name]: 'Jane', [age]: '34' } }, { values: {} }] });
  expect(made.status).toBe(201);
  expect(made.json.data[0]).toMatchObject({ values: { [name]: 'Jane', [age]: 34 }, cells: {} });
  const [first, second] = made.json.data;
  const changed = await owner.patch(at, {
    rows: [
      { id: first.id, values: { [age]: null } },
      { id: second.id, values: { [name]: 'Joe' } },
    ],
  });
  expect(changed.json.data.map((row: { values: object }) => row.values)).toEqual([
    { [name]: 'Jane' },
    { [name]: 'Joe' },
  ]);
  expect((await owner.request('DELETE', at, { ids: [first.id, first.id] })).status).toBe(204);
  const left = await owner.get(at);
  expect(left.json.data).toEqual([{ id: second.id, values: { [name]: 'Joe' }, cells: {} }]);
  expect((await owner.get(`/v1/tables/${table.id}`)).json.row_count).toBe(1);
  const gone = await owner.patch(at, {
    rows: [
      { id: second.id, values: { [name]: 'Jim' } },
      { id: first.id, values: {} },
    ],
  });
  expect(gone.status).toBe(404);
  expect((await owner.get(at)).json.data[0].values).toEqual({ [name]: 'Joe' });
});

test('rows are listed by cursor and by offset, with and without gaps', async () => {
  const table = await newTable([{ name: 'N', type: 'number' }]);
  const [column] = table.columns.map((one: { id: string }) => one.id);
  const at = `/v1/tables/${table.id}/rows`;
  const made = await owner.post(at, {
    rows: Array.from({ length: 30 }, (_, index) => ({ values: { [column]: index } })),
  });
  const numbers = (answer: { json: { data: { values: Record<string, number> }[] } }) =>
    answer.json.data.map(({ values }) => values[column]);
  expect(numbers(await owner.get(`${at}?offset=12&limit=3`))).toEqual([12, 13, 14]);
  const first = await owner.get(`${at}?limit=20`);
  expect(numbers(await owner.get(`${at}?limit=20&cursor=${first.json.next_cursor}`))).toEqual([
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
  ]);
  await owner.request('DELETE', at, {
    ids: made.json.data.slice(3, 10).map((row: { id: string }) => row.id),
  });
  expect(numbers(await owner.get(`${at}?offset=3&limit=2`))).toEqual([10, 11]);
  expect(numbers(await owner.get(`${at}?offset=23`))).toEqual([]);
  expect((await owner.get(`${at}?offset=3&cursor=${first.json.next_cursor}`)).status).toBe(400);
});

test('a column takes another type when all its values fit, and none of them otherwise', async () => {
  const table = await newTable([{ name: 'N', type: 'text' }]);
  const column = table.columns[0].id;
  const at = `/v1/tables/${table.id}`;
  const rows = await owner.post(`${at}/rows`, {
    rows: ['1', '2.5', 'x', ''].map((value) => ({ values: { [column]: value } })),
  });
  const refused = await owner.patch(`${at}/columns/${column}`, { type: 'number' });
  expect([refused.status, refused.json.reason, refused.json.misfit_count]).toEqual([
    409,
    'values_do_not_fit',
    1,
  ]);
  expect(refused.json.detail).toContain('"x"');
  await owner.patch(`${at}/rows`, { rows: [{ id: rows.json.data[2].id, values: { [column]: '3' } }] });
  expect((await owner.patch(`${at}/columns/${column}`, { type: 'number' })).json.type).toBe('number');
  const values = (await owner.get(`${at}/rows`)).json.data.map((row: { values: object }) =>
    Object.values(row.values),
  );
  expect(values).toEqual([[1], [2.5], [3], []]);
  await owner.patch(`${at}/columns/${column}`, { type: 'text' });
  const texts = (await owner.get(`${at}/rows`)).json.data.map((row: { values: object }) =>
    Object.values(row.values),
  );
  expect(texts).toEqual([['1'], ['2.5'], ['3'], []]);
});

test('an action column is checked against the catalog and the table, field by field', async () => {
  const table = await newTable([
    { name: 'First', type: 'text' },
    { name: 'Last', type: 'text' },
    { name: 'Domain', type: 'text' },
    { name: 'Score', type: 'number' },
  ]);
  const [first, last, domain, score] = table.columns.map((column: { id: string }) => column.id);
  const at = `/v1/tables/${table.id}/columns`;
  const from = (column_id: string) => ({ kind: 'column', column_id });
  const make = (action: object) => owner.post(at, { name: 'Find email', type: 'action', action });
  const paths = async (action: object) =>
    ((await make(action)).json.fields ?? []).map((field: { path: string }) => field.path);
  const elsewhere = 'col_01arz3ndektsv4rrffq69g5fav';
  const whole = { first_name: from(first), last_name: from(last), domain: from(domain) };
  expect(await paths({ integration: 'nobody', action: 'x', inputs: {} })).toEqual(['action.integration']);
  expect(await paths({ integration: 'hunter', action: 'fly', inputs: {} })).toEqual(['action.action']);
  expect(await paths(findEmail({ ...whole, wings: from(first) }))).toEqual(['action.inputs.wings']);
  expect(await paths(findEmail({ ...whole, domain: from(elsewhere) }))).toEqual(['action.inputs.domain']);
  expect(await paths(findEmail({ first_name: from(first) }))).toContain('action.inputs');
  expect(await paths(findEmail(whole, { outputs: { nothing: score } }))).toEqual(['action.outputs.nothing']);
  expect(await paths(findEmail(whole, { outputs: { score: first } }))).toEqual(['action.outputs.score']);
  expect(await paths(findEmail(whole, { connection_id: 'con_01arz3ndektsv4rrffq69g5fav' }))).toEqual([
    'action.connection_id',
  ]);
  const made = await make(findEmail(whole, { outputs: { score } }));
  expect(made.status).toBe(201);
  expect(made.json.action).toEqual({ ...findEmail(whole), connection_id: null, outputs: { score } });
  const itself = await owner.patch(`${at}/${made.json.id}`, {
    action: findEmail({ ...whole, domain: from(made.json.id) }),
  });
  expect(itself.json.fields.map((field: { path: string }) => field.path)).toEqual(['action.inputs.domain']);
  const used = await owner.delete(`${at}/${domain}`);
  expect([used.status, used.json.reason]).toEqual([409, 'column_in_use']);
  expect(used.json.detail).toContain('"Find email"');
  expect((await owner.delete(`${at}/${score}`)).json.reason).toBe('column_in_use');
  const filled = await owner.post(`/v1/tables/${table.id}/rows`, {
    rows: [{ values: { [made.json.id]: 'x' } }],
  });
  expect(filled.json.fields[0].message).toContain('action column');
});

test("what is another workspace's is not found, and a reader changes nothing", async () => {
  const table = await newTable([{ name: 'A', type: 'text' }]);
  const reader = await app.token(['tables:read']);
  expect((await reader.get(`/v1/tables/${table.id}/rows`)).status).toBe(200);
  expect((await reader.post(`/v1/tables/${table.id}/rows`, { rows: [{ values: {} }] })).status).toBe(403);
  expect((await reader.patch(`/v1/tables/${table.id}`, { name: 'x' })).status).toBe(403);
  const { system } = app.database.db;
  await system
    .insertInto('workspaces')
    .values({ id: 'wsp_00000000000000000000000000', name: 'Other' })
    .execute();
  await system
    .updateTable('tables')
    .set({ workspace_id: 'wsp_00000000000000000000000000' })
    .where('id', '=', table.id)
    .execute()
    .catch(() => {});
  const unknown = 'tbl_01arz3ndektsv4rrffq69g5fav';
  for (const path of ['', '/rows', '/export'])
    expect((await owner.get(`/v1/tables/${unknown}${path}`)).status).toBe(404);
});
