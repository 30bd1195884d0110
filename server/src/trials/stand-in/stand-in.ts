import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Upstreams } from '../../outbound/upstreams.ts';
import type { Answer } from '../cases/made-answer.ts';

/** A request as it arrived. */
export interface Arrived {
  method: string;
  /** With https:// and the host that was meant: the engine says which, as a reverse proxy does. */
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** A request that may come, and what it is answered. */
export interface Expected {
  /** In words: "the check", "the code for a token". */
  what: string;
  /** Why this is not that request; null: it is. */
  misfit(arrived: Arrived): string | null;
  answer: Answer | ((arrived: Arrived) => Answer);
  /** It may stay away. */
  isOptional?: boolean;
}

export interface Played<Result> {
  result: Result;
  /** What came and was not expected, and what was expected and did not come. */
  problems: string[];
}

/**
 * A real server that stands in for a provider: it takes the requests it is told to expect, and nothing else. Whatever origin a
 * file names leads here, through the same setting that sandboxes and mirrors use.
 */
export interface StandIn {
  /** `host:port`, for the guard. */
  address: string;
  upstreams: Upstreams;
  play<Result>(expected: readonly Expected[], call: () => Promise<Result>): Promise<Played<Result>>;
  close(): Promise<void>;
}

const LARGEST_BODY = 1_000_000;

export async function openStandIn(): Promise<StandIn> {
  let expected: readonly Expected[] = [];
  let asked = new Set<Expected>();
  let problems: string[] = [];

  function answerTo(arrived: Arrived): Answer {
    const reasons: string[] = [];
    for (const one of expected) {
      const reason = one.misfit(arrived);
      if (reason === null) {
        asked.add(one);
        return typeof one.answer === 'function' ? one.answer(arrived) : one.answer;
      }
      reasons.push(`${one.what}: ${reason}`);
    }
    const { method, url } = arrived;
    // Never the query: a secret may stand in it.
    problems.push(
      `${method} ${url.host}${url.pathname} is no request this file describes (${reasons.join('; ')})`,
    );
    return { status: 421, headers: {}, text: '' };
  }

  const server = createServer((request, response) => {
    void received(request).then((arrived) => send(response, answerTo(arrived)));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;

  return {
    address,
    upstreams: new EveryOrigin(`http://${address}`),
    play: async (given, call) => {
      expected = given;
      asked = new Set();
      problems = [];
      const result = await call();
      const missed = given.filter((one) => one.isOptional !== true && !asked.has(one));
      // One request that went wrong explains that others did not come.
      if (problems.length === 0) problems.push(...missed.map(({ what }) => `${what}: was never asked`));
      return { result, problems };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** All origins there are lead to one. */
class EveryOrigin extends Map<string, string> {
  readonly #to: string;

  constructor(to: string) {
    super();
    this.#to = to;
  }

  override get(): string {
    return this.#to;
  }
}

async function received(request: IncomingMessage): Promise<Arrived> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > LARGEST_BODY) break;
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  );
  const host = headers['x-forwarded-host'] ?? 'nowhere.invalid';
  return { method: request.method ?? '', url: new URL(`https://${host}${request.url ?? ''}`), headers, body };
}

function send(response: ServerResponse, { status, headers, text }: Answer): void {
  const isEmpty = text === '' || status === 204 || status === 304;
  const named = Object.entries(headers).filter(([name]) => !OURS.has(name.toLowerCase()));
  response.writeHead(
    status,
    isEmpty
      ? Object.fromEntries(named.filter(([name]) => !/^content-type$/i.test(name)))
      : Object.fromEntries(named),
  );
  response.end(isEmpty ? undefined : text);
}

/** Documented or not, these say how the text travels, and here it travels another way. */
const OURS = new Set(['content-length', 'content-encoding', 'transfer-encoding', 'connection', 'keep-alive']);
