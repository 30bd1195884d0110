import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, startApp, type TestApp } from '../../test/app.ts';

let app: TestApp;
let owner: Client;
beforeAll(async () => {
  app = await startApp({ settings: { KEYRAIL_CSV_MAX_ROWS: '50000', KEYRAIL_CSV_MAX_BYTES: '8000000' } });
  owner = app.owner;
});
afterAll(() => app.close());

const csv = { 'content-type': 'text/csv' };

async function newTable(columns: { name: string; type: string }[] = []) {
  const made = await owner.post('/v1/tables', { name: 'Leads', columns });
  expect(made.status).toBe(201);
  return made.json;
}

test('a CSV goes in, is read by row, and comes out again', async () => {
  const table = await newTable();
  const text = 'Name,Age\nJane,34\nJoe,"x, y"\n';
  const imported = await owner.post(`/v1/tables/${table.id}/import`, text, csv);
  expect(imported.status).toBe(200);
  expect(imported.json).toMatchObject({
    rows_added: 2,
    rows_changed: 0,
    rows_rejected: 0,
    problems: [],
    encoding: 'utf-8',
    delimiter: 'comma',
    notes: [],
  });
  const [name, age] = imported.json.columns;
  const rows = await owner.get(`/v1/tables/${table.id}/rows`);
  expect(rows.json.data.map((row: { values: object }) => row.values)).toEqual([
    { [name.id]: 'Jane', [age.id]: '34' },
    { [name.id]: 'Joe', [age.id]: 'x, y' },
  ]);
  const exported = await owner.get(`/v1/tables/${table.id}/export`);
  expect(exported.text).toBe('Name,Age\r\nJane,34\r\nJoe,"x, y"\r\n');
  expect(exported.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(exported.headers.get('x-content-type-options')).toBe('nosniff');
});

test('JSON comes out as it went in, whatever its members are called', async () => {
  const table = await newTable([{ name: 'Seen', type: 'json' }]);
  const seen = '{"__proto__":{"a":1},"constructor":{"prototype":[{"__proto__":null}]},"toString":2}';
  await owner.post(`/v1/tables/${table.id}/import`, `Seen\n"${seen.replaceAll('"', '""')}"\n`, csv);
  const rows = await owner.get(`/v1/tables/${table.id}/rows`);
  expect(rows.text).toContain('"__proto__":{"a":1}');
  expect(rows.text).toContain('[{"__proto__":null}]');
});

test('a preview says how a file would be read, and saves nothing', async () => {
  const table = await newTable([{ name: 'Email', type: 'email' }]);
  const text = 'email;Email;Größe\na@b.cc;x;1\n';
  const preview = await owner.post(`/v1/imports/preview?table_id=${table.id}`, text, csv);
  expect(preview.status).toBe(200);
  expect(preview.json).toEqual({
    encoding: 'utf-8',
    delimiter: 'semicolon',
    has_header: true,
    columns: [
      {
        header: 'email',
        name: 'email',
        type: 'email',
        samples: ['a@b.cc'],
        plan: { to: 'column', column_id: table.columns[0].id },
      },
      {
        header: 'Email',
        name: 'Email 2',
        type: 'text',
        samples: ['x'],
        plan: { to: 'new', name: 'Email 2', type: 'text' },
      },
      {
        header: 'Größe',
        name: 'Größe',
        type: 'number',
        samples: ['1'],
        plan: { to: 'new', name: 'Größe', type: 'number' },
      },
    ],
    rows: [['a@b.cc', 'x', '1']],
    notes: ['Two columns named Email; the second is now Email 2.'],
  });
  const after = await owner.get(`/v1/tables/${table.id}`);
  expect(after.json).toMatchObject({ row_count: 0, version: 1 });
});

test('a preview looks at the first megabyte of whatever is sent', async () => {
  const preview = await owner.post('/v1/imports/preview', `a,b\n${'1,2\n'.repeat(900_000)}`, csv);
  expect(preview.status).toBe(200);
  expect(preview.json.rows.length).toBe(20);
});

test('the plan of a preview can be sent back with the import', async () => {
  const table = await newTable();
  const text = 'a,b\n1,x\n';
  const preview = await owner.post('/v1/imports/preview', text, csv);
  const plan = preview.json.columns.map((column: { plan: object }) => column.plan);
  const query = new URLSearchParams({ plan: JSON.stringify(plan) });
  const imported = await owner.post(`/v1/tables/${table.id}/import?${query}`, text, csv);
  expect(imported.json).toMatchObject({ rows_added: 1 });
});

test('a plan that cannot be read is refused, naming what is wrong with it', async () => {
  const table = await newTable();
  for (const plan of ['nonsense', '[{"to":"nowhere"}]', '[{"to":"new","name":"x","type":"text","more":1}]']) {
    const answer = await owner.post(
      `/v1/tables/${table.id}/import?plan=${encodeURIComponent(plan)}`,
      'a\n1\n',
      csv,
    );
    expect(answer.status).toBe(400);
    expect(answer.json.fields[0].path).toMatch(/^plan/);
  }
});

test('an empty body, another kind of file and another content type are refused with the reason', async () => {
  const table = await newTable();
  const empty = await owner.post(`/v1/tables/${table.id}/import`, '', csv);
  expect([empty.status, empty.json.reason]).toEqual([400, 'empty']);
  const zip = await owner.post(`/v1/tables/${table.id}/import`, 'PK\u0003\u0004xl/workbook.xml', csv);
  expect([zip.status, zip.json.reason]).toEqual([415, 'not_a_csv']);
  const json = await owner.post(`/v1/tables/${table.id}/import`, { a: 1 });
  expect(json.status).toBe(415);
});

test('an endless upload is told why it is refused, also while it is still sending', async () => {
  const table = await newTable();
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const request = httpRequest(`${app.url}/v1/tables/${table.id}/import`, {
      method: 'POST',
      headers: { ...owner.headers, ...csv },
    });
    let isAnswered = false;
    const more = () => {
      while (!isAnswered && request.write('x,y\n'.repeat(10_000)));
      if (!isAnswered) request.once('drain', more);
    };
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => {
        isAnswered = true;
        request.destroy();
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    request.on('error', (error) => isAnswered || reject(error));
    request.write('a,b\n');
    more();
  });
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'too_large', reason: 'too_many_rows' });
  expect((await owner.get(`/v1/tables/${table.id}`)).json).toMatchObject({ row_count: 0, columns: [] });
});

