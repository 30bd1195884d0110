import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import { createClient } from './client.ts';

interface Asked {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

let server: Server;
let baseUrl: string;
let asked: Asked[] = [];
let answer = { status: 200, type: 'application/json', body: '{}', headers: {} as Record<string, string> };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, body });
      response.writeHead(answer.status, { 'content-type': answer.type, ...answer.headers }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

function answers(status: number, body: string, type = 'application/json', headers = {}): void {
  asked = [];
  answer = { status, body, type, headers };
}

test('a token goes as a bearer token, a session with the workspace it speaks for', async () => {
  answers(200, '{"data":[],"next_cursor":null}');
  await createClient({ baseUrl, token: 'kr_fake' }).tables.list({ limit: 5 });
  await createClient({ baseUrl, workspace: () => 'wsp_1' }).tables.list();
  expect(asked[0]).toMatchObject({ url: '/v1/tables?limit=5', headers: { authorization: 'Bearer kr_fake' } });
  expect(asked[1]?.headers['keyrail-workspace']).toBe('wsp_1');
});

test('a problem document is thrown with its code, fields, verdict and request id', async () => {
  const problem = {
    type: 'about:blank',
    title: 'The credentials were not accepted. Nothing was saved.',
    status: 422,
    code: 'credential_rejected',
    fields: [{ path: 'credentials.api_key', message: 'Too short.' }],
    verdict: { kind: 'rejected' },
    request_id: 'req_1',
  };
  answers(422, JSON.stringify(problem), 'application/problem+json', { 'retry-after': '7' });
  const client = createClient({ baseUrl });
  const error = await client.connections
    .create({ integration: 'x', credentials: {} })
    .catch((cause) => cause);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    code: 'credential_rejected',
    requestId: 'req_1',
    verdict: { kind: 'rejected' },
    retryAfterSeconds: 7,
  });
  expect(error.field('credentials.api_key')).toBe('Too short.');
});

test('an answer that is not from Keyrail is told as such, and not shown as its words', async () => {
  answers(502, '<html>Bad gateway <script>', 'text/html');
  const error = await createClient({ baseUrl })
    .tables.list()
    .catch((cause) => cause);
  expect(error).toMatchObject({ code: 'network', status: 502 });
  expect(error.message).not.toContain('<');
});

test('no answer at all is a network error, and 401 is told to the app', async () => {
  const gone = await createClient({ baseUrl: 'http://127.0.0.1:1' })
    .tables.list()
    .catch((cause) => cause);
  expect(gone).toMatchObject({ code: 'network', status: 0 });
  answers(401, '{"code":"unauthenticated","title":"Sign in","status":401,"request_id":"r"}');
  let told = 0;
  const client = createClient({ baseUrl, onUnauthenticated: () => told++ });
  await client.session.get().catch(() => {});
  expect(told).toBe(1);
});

test('a change names the version it was made on, and an id cannot leave its path', async () => {
  answers(200, '{}');
  await createClient({ baseUrl }).connections.update('con_1/../x', { name: 'A' }, 4);
  expect(asked[0]).toMatchObject({
    method: 'PATCH',
    url: '/v1/connections/con_1%2F..%2Fx',
    headers: { 'if-match': '"4"' },
    body: '{"name":"A"}',
  });
});

test('a proxied call answers with what the other side said, and throws only where Keyrail itself refused', async () => {
  const client = createClient({ baseUrl, token: 'kr_fake' });
  answers(404, 'nothing here', 'text/plain', { 'x-theirs': 'yes' });
  const theirs = await client.proxy('con_1', 'v3/contacts?limit=1', {
    method: 'POST',
    body: '{}',
    headers: { authorization: 'Bearer mine', 'x-mine': '1' },
  });
  expect([theirs.status, await theirs.text(), theirs.headers.get('x-theirs')]).toEqual([
    404,
    'nothing here',
    'yes',
  ]);
  expect(asked[0]).toMatchObject({
    method: 'POST',
    url: '/v1/proxy/con_1/v3/contacts?limit=1',
    headers: { authorization: 'Bearer kr_fake', 'x-mine': '1' },
    body: '{}',
  });
  const problem = {
    type: 'about:blank',
    title: 'No.',
    status: 409,
    code: 'connection_missing',
    request_id: 'r',
  };
  answers(409, JSON.stringify(problem), 'application/problem+json', { 'keyrail-error': 'true' });
  await expect(client.proxy('hunter', '/me')).rejects.toMatchObject({
    code: 'connection_missing',
    status: 409,
  });
});
