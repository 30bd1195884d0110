import type { Readable } from 'node:stream';
import { type OpenedAnswer, openAnswer } from './answer-stream.ts';
import { targetOf } from './attempt.ts';
import type { OutboundCall, Reading } from './call.ts';
import type { Credential } from './credential-source.ts';
import {
  classOf,
  count,
  type EngineDeps,
  permitFor,
  refuse,
  refuseSigned,
  sign,
  withSockets,
} from './engine.ts';
import { answerHeaders } from './headers.ts';
import type { KeptBody } from './kept-body.ts';
import type { CallOutcome } from './outcome.ts';
import { formsOfAll, redactor } from './redact.ts';
import { isIdempotent, type OutboundRequest } from './request.ts';
import { retryAfterSeconds } from './retry.ts';
import { exchangeStream, type StreamExchange } from './stream-exchange.ts';

/** A call whose bodies are streamed both ways: made for someone outside, who judges the answer themselves. */
export interface StreamCall extends Omit<OutboundCall, 'request' | 'repeatable' | 'maxAttempts' | 'read'> {
  request: Omit<OutboundRequest, 'body'>;
  /** Null: there is none. */
  body: KeptBody | null;
  /** Whether the first 64 KB are wanted for `read`; where not, a status is all there is to judge. */
  peeks(head: { status: number; headers: Readonly<Record<string, string>> }): boolean;
  /** Only `unauthenticated` (a newer credential, one repetition) and `throttled` (all users wait) make a difference. */
  read(head: StreamedHead): Reading;
}

/** `text`: all of the answer where it is short and was asked for; secrets are not in it. */
export interface StreamedHead {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string | null;
}

/** Decoded, secrets starred out, and handed through whatever its status is. */
export interface StreamedAnswer {
  status: number;
  /** Lower-case names; nothing of the hop, no cookies, no secret. */
  headers: Record<string, string>;
  /** Must be read to its end or destroyed. A Buffer where all of it was there at once. */
  body: Readable | Buffer;
}

export type StreamOutcome =
  | { kind: 'answer'; answer: StreamedAnswer }
  | { kind: 'request_too_large'; limitBytes: number }
  | { kind: 'rate_limited'; retryAfterSeconds: number }
  | Extract<
      CallOutcome,
      {
        kind:
          | 'egress_denied'
          | 'unreachable'
          | 'invalid_response'
          | 'too_large'
          | 'invalid_request'
          | 'no_credential'
          | 'cancelled';
      }
    >;

const DEFAULT_PATIENCE_MS = 30_000;

/**
 * One streamed call. It is repeated once at most: with a newer credential after a refusal, or on another socket where the
 * one it was sent on turned out to be closed and the method is idempotent; both only while its body is still there.
 */
export async function makeStreamCall(deps: EngineDeps, call: StreamCall): Promise<StreamOutcome> {
  const refusal = refuse(deps, call);
  if (refusal) return refusal;
  const deadline = deps.clock.now().getTime() + (call.patienceMs ?? DEFAULT_PATIENCE_MS);
  const permit = await permitFor(deps, call, { deadline });
  if (permit.kind === 'cancelled') return { kind: 'cancelled', mayHaveHappened: false };
  if (permit.kind === 'not_yet') {
    return { kind: 'rate_limited', retryAfterSeconds: Math.max(1, Math.ceil(permit.afterMs / 1_000)) };
  }
  try {
    const outcome = await withPermit(deps, call);
    const body = outcome.kind === 'answer' ? outcome.answer.body : null;
    if (body === null || Buffer.isBuffer(body)) permit.done();
    else body.once('close', permit.done);
    return outcome;
  } catch (error) {
    permit.done();
    throw error;
  }
}

async function withPermit(deps: EngineDeps, call: StreamCall): Promise<StreamOutcome> {
  const found = await call.credential?.current();
  if (found?.kind === 'unavailable') return { ...found, kind: 'no_credential' };
  const credential = found?.credential ?? null;
  const first = await tryStream(deps, call, credential, call.body?.first() ?? null);
  if (isLostOnTheWay(call, first)) {
    const body = call.body === null ? null : await call.body.whole();
    if (call.body === null || body !== null) return settled(await tryStream(deps, call, credential, body));
  }
  if (first.kind !== 'tried' || first.reading.kind !== 'unauthenticated') return settled(first);
  const newer = credential === null ? null : await call.credential?.refused(credential.version);
  if (newer == null) return settled(first);
  if ('kind' in newer) {
    first.opened.body.destroy();
    return { ...newer, kind: 'no_credential' };
  }
  const body = call.body === null ? null : await call.body.whole();
  if (call.body !== null && body === null) return settled(first);
  first.opened.body.destroy();
  return settled(await tryStream(deps, call, newer, body));
}

type Tried =
  | { kind: 'over'; outcome: StreamOutcome; isReset: boolean }
  | {
      kind: 'tried';
      status: number;
      opened: OpenedAnswer;
      headers: Record<string, string>;
      reading: Reading;
    };

async function tryStream(
  deps: EngineDeps,
  call: StreamCall,
  credential: Credential | null,
  given: Readable | Buffer | null,
): Promise<Tried> {
  const prepared = await signed(deps, call, credential, given);
  if (prepared === null) return over({ kind: 'request_too_large', limitBytes: call.body?.keepBytes ?? 0 });
  const { request, body } = prepared;
  const refusal = refuseSigned(call, request, credential);
  if (refusal) return over(refusal);
  const target = targetOf(deps, request);
  if (target.kind === 'denied') return over({ kind: 'egress_denied', reason: target.reason });
  if (target.kind !== 'target') return over(target);
  const startedAt = performance.now();
  const headers = framed(target.request, call, body);
  const { body: _, ...head } = target.request;
  const sent = await exchangeStream(
    withSockets(deps, call, request, credential),
    target.url,
    { ...head, headers },
    body,
    call.signal,
  );
  count(deps, call, sent.kind === 'begun' ? classOf(sent) : sent.kind, performance.now() - startedAt);
  return sent.kind === 'begun'
    ? await opened(deps, call, credential, sent)
    : over(outcomeOf(deps, sent), sent);
}

