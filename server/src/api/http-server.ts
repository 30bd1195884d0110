import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { problemBody } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

/** Not imported: an import names all there is in it, and with that loads a WebSocket nobody uses, for 30 ms of every start. */
const { createServer } = process.getBuiltinModule('node:http');

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * The listening socket. It opens before there is anything to answer with (the database may take its time), so what
 * answers can be exchanged while it is open; and it closes without cutting off an answer.
 */
export interface HttpServer {
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  isListening(): boolean;
  answerWith(handler: Handler): void;
  /** Requests being answered. */
  inFlight(): number;
  /** Takes no new connections and waits for answers in flight; what is not done in time is cut off. */
  close(withinMs: number): Promise<{ cutOff: number }>;
}

interface HttpServerOptions {
  isHttps: boolean;
  requestTimeoutMs: number;
  clock: Clock;
}

export function createHttpServer({ isHttps, requestTimeoutMs, clock }: HttpServerOptions): HttpServer {
  const headers = securityHeaders(isHttps);
  let handler: Handler = (_request, response) => sayUnavailable(response, headers);
  let inFlight = 0;
  let isClosing = false;
  const server = createServer(
    {
      insecureHTTPParser: false,
      requireHostHeader: true,
      headersTimeout: 15_000,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: 72_000,
      noDelay: true,
    },
    (request, response) => {
      inFlight += 1;
      response.once('close', () => {
        inFlight -= 1;
      });
      if (isClosing) response.setHeader('connection', 'close');
      handler(request, response);
    },
  );
  server.on('clientError', (error: ClientError, socket: Socket) => refuseUnreadable(error, socket, headers));
  // Without a listener Node answers CONNECT and Upgrade by closing the connection, which is what we want.

  return {
    listen: (host, port) => listenOn(server, host, port),
    isListening: () => server.listening,
    answerWith: (next) => {
      handler = next;
    },
    inFlight: () => inFlight,
    close: async (withinMs) => {
      isClosing = true;
      if (!server.listening) return { cutOff: 0 };
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection whose answer ends now stays open for the next request, unless somebody closes it.
      const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
      server.closeIdleConnections();
      const giveUp = new AbortController();
      const inTime = await Promise.race([
        closed.then(() => true),
        clock.sleep(withinMs, giveUp.signal).then(
          () => false,
          () => true,
        ),
      ]);
      giveUp.abort();
      clearInterval(closeIdle);
      const cutOff = inTime ? 0 : inFlight;
      server.closeAllConnections();
      await closed;
      return { cutOff };
    },
  };
}

function listenOn(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('listening on no address'));
      else resolve({ host: address.address, port: address.port });
    });
  });
}

/** Before the application stands: the process lives, everything else has to wait. */
function sayUnavailable(response: ServerResponse, headers: Record<string, string>): void {
  const isLiveCheck = response.req.url === '/health/live';
  const error = new AppError('unavailable', { detail: 'Keyrail is starting, or waits for its database.' });
  const body = isLiveCheck ? { status: 'live' } : problemBody(error, newId('req'));
  response
    .writeHead(isLiveCheck ? 200 : 503, {
      ...headers,
      'content-type': isLiveCheck ? 'application/json' : 'application/problem+json; charset=utf-8',
      ...(!isLiveCheck && { 'retry-after': '2' }),
    })
    .end(JSON.stringify(body));
}

interface ClientError extends Error {
  code?: string;
  rawPacket?: Buffer;
}

/** What Node's parser could not read, or did not get in time, is answered and the connection closed. */
function refuseUnreadable(error: ClientError, socket: Socket, headers: Record<string, string>): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, reason, problem } = readingOf(error);
  const body = JSON.stringify(problemBody(problem, newId('req'), status));
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`);
}

function readingOf(error: ClientError): { status: number; reason: string; problem: AppError } {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    const isPath = error.rawPacket !== undefined && !error.rawPacket.includes('\r\n');
    return isPath
      ? {
          status: 414,
          reason: 'URI Too Long',
          problem: new AppError('too_large', { detail: 'The address is too long.' }),
        }
      : {
          status: 431,
          reason: 'Request Header Fields Too Large',
          problem: new AppError('too_large', { detail: 'The headers are too large.' }),
        };
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return {
      status: 408,
      reason: 'Request Timeout',
      problem: new AppError('invalid_input', { detail: 'The request did not arrive in time.' }),
    };
  }
  return {
    status: 400,
    reason: 'Bad Request',
    problem: new AppError('invalid_input', { detail: 'The request is not well-formed HTTP.' }),
  };
}
