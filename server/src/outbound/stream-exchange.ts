import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { type Exchange, judgeFailure } from './exchange.ts';
import { BodyTooLarge } from './kept-body.ts';
import type { OutboundLimits } from './limits.ts';
import type { OutboundRequest } from './request.ts';

/** What came of sending a request whose answer is streamed. `begun`: its headers are there, its body still comes. */
export type StreamExchange =
  | { kind: 'begun'; status: number; headers: IncomingHttpHeaders; body: Readable }
  | { kind: 'request_too_large' }
  | Exclude<Exchange, { kind: 'received' }>;

/** Why a body that was being streamed ended early. */
export class AnswerBroken extends Error {
  readonly because: 'too_large' | 'timeout' | 'cut_off' | 'malformed' | 'cancelled';

  constructor(because: AnswerBroken['because']) {
    super(`the answer was not read to its end: ${because}`);
    this.name = 'AnswerBroken';
    this.because = because;
  }
}

export interface StreamExchangeDeps {
  dispatcher: Dispatcher;
  limits: Pick<OutboundLimits, 'streamTotalTimeoutMs' | 'streamIdleTimeoutMs' | 'maxStreamBytes'>;
}

/**
 * Sends `request` to `target` (already judged by the guard) and hands the answer over as soon as its headers are there.
 * Whoever reads slowly slows the other side down; whoever destroys the body ends the call. Never rejects.
 */
export function exchangeStream(
  deps: StreamExchangeDeps,
  target: URL,
  request: OutboundRequest,
  body: Readable | Buffer | null,
  signal?: AbortSignal,
): Promise<StreamExchange> {
  return new Promise((resolve) => {
    const state = new StreamState(deps.limits.maxStreamBytes, resolve);
    const timer = setTimeout(() => state.stop('timeout'), deps.limits.streamTotalTimeoutMs);
    const onAbort = () => state.stop('cancelled');
    state.onOver = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      deps.dispatcher.dispatch(
        {
          origin: target.origin,
          path: `${target.pathname}${target.search}`,
          method: request.method as Dispatcher.HttpMethod,
          headers: request.headers,
          body,
          headersTimeout: deps.limits.streamIdleTimeoutMs,
          bodyTimeout: deps.limits.streamIdleTimeoutMs,
        },
        state,
      );
    } catch {
      state.settle({ kind: 'unreachable', cause: 'reset', sent: false, detail: 'not sendable' });
    }
  });
}

/** Follows one request through undici's callbacks: to one outcome, and then to the end of its body. */
class StreamState implements Dispatcher.DispatchHandler {
  onOver: () => void = () => {};
  readonly #maxBytes: number;
  readonly #resolve: (exchange: StreamExchange) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #body: Readable | null = null;
  #sent = false;
  #isSettled = false;
  #isComplete = false;
  #received = 0;

  constructor(maxBytes: number, resolve: (exchange: StreamExchange) => void) {
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
  }

  /** The one outcome; `begun` is not the end. */
  settle(outcome: StreamExchange): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    if (outcome.kind !== 'begun') {
      this.onOver();
      this.#controller?.abort(new Error(outcome.kind));
    }
    this.#resolve(outcome);
  }

  /** From outside: no time is left, or nobody wants the answer any more. */
  stop(because: 'timeout' | 'cancelled'): void {
    if (this.#body) this.#body.destroy(new AnswerBroken(because));
    else if (because === 'cancelled') this.settle({ kind: 'cancelled', sent: this.#sent });
    else
      this.settle({ kind: 'unreachable', cause: 'timeout', sent: this.#sent, detail: 'no answer in time' });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isSettled) {
      controller.abort(new Error('given up'));
      return;
    }
    this.#controller = controller;
    this.#sent = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200 || this.#isSettled) return;
    if (Number(headers['content-length'] ?? 0) > this.#maxBytes) {
      this.settle({ kind: 'too_large' });
      return;
    }
    const body = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        this.onOver();
        if (!this.#isComplete) controller.abort(error ?? new Error('no longer read'));
        done(error);
      },
    });
    // Unheard, it would end the process; whoever reads hears of it all the same.
    body.on('error', () => {});
    this.#body = body;
    this.settle({ kind: 'begun', status, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) this.#body?.destroy(new AnswerBroken('too_large'));
    else if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#isComplete = true;
    this.onOver();
    this.#body?.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const judged = judgeFailure(error, { sent: this.#sent, hasBegun: this.#body !== null });
    if (error instanceof BodyTooLarge) this.settle({ kind: 'request_too_large' });
    else if (this.#body === null) this.settle(judged);
    else {
      this.#isComplete = true;
      this.#body.destroy(new AnswerBroken(brokenBy(judged)));
    }
  }
}

function brokenBy(judged: Exclude<Exchange, { kind: 'received' }>): AnswerBroken['because'] {
  if (judged.kind === 'malformed') return 'malformed';
  if (judged.kind === 'cancelled') return 'cancelled';
  return judged.kind === 'unreachable' && judged.cause === 'timeout' ? 'timeout' : 'cut_off';
}
