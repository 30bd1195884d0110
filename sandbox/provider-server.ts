import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { RoleSessions } from './aws/sessions.ts';
import type { CallLog } from './call-log.ts';
import type { Hold } from './hold.ts';
import { behaviourOf, type KeyBehaviour } from './keys.ts';
import type { Limiter } from './limiter.ts';
import { answerOAuth } from './oauth/flow.ts';
import type { Grants } from './oauth/grants.ts';
import type { Reply, SandboxRequest } from './request.ts';
import { sendBomb, sendHtml, sendHuge, sendReply } from './send.ts';
import type { KeyDesk } from './service-accounts/key-desk.ts';
import type { SandboxAccount, StandIn } from './stand-in.ts';

/** What all providers of one sandbox share. Times are in milliseconds. */
export interface SandboxState {
  log: CallLog;
  limiter: Limiter;
  hold: Hold;
  accounts: Map<string, SandboxAccount>;
  failuresLeft: Map<string, number>;
  revoked: Set<string>;
  grants: Grants;
  keys: KeyDesk;
  roleSessions: RoleSessions;
  tokenSeconds: number | null;
  latencyMs: number;
  slowMs: number;
  nowMs: () => number;
}

const LARGEST_BODY_BYTES = 5 * 1024 * 1024;
const PLENTY = 1_000_000;

/** Serves one of a provider's addresses. */
export async function serveProvider(
  provider: StandIn,
  origin: string,
  port: number,
  state: SandboxState,
): Promise<{ server: Server; port: number }> {
  const server = createServer((incoming, outgoing) => {
    answerAt(provider, origin, state, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Answers one request as that provider would. */
export async function answerAt(
  provider: StandIn,
  origin: string,
  state: SandboxState,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  outgoing.setHeader('date', new Date(state.nowMs()).toUTCString());
  const text = await readBody(incoming);
  const headers = incoming.headers as SandboxRequest['headers'];
  const body = parse(text, headers['content-type'] ?? '');
  const key = provider.keyOf(headers, url.searchParams, { path: url.pathname, body });
  const asked = { provider: provider.slug, key, method: incoming.method ?? 'GET', path: url.pathname };
  const times = state.log.seen(asked, url.search, text);
  const request: SandboxRequest = {
    ...asked,
    origin,
    query: url.searchParams,
    headers,
    body,
    times,
    grant: null,
  };
  const count = (status: number) => state.log.count(asked, url.search, text, status);
  const signIn =
    provider.atDesk?.(request, state) ??
    (provider.oauth ? answerOAuth(state, provider.slug, provider.oauth, request) : null);
  if (signIn !== null) {
    await sleepFor(state.latencyMs);
    count(signIn.status);
    return sendReply(outgoing, signIn);
  }
  await state.hold.pass();
  // Held for longer than the caller waits: it asks again, and this one is answered to nobody.
  if (outgoing.destroyed) return;
  const behaviour =
    key !== null && state.revoked.has(key) ? ({ kind: 'rejected' } as const) : behaviourAt(provider, key);
  await sleepFor(behaviour.kind === 'slow' ? (behaviour.ms ?? state.slowMs) : state.latencyMs);
  switch (behaviour.kind) {
    case 'hang':
      return count(0);
    case 'html':
      count(200);
      return sendHtml(outgoing);
    case 'huge':
      count(200);
      return sendHuge(outgoing);
    case 'bomb':
      count(200);
      return sendBomb(outgoing);
    default: {
      const reply = replyTo(provider, state, request, behaviour);
      count(reply.status);
      sendReply(outgoing, reply);
    }
  }
}

function behaviourAt({ slug, tokensOf, hasCredits }: StandIn, key: string | null): KeyBehaviour {
  const own = behaviourOf(key, slug);
  if (own.kind === 'credits' && hasCredits !== true) return { kind: 'rejected' };
  return own.kind === 'rejected' && tokensOf !== undefined ? behaviourOf(key, tokensOf) : own;
}

/** Key first, then the throttle, then credits, as real APIs do; only then the answer itself. */
function replyTo(
  provider: StandIn,
  state: SandboxState,
  request: SandboxRequest,
  behaviour: KeyBehaviour,
): Reply {
  const identified = provider.identify?.(request, state) ?? null;
  if (identified?.kind === 'refused') return identified.reply;
  if (request.key === null || (behaviour.kind === 'rejected' && identified === null))
    return provider.rejected(request.key);
  if (identified !== null) request.grant = identified.grant;
  if (behaviour.kind === 'signed_in') {
    const token = state.grants.access(request.key, state.nowMs());
    if ('because' in token) return provider.rejected(request.key, token.because);
    request.grant = token.grant;
  }
  if (request.grant?.mood === 'throttled') return provider.throttled(1);
  if (request.grant?.mood === 'limited') return provider.missingPermission();
  if (behaviour.kind === 'down' && isStillDown(state, request.key, behaviour.calls)) {
    return { status: 503, body: 'Service temporarily unavailable' };
  }
  const wait = waitFor(provider, state, request, behaviour);
  if (wait > 0) return provider.throttled(wait);
  if (behaviour.kind === 'limited') return provider.missingPermission();
  if (behaviour.kind === 'error200') return provider.errorInside();
  const account = accountOf(state, request.key, behaviour);
  const reply = provider.answer(request, account);
  const costs = reply.costs ?? 0;
  if (costs > account.creditsLeft) return provider.outOfCredits(request);
  account.creditsLeft -= costs;
  account.creditsUsed += costs;
  return reply;
}

function isStillDown(state: SandboxState, key: string, calls: number): boolean {
  const left = state.failuresLeft.get(key) ?? calls;
  state.failuresLeft.set(key, left - 1);
  return left > 0;
}

function waitFor(
  provider: StandIn,
  state: SandboxState,
  request: SandboxRequest,
  behaviour: KeyBehaviour,
): number {
  if (behaviour.kind === 'throttled') {
    if (behaviour.callsPerSecond === 0) return 1;
    return state.limiter.take(
      `${request.key} own`,
      [{ calls: behaviour.callsPerSecond, perMs: 1000 }],
      state.nowMs(),
    );
  }
  const { group, windows } = provider.limitsOf(request.path);
  return state.limiter.take(`${provider.slug} ${request.key} ${group}`, windows, state.nowMs());
}

function accountOf(state: SandboxState, key: string, behaviour: KeyBehaviour): SandboxAccount {
  let account = state.accounts.get(key);
  if (account === undefined) {
    account = { creditsLeft: behaviour.kind === 'credits' ? behaviour.credits : PLENTY, creditsUsed: 0 };
    state.accounts.set(key, account);
  }
  return account;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, type: string): unknown {
  if (type.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
