import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../src/lib/id.ts';
import { type Answer, type Client, startApp, type TestApp } from './app.ts';
import { emptyConnection, type Furnished, furnishWorkspace } from './furnished.ts';
import { digestOf } from './workspace-digest.ts';

/*
 * An id of another workspace where it is not in the path (those policy.test.ts tries, route by route): in a body, in a
 * query, as a cursor. It answers as an id that nobody has, and nothing changes in either workspace.
 */

let app: TestApp;
let mine: Furnished;
let theirs: Furnished;
let foreign: { client: Client; workspaceId: string };
let action: string;

beforeAll(async () => {
  app = await startApp();
  foreign = await app.outsider();
  theirs = await furnishWorkspace(app, foreign);
  mine = await furnishWorkspace(app, { client: app.owner, workspaceId: app.workspaceId });
  const own = await app.owner.delete(`/v1/custom-integrations/${mine.slug}?confirm=true`);
  expect(own.status, own.text).toBeLessThan(300);
  await emptyConnection(app, app.workspaceId, 'Second');
  const made = await app.owner.post(`/v1/tables/${mine.tbl}/columns`, actionColumn({}));
  expect(made.status, made.text).toBe(201);
  action = made.json.id;
});
afterAll(() => app.close());

interface Wanted {
  connection_id?: string;
  column?: string | undefined;
  output?: string | undefined;
}
const actionOf = ({ connection_id, column = mine.col, output }: Wanted) => ({
  integration: 'hunter',
  action: 'find_email',
  connection_id: connection_id ?? null,
  inputs: Object.fromEntries(
    ['first_name', 'last_name', 'domain'].map((name) => [name, { kind: 'column', column_id: column }]),
  ),
  outputs: output === undefined ? {} : { score: output },
});
const actionColumn = (wanted: Wanted) => ({ name: 'Find email', type: 'action', action: actionOf(wanted) });

/** Each asks for the thing of that kind (`id`), within a workspace where everything else is one's own. */
const asked: [what: string, kind: string, ask: (id: string) => Promise<Answer>][] = [
  [
    'a sign-in again',
    'con',
    (connection) => app.owner.post('/v1/oauth/authorizations', { integration: 'hunter', connection }),
  ],
  [
    'a token bound to it',
    'con',
    (id) =>
      app.owner.post('/v1/tokens', {
        name: 'x',
        scopes: ['tables:read'],
        connection_ids: [mine.con, id],
      }),
  ],
  ['the next default', 'con', (id) => app.owner.delete(`/v1/connections/${mine.con}?new_default=${id}`)],
  [
    'the connection of a column',
    'con',
    (connection_id) =>
      app.owner.post(`/v1/tables/${mine.tbl}/columns`, {
        ...actionColumn({ connection_id }),
        name: 'Another',
      }),
  ],
  [
    'the connection of a changed column',
    'con',
    (connection_id) =>
      app.owner.patch(`/v1/tables/${mine.tbl}/columns/${action}`, { action: actionOf({ connection_id }) }),
  ],
  [
    'the input of a column',
    'col',
    (column) =>
      app.owner.post(`/v1/tables/${mine.tbl}/columns`, { ...actionColumn({ column }), name: 'Another' }),
  ],
  [
    'the output of a column',
    'col',
    (output) =>
      app.owner.post(`/v1/tables/${mine.tbl}/columns`, { ...actionColumn({ output }), name: 'Another' }),
  ],
  [
    'a connection to try a column with',
    'con',
    (connection_id) =>
      app.owner.post(`/v1/tables/${mine.tbl}/tryouts`, {
        action: actionOf({ connection_id }),
        row_id: mine.row,
      }),
  ],
  [
    'a row to try a column with',
    'row',
    (row_id) => app.owner.post(`/v1/tables/${mine.tbl}/tryouts`, { action: actionOf({}), row_id }),
  ],
  [
    'rows to change, among one’s own',
    'row',
    (id) =>
      app.owner.patch(`/v1/tables/${mine.tbl}/rows`, {
        rows: [
          { id: mine.row, values: { [mine.col ?? '']: 'changed' } },
          { id, values: { [mine.col ?? '']: 'changed' } },
        ],
      }),
  ],
  [
    'a column to write to',
    'col',
    (id) =>
      app.owner.patch(`/v1/tables/${mine.tbl}/rows`, {
        rows: [{ id: mine.row, values: { [mine.col ?? '']: 'changed', [id]: 'changed' } }],
      }),
  ],
  [
    'the column an import goes by',
    'col',
    (id) =>
      app.owner.post(`/v1/tables/${mine.tbl}/import?upsert_by=${id}`, 'Email\na@example.com\n', {
        'content-type': 'text/csv',
      }),
  ],
  [
    'the column an import goes to',
    'col',
    (column_id) => {
      const plan = encodeURIComponent(JSON.stringify([{ to: 'column', column_id }]));
      return app.owner.post(`/v1/tables/${mine.tbl}/import?plan=${plan}`, 'Email\na@example.com\n', {
        'content-type': 'text/csv',
      });
    },
  ],
  [
    'the table of a preview',
    'tbl',
    (id) =>
      app.owner.post(`/v1/imports/preview?table_id=${id}`, 'Email\na@example.com\n', {
        'content-type': 'text/csv',
      }),
  ],
  [
    'a tool to ask for',
    'slug',
    (integration) => app.owner.post('/v1/connection-requests', { integration, note: 'please' }),
  ],
  [
    'a tool to sign in to',
    'slug',
    (integration) => app.owner.post('/v1/oauth/authorizations', { integration }),
  ],
  ['what somebody has read up to', 'ntc', (until) => app.owner.post('/v1/notices/read', { until })],
  [
    'a tool to connect',
    'slug',
    (integration) => app.owner.post('/v1/connections', { integration, credentials: { api_key: 'fake-key' } }),
  ],
];

