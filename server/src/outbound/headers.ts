import type { IncomingHttpHeaders } from 'node:http';

/** RFC 9110 §7.6.1: between two neighbours only. What `Connection` names goes with them. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Framing and routing are ours: a second opinion on them is how requests are smuggled. */
const OURS = new Set(['host', 'content-length', 'expect', 'http2-settings']);

/** Who the caller is, or says to be: not for third parties. */
const CALLERS = new Set(['authorization', 'cookie', 'cookie2', 'forwarded', 'via', 'x-real-ip']);

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A token of 16 KB, and the word before it that says what it is. */
const MAX_HEADER_VALUE_LENGTH = 16 * 1024 + 256;

/** Why a header of this name cannot be set by a definition or a person; null where it can. */
export function headerNameProblem(name: string): string | null {
  if (!NAME.test(name)) return 'is not a header name';
  const lower = name.toLowerCase();
  return HOP_BY_HOP.has(lower) || OURS.has(lower) ? 'is set by Keyrail itself' : null;
}

/** Why this value cannot be sent; null where it can, exactly as it is. */
export function headerValueProblem(value: string): string | null {
  if (value.length > MAX_HEADER_VALUE_LENGTH) return 'is longer than 16 KB';
  if (!VALUE.test(value) || value !== value.trim()) return 'contains a character that cannot be sent';
  return null;
}

/** Headers of someone who calls through us, without what speaks of them, of the hop, or of the framing. */
export function callerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named = connectionTokens(entryOf(headers, 'connection'));
  const kept = Object.entries(headers).filter(([name]) => {
    const lower = name.toLowerCase();
    const isTheirs = CALLERS.has(lower) || lower.startsWith('x-forwarded-');
    return !isTheirs && !HOP_BY_HOP.has(lower) && !OURS.has(lower) && !named.has(lower);
  });
  return Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), value]));
}

/** An answer's headers: lower case, one text each, nothing of the hop, no cookies. */
export function answerHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const named = connectionTokens(joined(headers.connection));
  const kept = Object.entries(headers).filter(
    ([name, value]) =>
      value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name) && name !== 'set-cookie',
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, joined(value)]));
}

function entryOf(headers: Readonly<Record<string, string>>, name: string): string {
  return Object.entries(headers).find(([present]) => present.toLowerCase() === name)?.[1] ?? '';
}

function connectionTokens(value: string): Set<string> {
  return new Set(value.split(',').map((token) => token.trim().toLowerCase()));
}

function joined(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}
