import { createServer, type IncomingMessage } from 'node:http';
import { globalAgent } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';

/** A request as a provider would have got it. */
export interface Seen {
  method: string;
  origin: string;
  path: string;
  query: Record<string, string[]>;
  headers: Record<string, string>;
  /** JSON, a form as an object, or null. */
  body: unknown;
}

export interface Listening {
  /** What the client asked first while `call` ran. It may fail afterwards, for the answer says nothing. */
  heard(call: () => unknown): Promise<Seen>;
  close(): Promise<void>;
}

/**
 * Stands at the other end of every https connection that this process opens, in plain text: clients run unchanged and believe
 * that they talk to their provider. Both ways of Node are led here: its fetch, and its https agent.
 */
export async function listenToClients(): Promise<Listening> {
  let tell: (seen: Seen) => void = () => {};
  const server = createServer(async (request, response) => {
    tell(await seenOf(request));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const before = { dispatcher: getGlobalDispatcher(), createConnection: globalAgent.createConnection };
  const agent = new Agent({
    connect: (_, done) => {
      const socket = plain(port).once('connect', () => done(null, socket));
    },
  });
  setGlobalDispatcher(agent);
  globalAgent.createConnection = () => plain(port);
  return {
    heard: async (call) => {
      const first = new Promise<Seen>((resolve) => {
        tell = resolve;
      });
      const failed = Promise.resolve().then(call);
      // A client that fails before it asks anything must not be waited for.
      const refused = failed.then(
        () => NEVER,
        (error: unknown) => new Promise<never>((_, no) => setImmediate(no, error)),
      );
      const seen = await Promise.race([first, refused]);
      await failed.catch(() => {});
      return seen;
    },
    close: async () => {
      setGlobalDispatcher(before.dispatcher);
      globalAgent.createConnection = before.createConnection;
      await agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const NEVER = new Promise<never>(() => {});
const plain = (port: number) => connect({ port, host: '127.0.0.1' });

async function seenOf(request: IncomingMessage): Promise<Seen> {
  const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
  const body = readBody(headers['content-type'] ?? '', await text(request));
  return {
    method: request.method ?? '',
    origin: url.origin,
    path: url.pathname,
    query: queryOf(url),
    headers,
    body,
  };
}

/** Lists may be written `a[]` or `a`, once for each member. */
export function queryOf(url: URL): Record<string, string[]> {
  const names = [...new Set(url.searchParams.keys())];
  return Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name)]));
}

export function readBody(type: string, body: string): unknown {
  if (body === '') return null;
  if (type.includes('json')) return JSON.parse(body);
  if (type.includes('urlencoded')) return Object.fromEntries(new URLSearchParams(body));
  return body;
}
