import { decode } from './decode.ts';
import { type ExchangeDeps, exchange } from './exchange.ts';
import { checkUrl, type GuardPolicy } from './guard.ts';
import { answerHeaders } from './headers.ts';
import type { OutboundLimits } from './limits.ts';
import type { DeniedReason, UnreachableCause } from './outcome.ts';
import type { OutboundRequest } from './request.ts';
import { throughUpstreams, type Upstreams } from './upstreams.ts';

/** What one attempt came to; whether there is another is for `retry` to say. */
export type Attempt =
  | { kind: 'answered'; status: number; headers: Record<string, string>; body: Buffer }
  | { kind: 'denied'; reason: DeniedReason }
  | { kind: 'invalid_request'; problem: string }
  | { kind: 'unreachable'; cause: UnreachableCause; sent: boolean; detail: string }
  | { kind: 'cut_off' }
  | { kind: 'unreadable'; detail: string }
  | { kind: 'too_large' }
  | { kind: 'cancelled'; sent: boolean };

export interface AttemptDeps extends ExchangeDeps {
  policy: GuardPolicy;
  upstreams: Upstreams;
  limits: OutboundLimits;
}

/** Where a request really goes, judged, and as it is sent there. */
type Target =
  | { kind: 'target'; url: URL; request: OutboundRequest }
  | Extract<Attempt, { kind: 'denied' | 'invalid_request' }>;

/** Judges where the request would go. */
export function targetOf(deps: Pick<AttemptDeps, 'policy' | 'upstreams'>, request: OutboundRequest): Target {
  const written = checkUrl(deps.policy, request.url);
  if (written.kind === 'denied') return written;
  if (written.kind === 'invalid') return { kind: 'invalid_request', problem: `The URL ${written.problem}.` };
  const target = throughUpstreams(deps.upstreams, written.url);
  if (target === written.url) return { kind: 'target', url: target, request };
  const mapped = checkUrl(deps.policy, target.href);
  if (mapped.kind !== 'fine') return { kind: 'denied', reason: 'address' };
  // The stand-in serves several origins from one address: it is told which one was meant, as a reverse proxy is.
  const headers = { ...request.headers, 'x-forwarded-host': written.url.host };
  return { kind: 'target', url: mapped.url, request: { ...request, headers } };
}

/** Judges where the request would go, sends it once, and decodes the answer. */
export async function attempt(
  deps: AttemptDeps,
  request: OutboundRequest,
  signal?: AbortSignal,
): Promise<Attempt> {
  const target = targetOf(deps, request);
  return target.kind === 'target' ? await send(deps, target.url, target.request, signal) : target;
}

async function send(
  deps: AttemptDeps,
  target: URL,
  request: OutboundRequest,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const result = await exchange(deps, target, request, signal);
  switch (result.kind) {
    case 'received':
      return await decoded(deps, result);
    case 'denied':
      return { kind: 'denied', reason: 'address' };
    case 'malformed':
      return { kind: 'unreadable', detail: 'What came back is not valid HTTP.' };
    default:
      return result;
  }
}

async function decoded(
  deps: Pick<AttemptDeps, 'limits'>,
  received: { status: number; headers: Parameters<typeof answerHeaders>[0]; body: Buffer },
): Promise<Attempt> {
  const headers = answerHeaders(received.headers);
  const encoding = headers['content-encoding'] ?? '';
  if (encoding === '') return { kind: 'answered', status: received.status, headers, body: received.body };
  const result = await decode(received.body, encoding, deps.limits.maxAnswerBytes);
  if (result.kind === 'too_large') return result;
  if (result.kind === 'undecodable') {
    return { kind: 'unreadable', detail: `The answer cannot be read: ${result.detail}.` };
  }
  const { 'content-encoding': _, 'content-length': __, ...rest } = headers;
  return { kind: 'answered', status: received.status, headers: rest, body: result.body };
}
