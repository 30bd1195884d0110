import { requestHeaders } from './api.ts';

export interface StreamEvent {
  name: string;
  data: unknown;
}

const shortestWaitMs = 500;
const longestWaitMs = 10_000;

/**
 * Listens to a stream of server-sent events, and connects again whenever it breaks off, until `signal` ends it or
 * `onEvent` answers false. Each time it is connected `onOpen` is called, since what happened before was not told. By fetch, as EventSource cannot send the header that names the workspace.
 */
export async function listen(
  path: string,
  onEvent: (event: StreamEvent) => boolean,
  onOpen: () => void,
  signal: AbortSignal,
): Promise<void> {
  let waitMs = shortestWaitMs;
  while (!signal.aborted) {
    const end = await readOnce(path, onEvent, onOpen, signal).catch(() => 'broken' as const);
    if (end === 'over' || end === 'refused') return;
    waitMs = end === 'closed' ? shortestWaitMs : Math.min(waitMs * 2, longestWaitMs);
    await pause(waitMs * (0.75 + Math.random() / 2), signal);
  }
}

type End = 'over' | 'refused' | 'closed' | 'broken';

async function readOnce(
  path: string,
  onEvent: (event: StreamEvent) => boolean,
  onOpen: () => void,
  signal: AbortSignal,
): Promise<End> {
  const headers = { ...requestHeaders(), accept: 'text/event-stream' };
  const response = await fetch(path, { headers, signal });
  if (response.status >= 400 && response.status < 500) return 'refused';
  if (!response.ok || response.body === null) return 'broken';
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) return 'closed';
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event !== undefined && !onEvent(event)) {
        await reader.cancel();
        return 'over';
      }
    }
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html: fields in lines; a line that begins with a colon says nothing. */
function parse(block: string): StreamEvent | undefined {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  if (data.length === 0) return undefined;
  return { name, data: JSON.parse(data.join('\n')) };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
