import { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { Outbound } from '../outbound/call.ts';
import { literalCredential } from '../outbound/credential-source.ts';
import { keepBody } from '../outbound/kept-body.ts';
import type { DeniedReason, UnreachableCause } from '../outbound/outcome.ts';
import { retryAfterSeconds } from '../outbound/retry.ts';
import type { StreamOutcome } from '../outbound/stream.ts';
import type { Sent } from './delivery.ts';

export interface PostDeps {
  outbound: Pick<Outbound, 'stream'>;
  clock: Clock;
  settings: { attemptTimeoutMs: number };
}

export interface Message {
  workspaceId: string;
  url: string;
  /** The address itself is a secret: nothing of it is shown but its origin. */
  isSecretUrl: boolean;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** An answer: its status, when to come again, and the beginning of what it says where that is short and came in time. */
export interface Answered {
  kind: 'answered';
  status: number;
  retryAfterSeconds: number | null;
  text: string;
}

/** More of an answer is not read. */
const MOST_BYTES = 65_536;

/**
 * Posts JSON, once, through the engine of every call: the same guard, no redirect followed. A receiver gets so long for all of
 * it, and the status counts as soon as it is there, whatever body follows.
 */
export async function post(
  deps: PostDeps,
  message: Message,
  wants: { text: boolean },
): Promise<Answered | Extract<Sent, { kind: 'later' }>> {
  const { attemptTimeoutMs } = deps.settings;
  const timeout = AbortSignal.timeout(attemptTimeoutMs);
  const outcome = await deps.outbound.stream(callOf(message, timeout));
  if (outcome.kind !== 'answer') {
    const answer =
      outcome.kind === 'cancelled' && timeout.aborted ? tooSlow(attemptTimeoutMs) : failureWords(outcome);
    return { kind: 'later', answer };
  }
  const { status, headers, body } = outcome.answer;
  const text = wants.text || Buffer.isBuffer(body) ? await beginning(body) : '';
  if (!Buffer.isBuffer(body)) body.destroy();
  return { kind: 'answered', status, retryAfterSeconds: retryAfterSeconds(headers, deps.clock.now()), text };
}

function callOf({ workspaceId, url, isSecretUrl, headers, body }: Message, signal: AbortSignal) {
  const bytes = Buffer.from(body, 'utf8');
  const { origin = '', pathname = '' } = URL.parse(url) ?? {};
  const limits = { keepBytes: bytes.length, maxBytes: bytes.length };
  return {
    request: {
      method: 'POST',
      url: isSecretUrl ? `${origin}/` : url,
      headers: { 'content-type': 'application/json', ...headers },
    },
    body: keepBody(Readable.from([bytes]), bytes.length, limits),
    allowedOrigins: [origin],
    credential: isSecretUrl
      ? literalCredential({
          version: 1,
          apply: (request) => ({ ...request, url }),
          secrets: [new Secret(url), new Secret(pathname)],
        })
      : null,
    workspaceId,
    connectionId: null,
    consumer: 'notices',
    peeks: () => false,
    read: () => ({ kind: 'final' }) as const,
    signal,
  };
}

/** What comes of the body within the limits; whatever goes wrong with it changes nothing about the status. */
async function beginning(body: Readable | Buffer): Promise<string> {
  if (Buffer.isBuffer(body)) return body.subarray(0, MOST_BYTES).toString('utf8');
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length >= MOST_BYTES) break;
    }
  } catch {
    // Cut off, or out of time.
  }
  return Buffer.concat(parts).subarray(0, MOST_BYTES).toString('utf8');
}

function tooSlow(timeoutMs: number): string {
  return `No answer within ${Math.max(1, Math.round(timeoutMs / 1000))} seconds`;
}

const UNREACHABLE: Record<UnreachableCause, string> = {
  dns: 'The name could not be looked up',
  tcp: 'No connection could be made',
  tls: 'Its certificate was not accepted',
  client_certificate: 'It wants a client certificate',
  timeout: 'No answer in time',
  reset: 'The connection broke',
};

const DENIED: Record<DeniedReason, string> = {
  scheme: 'Not sent: such an address is not called',
  userinfo: 'Not sent: such an address is not called',
  port: 'Not sent: this port is not called',
  address: 'Not sent: the address is not one this server calls',
  host: 'Not sent: the address is not one this server calls',
};

function failureWords(outcome: Exclude<StreamOutcome, { kind: 'answer' }>): string {
  switch (outcome.kind) {
    case 'unreachable':
      return UNREACHABLE[outcome.cause];
    case 'egress_denied':
      return DENIED[outcome.reason];
    case 'invalid_response':
      return 'The answer is not valid HTTP';
    case 'too_large':
      return 'The answer is too large';
    case 'rate_limited':
    case 'cancelled':
      return 'The attempt was broken off';
    case 'invalid_request':
    case 'no_credential':
    case 'request_too_large':
      return 'Not sent: the address cannot be used';
  }
}
