import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { ConnectFailure } from './connect.ts';
import type { OutboundLimits } from './limits.ts';
import type { UnreachableCause } from './outcome.ts';
import type { OutboundRequest } from './request.ts';

/** One request and what came back over the wire, still encoded. `sent`: its first byte may have left us. */
export type Exchange =
  | { kind: 'received'; status: number; headers: IncomingHttpHeaders; body: Buffer }
  | { kind: 'denied' }
  | { kind: 'unreachable'; cause: UnreachableCause; sent: boolean; detail: string }
  /** The answer began and broke off. */
  | { kind: 'cut_off' }
  /** What came is not HTTP as we take it. */
  | { kind: 'malformed' }
  | { kind: 'too_large' }
  | { kind: 'cancelled'; sent: boolean };

export interface ExchangeDeps {
  dispatcher: Dispatcher;
  limits: Pick<OutboundLimits, 'headersTimeoutMs' | 'totalTimeoutMs' | 'maxAnswerBytes'>;
}

/** Sends `request` to `target` (already judged by the guard) and waits for the whole answer. Never rejects. */
export function exchange(
  deps: ExchangeDeps,
  target: URL,
  request: OutboundRequest,
  signal?: AbortSignal,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const state = new ExchangeState(deps.limits.maxAnswerBytes, resolve);
    const timer = setTimeout(() => {
      state.finish({ kind: 'unreachable', cause: 'timeout', sent: state.sent, detail: 'no answer in time' });
    }, deps.limits.totalTimeoutMs);
    const onAbort = () => state.finish({ kind: 'cancelled', sent: state.sent });
    state.onFinish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      deps.dispatcher.dispatch(dispatchOptions(deps, target, request), state);
    } catch {
      // undici refuses what it cannot put on a wire; `validate` has seen the request before, so this is rare.
      state.finish({ kind: 'unreachable', cause: 'reset', sent: false, detail: 'not sendable' });
    }
  });
}

function dispatchOptions(
  deps: ExchangeDeps,
  target: URL,
  request: OutboundRequest,
): Dispatcher.DispatchOptions {
  return {
    origin: target.origin,
    path: `${target.pathname}${target.search}`,
    method: request.method as Dispatcher.HttpMethod,
    headers: request.headers,
    body: typeof request.body === 'string' ? Buffer.from(request.body, 'utf8') : (request.body ?? null),
    headersTimeout: deps.limits.headersTimeoutMs,
    bodyTimeout: deps.limits.totalTimeoutMs,
  };
}

/** Follows one request through undici's callbacks to exactly one outcome. */
class ExchangeState implements Dispatcher.DispatchHandler {
  sent = false;
  onFinish: () => void = () => {};
  readonly #maxBytes: number;
  readonly #resolve: (exchange: Exchange) => void;
  #isFinished = false;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #received = 0;

  constructor(maxBytes: number, resolve: (exchange: Exchange) => void) {
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
  }

  finish(outcome: Exchange): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#chunks = [];
    this.onFinish();
    this.#resolve(outcome);
    if (outcome.kind !== 'received') this.#controller?.abort(new Error(outcome.kind));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: this stops it before a byte is written.
    if (this.#isFinished) {
      controller.abort(new Error('given up'));
      return;
    }
    this.#controller = controller;
    this.sent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (Number(headers['content-length'] ?? 0) > this.#maxBytes) this.finish({ kind: 'too_large' });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) this.finish({ kind: 'too_large' });
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.finish({ kind: 'received', status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.finish(judgeFailure(error, { sent: this.sent, hasBegun: this.#status !== 0 }));
  }
}

/** What an error of the HTTP client or of a connection means. */
export function judgeFailure(
  error: Error,
  { sent, hasBegun }: { sent: boolean; hasBegun: boolean },
): Exclude<Exchange, { kind: 'received' }> {
  if (error instanceof ConnectFailure) {
    if (error.failure === 'denied') return { kind: 'denied' };
    return { kind: 'unreachable', cause: error.failure, sent: false, detail: error.message };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // By name: the parser's errors come with and without a code.
  if (error.name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') return { kind: 'malformed' };
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { kind: 'unreachable', cause: 'timeout', sent, detail: 'no answer in time' };
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return { kind: 'cancelled', sent };
  }
  if (hasBegun) return { kind: 'cut_off' };
  return { kind: 'unreachable', cause: 'reset', sent, detail: 'the connection broke' };
}
