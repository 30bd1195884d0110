import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectDeps, ConnectFailure, guardedConnector } from './connect.ts';
import { type TestServer, tcpServer } from './under-test.ts';

let server: TestServer;
beforeAll(async () => {
  server = await tcpServer((socket) => socket.end());
});
afterAll(() => server.close());

describe('a connection', () => {
  it('is closed unused when the other end of its socket is not an address that may be called', async () => {
    // A policy that changes its mind between choosing the address and looking at the socket stands for a network
    // that takes the connection elsewhere.
    let looks = 0;
    const has = () => {
      looks += 1;
      return looks === 1;
    };
    const allowed = { has } as unknown as ReadonlySet<string>;
    const deps: ConnectDeps = {
      policy: { allowed, denied: new Set() },
      resolve: async () => [],
      connectTimeoutMs: 1_000,
      extraCa: [],
    };
    const target = { hostname: '127.0.0.1', protocol: 'http:', port: String(server.port) };
    const error = await new Promise<unknown>((resolve) => {
      guardedConnector(deps)(target, (...[failure]) => resolve(failure));
    });
    expect(error).toBeInstanceOf(ConnectFailure);
    expect((error as ConnectFailure).failure).toBe('denied');
    expect(looks).toBe(2);
  });
});
