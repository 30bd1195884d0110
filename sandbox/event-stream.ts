export interface StreamedEvent {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: every stream has shapes of its own
  data: any;
}

/**
 * The events of a stream as they come, until it ends or nobody takes more of them.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* streamEvents(
  url: string,
  headers: Record<string, string>,
  signal?: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const leaving = new AbortController();
  const signals = signal ? [signal, leaving.signal] : [leaving.signal];
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any(signals) });
    if (!response.ok || response.body === null)
      throw new Error(`${new URL(url).pathname} answered ${response.status}`);
    let text = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + piece).split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks.flatMap(parse);
    }
  } finally {
    leaving.abort();
  }
}

/** A block without a name of its own is a heartbeat. */
function parse(block: string): StreamedEvent[] {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const event = field('event');
  return event === undefined ? [] : [{ event, data: JSON.parse(field('data') ?? 'null') }];
}
