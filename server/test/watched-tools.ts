import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came, the origin it was meant for first. */
export interface Watched {
  origin: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  form: URLSearchParams;
}

export interface Reply {
  status: number;
  /** An object is sent as JSON, a text as it is. */
  body?: object | string;
  headers?: Record<string, string>;
}

/** Several tools behind one port: each answers for its origin, and everything is written down. */
export interface WatchedTools {
  settings: Record<string, string>;
  requests: Watched[];
  /** Of the requests so far, those to this origin, and path where one is given. */
  to(origin: string, path?: string): Watched[];
  close(): Promise<void>;
}

export async function startWatchedTools(
  tools: Readonly<Record<string, (request: Watched) => Reply | Promise<Reply>>>,
  clock: { now(): Date },
): Promise<WatchedTools> {
  const requests: Watched[] = [];
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    );
    const body = Buffer.concat(chunks).toString('utf8');
    const origin = `https://${headers['x-forwarded-host'] ?? headers.host}`;
    const watched = { origin, method: incoming.method ?? '', path: incoming.url ?? '', headers, body };
    const request = { ...watched, form: new URLSearchParams(body) };
    requests.push(request);
    const tool = tools[origin];
    if (tool === undefined) throw new Error(`nobody expected a request to ${origin}`);
    const reply = await tool(request);
    const isText = typeof reply.body === 'string';
    outgoing.writeHead(reply.status, {
      'content-type': isText ? 'text/xml' : 'application/json',
      date: clock.now().toUTCString(),
      ...reply.headers,
    });
    outgoing.end(isText ? reply.body : JSON.stringify(reply.body ?? {}));
  }

  const target = `http://127.0.0.1:${port}`;
  return {
    settings: {
      KEYRAIL_UPSTREAMS: Object.keys(tools)
        .map((origin) => `${origin}=${target}`)
        .join(','),
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}`,
    },
    requests,
    to: (origin, path) =>
      requests.filter(
        (one) => one.origin === origin && (path === undefined || one.path.split('?')[0] === path),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
