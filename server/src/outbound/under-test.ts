import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { Secret } from '../lib/secret.ts';
import type { OutboundCall } from './call.ts';
import { literalCredential } from './credential-source.ts';
import { guardPolicy } from './guard-policy.ts';
import { createOutbound, type OutboundOptions, type RunningOutbound } from './outbound.ts';
import type { UsageRollup } from './usage.ts';

/** For tests: a real server on a port of the system's choosing, with every connection counted. */
export interface TestServer {
  port: number;
  origin: string;
  connections(): number;
  /** `METHOD path` of every request that arrived. */
  requests: string[];
  headers: NodeJS.Dict<string | string[]>[];
  close(): Promise<void>;
}

export async function httpServer(listener: RequestListener, host = '127.0.0.1'): Promise<TestServer> {
  const requests: string[] = [];
  const headers: NodeJS.Dict<string | string[]>[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    listener(request, response);
  });
  const listening = await listen(server, host);
  return { ...listening, requests, headers };
}

/** Raw bytes: for answers no HTTP library would send. */
export async function tcpServer(onSocket: (socket: Socket) => void, host = '127.0.0.1'): Promise<TestServer> {
  const listening = await listen(createTcpServer(onSocket), host);
  return { ...listening, requests: [], headers: [] };
}

export async function listen(server: Server, host: string, scheme = 'http') {
  let count = 0;
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    count += 1;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    connections: () => count,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** For tests that are not about budgets or counts: unlimited, and counted in memory. */
export function testOutbound(
  options: Partial<OutboundOptions> & { allow?: string[] } = {},
): RunningOutbound & { counted: UsageRollup[] } {
  const counted: UsageRollup[] = [];
  const { allow = [], ...rest } = options;
  const outbound = createOutbound({
    policy: guardPolicy({ allowedPrivateHosts: allow, ownAddresses: [], ownHosts: [] }),
    budgetStore: {
      take: async (_key, _windows, want) => ({ granted: want, waitMs: 0 }),
      pause: async () => {},
      pauses: async () => new Map(),
      prune: async () => {},
    },
    usageStore: { add: async (rollups) => void counted.push(...rollups), prune: async () => {} },
    flushEveryMs: 3_600_000,
    random: () => 0,
    ...rest,
  });
  return { ...outbound, counted };
}

export const TEST_KEY = 'fake-key-good-0001';

/** A GET of `url` with a key in `x-api-key`, to the origin the URL itself names. */
export function testCall(url: string, more: Partial<OutboundCall> = {}): OutboundCall {
  const credential = literalCredential({
    version: 1,
    apply: (request) => ({ ...request, headers: { ...request.headers, 'x-api-key': TEST_KEY } }),
    secrets: [new Secret(TEST_KEY)],
  });
  return {
    request: { method: 'GET', url, headers: {} },
    allowedOrigins: [URL.parse(url)?.origin ?? ''],
    credential,
    workspaceId: 'wsp_1',
    connectionId: 'con_1',
    consumer: 'test',
    maxAttempts: 1,
    ...more,
  };
}
