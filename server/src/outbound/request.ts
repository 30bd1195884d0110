/**
 * A request before it is sent. `url` is absolute, as text: the guard wants to see what was written, not what a
 * parser made of it. Header names are lower case, one value each. The body is whole; framing is ours.
 */
export interface OutboundRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

/** What may be shown of a request: no query string (keys live there), no headers. */
export interface ShownRequest {
  method: string;
  host: string;
  path: string;
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const METHODS = new Set([...IDEMPOTENT, 'POST', 'PATCH']);

/** RFC 9110 §9.2.2: sending it twice is meant to do the same as sending it once. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** Methods we send; TRACE and CONNECT are no business of an API client, unknown words are mistakes or smuggling. */
export function isSendableMethod(method: string): boolean {
  return METHODS.has(method);
}
