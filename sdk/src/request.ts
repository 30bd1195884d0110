import { errorFromAnswer, networkError } from './api-error.ts';

export interface ClientOptions {
  /** `https://keyrail.example.com`; empty in the browser, where requests go to the page's own origin. */
  baseUrl?: string;
  /** An API token (`kr_…`). Left out in the browser, which sends its session cookie. */
  token?: string;
  /** The workspace that a session speaks for; a token fixes it by itself. */
  workspace?: () => string | undefined;
  fetch?: typeof globalThis.fetch;
  /** Told of every answer 401, so that an app can ask for a new sign-in. */
  onUnauthenticated?: () => void;
}

export type Query = Record<string, string | number | boolean | undefined | null>;

export interface RequestParts {
  query?: Query;
  body?: unknown;
  /** A body sent as it is, such as a CSV file. */
  raw?: { type: string; content: string | Blob };
  /** Sent as `If-Match`: the version that the change was made on. */
  version?: number;
  /** Sent as `Idempotency-Key`: the same request under the same key does its work once. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal;
}

/** Makes one request and answers with the parsed JSON, or throws an `ApiError`. */
export type Request = <Answer>(method: string, path: string, parts?: RequestParts) => Promise<Answer>;

export function createRequest(options: ClientOptions = {}): Request {
  return async <Answer>(method: string, path: string, parts: RequestParts = {}) => {
    const response = await send(options, method, path, parts);
    const text = await response.text().catch((cause: unknown) => {
      throw networkError(cause);
    });
    if (!response.ok) {
      if (response.status === 401) options.onUnauthenticated?.();
      throw errorFromAnswer(response.status, text, response.headers.get('retry-after'));
    }
    if (text === '') return undefined as Answer;
    return parse<Answer>(text);
  };
}

export function addressOf(options: ClientOptions, path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) search.set(name, String(value));
  }
  const tail = search.size > 0 ? `?${search}` : '';
  return `${options.baseUrl ?? ''}${path}${tail}`;
}

/** The headers that say who asks; also for requests that do not go through `fetch`. */
export function identityHeaders(options: ClientOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  const workspace = options.workspace?.();
  if (workspace !== undefined) headers['keyrail-workspace'] = workspace;
  return headers;
}

async function send(options: ClientOptions, method: string, path: string, parts: RequestParts) {
  const headers: Record<string, string> = { accept: 'application/json', ...identityHeaders(options) };
  if (parts.body !== undefined) headers['content-type'] = 'application/json';
  if (parts.raw !== undefined) headers['content-type'] = parts.raw.type;
  if (parts.version !== undefined) headers['if-match'] = `"${parts.version}"`;
  if (parts.idempotencyKey !== undefined) headers['idempotency-key'] = parts.idempotencyKey;
  const body = parts.raw?.content ?? (parts.body === undefined ? null : JSON.stringify(parts.body));
  const call = options.fetch ?? globalThis.fetch;
  try {
    return await call(addressOf(options, path, parts.query), {
      method,
      headers,
      body,
      signal: parts.signal ?? null,
    });
  } catch (cause) {
    if (parts.signal?.aborted === true) throw cause;
    throw networkError(cause);
  }
}

function parse<Answer>(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw networkError(cause);
  }
}