test('a browser that goes away in the middle of an upload leaves nothing', async () => {
  const table = await newTable();
  const { hostname, port } = new URL(app.url);
  for (let attempt = 0; attempt < 5; attempt++) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        const headers = Object.entries({
          ...owner.headers,
          ...csv,
          host: hostname,
          'content-length': '4000000',
        });
        socket.write(
          `POST /v1/tables/${table.id}/import HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
        );
        socket.write(`a,b\n${'1,2\n'.repeat(400_000)}`, () => {
          socket.destroy();
          resolve();
        });
      });
    });
  }
  // The next one goes through once the last has let go of the table, and of its connection to the database.
  let answer = await owner.post(`/v1/tables/${table.id}/import`, 'a\n1\n', csv);
  while ([409, 429, 503].includes(answer.status))
    answer = await owner.post(`/v1/tables/${table.id}/import`, 'a\n1\n', csv);
  expect(answer.json, answer.text).toMatchObject({ rows_added: 1 });
  expect((await owner.get(`/v1/tables/${table.id}`)).json.row_count).toBe(1);
});

test('an upload ends within seconds when the token it began with is revoked, and nothing is there', async () => {
  const table = await newTable();
  const token = await app.token(['tables:read', 'tables:write']);
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const request = httpRequest(`${app.url}/v1/tables/${table.id}/import`, {
      method: 'POST',
      headers: { ...token.headers, ...csv },
    });
    // More than the first megabyte, so that rows are coming in; then line by line, for as long as it takes.
    request.write(`a,b\n${`${'x'.repeat(1000)},y\n`.repeat(1500)}`);
    const sending = setInterval(() => request.write('x,y\n'), 20);
    request.on('response', async (response) => {
      clearInterval(sending);
      const body = Buffer.concat(await response.toArray()).toString();
      request.destroy();
      resolve({ status: response.statusCode ?? 0, body });
    });
    request.on('error', reject);
    hasBegun()
      .then(() => owner.delete(`/v1/tokens/${token.id}`))
      .catch(reject);
  });
  expect(answer.status).toBe(403);
  expect(JSON.parse(answer.body).detail).toContain('Nothing was imported');
  expect((await owner.get(`/v1/tables/${table.id}`)).json).toMatchObject({ row_count: 0, columns: [] });
});

/** Once rows are coming in. */
async function hasBegun(): Promise<void> {
  const count = () => app.database.db.systemPool.query('select from pg_stat_progress_copy');
  while ((await count()).rows.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

test('an export guards against formulas, keeps numbers, and reads back as what it was', async () => {
  const table = await newTable([
    { name: 'Text', type: 'text' },
    { name: 'Number', type: 'number' },
  ]);
  const [text, number] = table.columns;
  const values = [
    '=HYPERLINK("x")',
    '+1',
    '-1+1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1+1',
    '－1',
    'a"b',
    ' x',
    'ok',
  ];
  await owner.post(`/v1/tables/${table.id}/rows`, {
    rows: values.map((value, index) => ({ values: { [text.id]: value, [number.id]: -index } })),
  });
  const exported = await owner.get(`/v1/tables/${table.id}/export`);
  const rows: string[][] = parse(exported.text);
  expect(rows.slice(1).map(([first]) => first)).toEqual([
    ...values.slice(0, 9).map((value) => `'${value}`),
    'a"b',
    ' x',
    'ok',
  ]);
  expect(rows.slice(1, 4).map(([, second]) => second)).toEqual(['0', '-1', '-2']);
});