describe('an id of another workspace', () => {
  test.each(asked)('as %s (%s) is one that nobody has, and nothing changes', async (_what, kind, ask) => {
    const [foreignId, unknown] = [theirs[kind] ?? '', kind === 'slug' ? 'custom-no-such' : newId(kind)];
    const before = await bothDigests();
    const [told, nobodys] = [await ask(foreignId), await ask(unknown)];
    // Trying out answers 200 with a cell: one that failed.
    expect(told.status === 200 ? told.json.state : 'refused', told.text).toMatch(/^(error|refused)$/);
    expect(told.status, told.text).toBeLessThan(500);
    expect(said(told).replaceAll(foreignId, unknown)).toBe(said(nobodys));
    expect(await bothDigests()).toEqual(before);
  });

  test('among rows to delete takes away only one’s own', async () => {
    const before = await digestOf(app.database, foreign.workspaceId);
    const row = await app.owner.post(`/v1/tables/${mine.tbl}/rows`, { rows: [{ values: {} }] });
    await app.owner.request('DELETE', `/v1/tables/${mine.tbl}/rows`, {
      ids: [theirs.row, row.json.data[0].id],
    });
    expect(await digestOf(app.database, foreign.workspaceId)).toEqual(before);
  });

  test('among the rows of a run is never run', async () => {
    const answer = await app.owner.post(`/v1/tables/${mine.tbl}/columns/${action}/estimate`, {
      scope: 'selected',
      row_ids: [theirs.row],
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({ rows: 0, calls: 0, credits: 0 });
  });

  test.each([
    ['the table of runs', () => `/v1/runs?table_id=${theirs.tbl}`],
    ['the subject of the audit log', () => `/v1/audit?subject=${theirs.tok}`],
    ['the actor of the audit log', () => `/v1/audit?actor=${theirs.usr}`],
    ['the channel of deliveries', () => `/v1/deliveries?channel=${theirs.hook}`],
    ['the tool of connections', () => `/v1/connections?integration=${theirs.slug}`],
    ['the tool that is searched', () => `/v1/integrations?search=${theirs.slug}`],
  ])('as %s finds nothing', async (_what, path) => {
    const answer = await app.owner.get(path());
    expect([200, 404]).toContain(answer.status);
    expect(answer.json.data ?? []).toEqual([]);
  });
});

describe('a cursor of another workspace', () => {
  test.each([
    'connections',
    'tables',
    'tokens',
    'audit',
    'members',
    'invitations',
    'notices',
    'webhooks',
    'deliveries',
  ])('in the list of %s shows nothing of it', async (list) => {
    await emptyConnection(app, foreign.workspaceId, `Next ${list}`);
    const page = await foreign.client.get(`/v1/${list}?limit=1`);
    expect(page.status, page.text).toBe(200);
    const cursor = page.json.next_cursor;
    if (cursor === null) return;
    const answer = await app.owner.get(`/v1/${list}?cursor=${encodeURIComponent(cursor)}`);
    expect([200, 400]).toContain(answer.status);
    for (const id of Object.values(theirs)) expect(answer.text).not.toContain(id);
  });
});

const said = ({ status, json }: Answer) => JSON.stringify([status, { ...json, request_id: null }]);
const bothDigests = async () => [
  await digestOf(app.database, foreign.workspaceId),
  await digestOf(app.database, app.workspaceId),
];
