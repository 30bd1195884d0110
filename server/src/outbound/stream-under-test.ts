import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { afterEach } from 'vitest';
import { Secret } from '../lib/secret.ts';
import type { Credential, CredentialSource } from './credential-source.ts';
import { keepBody } from './kept-body.ts';
import type { RunningOutbound } from './outbound.ts';
import type { StreamCall, StreamOutcome } from './stream.ts';
import { httpServer, type TestServer, tcpServer, testOutbound } from './under-test.ts';

export let server: TestServer | undefined;
export let outbound: (RunningOutbound & { counted: unknown[] }) | undefined;
/** Whatever a test started ends with it. */
export function useServing(): void {
  afterEach(async () => {
    await outbound?.close();
    await server?.close();
  });
}

export async function serving(listener: RequestListener, limits = {}): Promise<TestServer> {
  server = await httpServer(listener);
  outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`], limits });
  return server;
}

/** A server that may speak no HTTP. */
export async function servingSockets(onSocket: (socket: Socket) => void): Promise<void> {
  server = await tcpServer(onSocket);
  outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`] });
}

export function keyed(key: string, version: number): Credential {
  return {
    version,
    apply: (request) => ({ ...request, headers: { ...request.headers, 'x-api-key': key } }),
    secrets: [new Secret(key)],
  };
}

/** Gives the first key until it is refused, then the second. */
export function rotating(refused: number[] = []): CredentialSource {
  return {
    current: async () => ({ kind: 'credential', credential: keyed('fake-key-old-0001', 1) }),
    refused: async (version) => {
      refused.push(version);
      return keyed('fake-key-new-0002', 2);
    },
  };
}

export function stream(path: string, more: Partial<StreamCall> = {}): Promise<StreamOutcome> {
  const { origin } = server ?? { origin: '' };
  const call: StreamCall = {
    request: { method: 'GET', url: origin + path, headers: {} },
    body: null,
    allowedOrigins: [origin],
    credential: { ...rotating(), refused: async () => null },
    workspaceId: 'wsp_1',
    connectionId: 'con_1',
    consumer: 'test',
    peeks: ({ status }) => status >= 400,
    read: ({ status }) => (status === 401 ? { kind: 'unauthenticated' } : { kind: 'final' }),
    ...more,
  };
  if (!outbound) throw new Error('no outbound');
  return outbound.stream(call);
}

export const posted = (source: Readable, length: number | null = null, maxBytes = 10_000_000) => ({
  request: { method: 'POST', url: `${server?.origin}/in`, headers: {} },
  body: keepBody(source, length, { keepBytes: 1_000, maxBytes }),
});

export async function textOf(outcome: StreamOutcome): Promise<string> {
  if (outcome.kind !== 'answer') throw new Error(`no answer: ${JSON.stringify(outcome)}`);
  const { body } = outcome.answer;
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

export const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
  ((_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, headers);
    response.end(body);
  }) satisfies RequestListener;
