import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { type Client, startApp, type TestApp } from './app.ts';
import { finder } from './finder.ts';

export const KEY = 'fake-key-good-0001';
let upstream: Server;
export let port: number;
export let app: TestApp;
export let user: Client & { token: string; id: string };
export let connectionId: string;
export let queryId: string;
type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;
let answer: Answering;
/** What the other side was sent. */
export let seen: { line: string; headers: IncomingMessage['headers']; raw: string[]; body: string }[];
let folder: string;

/** What the other side does with the next requests of a test. */
export function answers(how: Answering): void {
  answer = how;
}

/** A server with two tools whose other side is ours, for the tests of one file. */
export function useProxy(): void {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyrail-proxy-'));
    upstream = createServer(async (request, response) => {
      let body = '';
      request.on('error', () => {});
      try {
        for await (const chunk of request) body += chunk;
      } catch {
        return;
      }
      const { headers, rawHeaders, method, url } = request;
      seen.push({ line: `${method} ${url}`, headers, raw: rawHeaders, body });
      await answer(request, response, body);
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    port = (upstream.address() as AddressInfo).port;
    const origin = `http://127.0.0.1:${port}`;
    const file = (slug: string, more: object) =>
      writeFileSync(join(folder, `${slug}.yaml`), JSON.stringify({ ...finder(origin), slug, ...more }));
    const base = { base_url: `${origin}/v1`, default_headers: { 'X-Version': '2026-01' } };
    file('finder', base);
    const inQuery = [{ in: 'query', name: 'api_key', value: '{api_key}' }];
    const [keyed] = (finder(origin) as { auth: object[] }).auth;
    file('seeker', { ...base, auth: [{ ...keyed, send: inQuery }] });
    file('unmade', base);
    app = await startApp({ settings: settings() });
    connectionId = await made('finder');
    queryId = await made('seeker');
    user = await app.token(['connections:use']);
  }, 60_000);
  afterAll(async () => {
    await app.close();
    upstream.closeAllConnections();
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    seen = [];
    answer = (_request, response) => response.end('{"ok":true}');
  });
}

export const settings = () => ({
  KEYRAIL_CATALOG_DIR: folder,
  KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}`,
  KEYRAIL_PROXY_MAX_BYTES: '3000000',
});

export async function made(integration: string): Promise<string> {
  const connected = await app.owner.post('/v1/connections', { integration, credentials: { api_key: KEY } });
  expect(connected.status, connected.text).toBe(201);
  return connected.json.id;
}

export const at = (path: string, connection = connectionId) => `/v1/proxy/${connection}${path}`;

interface Raw {
  status: number;
  headers: IncomingMessage['headers'];
  raw: string[];
  text: string;
}

interface Asked {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
  /** Another server than the one of all tests. */
  server?: string;
}

/** The path exactly as written: `fetch` would tidy it up. */
export function raw(path: string, options: Asked = {}) {
  return new Promise<Raw>((resolve, reject) => {
    const { hostname, port } = new URL(options.server ?? app.url);
    const headers = { authorization: `Bearer ${user.token}`, ...options.headers };
    const asked = httpRequest(
      { hostname, port, path, method: options.method ?? 'GET', headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            raw: response.rawHeaders,
            text,
          }),
        );
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}