/** A signature over the body needs all of it first (null: it is too large); everything else goes as it comes. */
async function signed(
  deps: EngineDeps,
  call: StreamCall,
  credential: Credential | null,
  given: Readable | Buffer | null,
): Promise<{ request: OutboundRequest; body: Readable | Buffer | null } | null> {
  // A part of an encoded answer cannot be decoded.
  const acceptEncoding = 'range' in call.request.headers ? 'identity' : 'gzip, br';
  const isSigned = credential?.signsBody === true && given !== null;
  const body = isSigned && !Buffer.isBuffer(given) ? ((await call.body?.whole()) ?? null) : given;
  if (isSigned && body === null) return null;
  const request: OutboundRequest =
    isSigned && Buffer.isBuffer(body) ? { ...call.request, body } : { ...call.request };
  const changed = await sign(deps, request, credential, acceptEncoding);
  // Some credentials stand in the body itself.
  return { request: changed, body: changed.body === undefined ? body : Buffer.from(changed.body) };
}

/** Framing is ours: the length as it is known, else chunks. */
function framed(
  { headers }: OutboundRequest,
  call: StreamCall,
  body: Readable | Buffer | null,
): Record<string, string> {
  if (body === null || Buffer.isBuffer(body)) return headers;
  const length = call.body?.length ?? null;
  return length === null ? headers : { ...headers, 'content-length': String(length) };
}

async function opened(
  deps: EngineDeps,
  call: StreamCall,
  credential: Credential | null,
  sent: Extract<StreamExchange, { kind: 'begun' }>,
): Promise<Tried> {
  const secrets = credential?.secrets ?? [];
  const { status } = sent;
  const hasBody = call.request.method !== 'HEAD' && status !== 204 && status !== 304;
  const shown = { status, headers: sent.headers as Record<string, string> };
  const opened = hasBody
    ? await openAnswer(deps.limits, sent, formsOfAll(secrets), call.peeks(shown))
    : withoutBody(sent);
  if (opened.kind === 'too_large') return over({ kind: 'too_large', limitBytes: deps.limits.maxStreamBytes });
  if (opened.kind !== 'opened') return over(opened);
  const redact = redactor(secrets);
  const headers = Object.fromEntries(
    Object.entries(opened.headers).map(([name, value]) => [name, redact(value)]),
  );
  const text = opened.peeked.isWhole ? redact(opened.peeked.bytes.toString('utf8')) : null;
  const reading = call.read({ status, headers, text });
  await pauseOthers(deps, call, reading, headers);
  return { kind: 'tried', status, opened, headers, reading };
}

/** HEAD, 204 and 304: what the headers say of a body is true of one that does not come. */
function withoutBody({ headers, body }: Extract<StreamExchange, { kind: 'begun' }>): OpenedAnswer {
  body.resume();
  const peeked = { bytes: Buffer.alloc(0), isWhole: true, error: null };
  return { kind: 'opened', headers: answerHeaders(headers), body, peeked };
}

/** The other side said when to come again: all who share the budget wait, as for any other call. */
async function pauseOthers(
  deps: EngineDeps,
  call: StreamCall,
  reading: Reading,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const key = call.budgetKey ?? call.connectionId;
  if (reading.kind !== 'throttled' || key === null) return;
  const seconds = reading.retryAfterSeconds ?? retryAfterSeconds(headers, deps.clock.now());
  if (seconds !== null) await deps.budget.pause(key, seconds * 1_000);
}

function settled(tried: Tried): StreamOutcome {
  if (tried.kind === 'over') return tried.outcome;
  const { status, headers, opened } = tried;
  const { isWhole, bytes } = opened.peeked;
  return { kind: 'answer', answer: { status, headers, body: isWhole ? bytes : opened.body } };
}

/** An idle socket that the other side closed at this very moment. */
function isLostOnTheWay(call: StreamCall, tried: Tried): boolean {
  return tried.kind === 'over' && tried.isReset && isIdempotent(call.request.method) && !call.signal?.aborted;
}

function outcomeOf(deps: EngineDeps, sent: Exclude<StreamExchange, { kind: 'begun' }>): StreamOutcome {
  switch (sent.kind) {
    case 'denied':
      return { kind: 'egress_denied', reason: 'address' };
    case 'malformed':
      return { kind: 'invalid_response', detail: 'What came back is not valid HTTP.' };
    case 'cut_off':
      return { kind: 'invalid_response', detail: 'The answer broke off.' };
    case 'too_large':
      return { kind: 'too_large', limitBytes: deps.limits.maxStreamBytes };
    case 'request_too_large':
      return { kind: 'request_too_large', limitBytes: deps.limits.maxStreamBytes };
    case 'cancelled':
      return { kind: 'cancelled', mayHaveHappened: sent.sent };
    case 'unreachable': {
      const { cause, detail } = sent;
      return { kind: 'unreachable', cause, mayHaveHappened: sent.sent, detail };
    }
  }
}

function over(outcome: StreamOutcome, sent?: Exclude<StreamExchange, { kind: 'begun' }>): Tried {
  return { kind: 'over', outcome, isReset: sent?.kind === 'unreachable' && sent.cause === 'reset' };
}