test('an export of an empty table is its header; a byte order mark comes when asked for', async () => {
  const table = await newTable([{ name: '=cmd', type: 'text' }]);
  const plain = await owner.get(`/v1/tables/${table.id}/export`);
  expect(plain.text).toBe("'=cmd\r\n");
  const response = await fetch(`${app.url}/v1/tables/${table.id}/export?bom=true`, {
    headers: owner.headers,
  });
  expect(Buffer.from(await response.arrayBuffer()).toString('hex')).toMatch(/^efbbbf/);
});

test("an export's file name cannot leave its header", async () => {
  const made = await owner.post('/v1/tables', { name: 'Zoë "x"; a=b/../\u202e€' });
  const exported = await owner.get(`/v1/tables/${made.json.id}/export`);
  expect(exported.headers.get('content-disposition')).toBe(
    `attachment; filename="Zo_ _x_; a=b_..__.csv"; filename*=UTF-8''Zo%C3%AB%20_x_%3B%20a%3Db_.._%E2%82%AC.csv`,
  );
});

test('a viewer exports but does not import; a token needs the scope; strangers get nothing', async () => {
  const table = await newTable();
  const reader = await app.token(['tables:read']);
  expect((await reader.get(`/v1/tables/${table.id}/export`)).status).toBe(200);
  expect((await reader.post(`/v1/tables/${table.id}/import`, 'a\n1\n', csv)).status).toBe(403);
  expect((await app.anonymous.get(`/v1/tables/${table.id}/export`)).status).toBe(401);
  expect((await app.anonymous.post(`/v1/tables/${table.id}/import`, 'a\n1\n', csv)).status).toBe(401);
  const unknown = 'tbl_01arz3ndektsv4rrffq69g5fav';
  expect((await owner.get(`/v1/tables/${unknown}/export`)).status).toBe(404);
  expect((await owner.post(`/v1/tables/${unknown}/import`, 'a\n1\n', csv)).status).toBe(404);
});
