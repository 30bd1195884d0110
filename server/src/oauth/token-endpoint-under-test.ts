import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Secret } from '../lib/secret.ts';
import type { RunningOutbound } from '../outbound/outbound.ts';
import { httpServer, type TestServer, testOutbound } from '../outbound/under-test.ts';
import { askTokenEndpoint, type Grant, type TokenEndpoint } from './token-endpoint.ts';

/** An endpoint without any quirk. */
export const plainTokenEndpoint: TokenEndpoint = {
  tokenRequestBody: 'form',
  tokenAuthMethod: 'client_secret_post',
  tokenParams: {},
  tokenHeaders: {},
  tokenErrorPaths: ['error'],
  tokenErrors: {},
};

export const NOW = new Date('2026-03-01T12:00:00Z');
export const clock = { now: () => NOW, sleep: async () => {} };
export const SECRET = 'fake-client-secret-0001';
export const REFRESH = 'fake-refresh-token-0001';

export const refreshing: Grant = { kind: 'refresh_token', refreshToken: new Secret(REFRESH), params: {} };
export const exchanging: Grant = {
  kind: 'authorization_code',
  code: new Secret('fake-code-0001'),
  redirectUri: 'http://127.0.0.1:4400/oauth/callback/trial',
  codeVerifier: new Secret('fake-verifier-of-at-least-forty-three-characters'),
};

/** A token endpoint of one's own for the tests of a file, which answers with a token unless it is told otherwise. */
export function tokenEndpointUnderTest() {
  let server: TestServer;
  let outbound: RunningOutbound;
  let respond: (request: IncomingMessage, response: ServerResponse) => void;
  let received: { headers: IncomingMessage['headers']; body: string }[];

  beforeAll(async () => {
    server = await httpServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push({ headers: request.headers, body });
      respond(request, response);
    });
    outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`] });
  });
  afterAll(async () => {
    await outbound.close();
    await server.close();
  });
  beforeEach(() => {
    received = [];
    answer(200, { access_token: 'fake-access-0001', token_type: 'Bearer', expires_in: 3600 });
  });

  function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    respond = (_request, response) => {
      const isText = typeof body === 'string' || Buffer.isBuffer(body);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(isText ? body : JSON.stringify(body));
    };
  }

  function ask(
    endpoint: Partial<TokenEndpoint> = {},
    grant: Grant = refreshing,
    more: Partial<Parameters<typeof askTokenEndpoint>[1]> = {},
  ) {
    return askTokenEndpoint(
      { outbound, clock },
      {
        workspaceId: 'wsp_1',
        url: `${server.origin}/token`,
        endpoint: { ...plainTokenEndpoint, ...endpoint },
        client: { id: 'fake-client', secret: new Secret(SECRET) },
        grant,
        ...more,
      },
    );
  }

  async function minted(endpoint?: Partial<TokenEndpoint>, grant?: Grant) {
    const outcome = await ask(endpoint, grant);
    if (outcome.kind !== 'minted') throw new Error(`not minted: ${JSON.stringify(outcome)}`);
    return outcome.minted;
  }

  const sent = () => received.at(-1) ?? { headers: {}, body: '' };
  const sentForm = () => Object.fromEntries(new URLSearchParams(sent().body));

  return {
    ask,
    minted,
    answer,
    /** What asking takes, for those who ask by another function. */
    deps: () => ({ outbound, clock }),
    /** The last request. */
    sent,
    sentForm,
    /** How many requests came since the beginning of the test. */
    count: () => received.length,
    /** Answers by hand, such as not at all. */
    respondBy: (by: typeof respond) => {
      respond = by;
    },
    server: () => server,
  };
}
