import { parse } from 'secure-json-parse';
import type { Answer } from './outcome.ts';

/** `because` is for people, after "The answer ". */
export type JsonBody = { kind: 'json'; value: unknown } | { kind: 'not_json'; because: string };

/** Deeper than any API; what is deeper cannot be written out again without overflowing the stack. */
export const MAX_JSON_DEPTH = 100;

/** The body as text: by its byte order mark, else its charset, else UTF-8; what cannot be read becomes U+FFFD. */
export function bodyText(answer: Pick<Answer, 'body' | 'headers'>): string {
  const { body } = answer;
  const charset = markedCharset(body) ?? namedCharset(answer.headers['content-type'] ?? '');
  return new TextDecoder(charset).decode(body);
}

/**
 * The body as JSON, whatever its content type says. No depth over 100, and no `__proto__` or `constructor.prototype`
 * member: those are dropped.
 */
export function bodyJson(answer: Pick<Answer, 'body' | 'headers'>): JsonBody {
  const text = bodyText(answer);
  if (text.trim() === '') return { kind: 'not_json', because: 'is empty' };
  if (isTooDeep(text)) return { kind: 'not_json', because: 'is nested too deeply' };
  try {
    const value: unknown = parse(text, null, { protoAction: 'remove', constructorAction: 'remove' });
    return { kind: 'json', value };
  } catch {
    return { kind: 'not_json', because: /^\s*</.test(text) ? 'is a web page, not JSON' : 'is not JSON' };
  }
}

/** Counted on the text: a parser that overflows on a million brackets has overflowed already. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

function markedCharset(body: Buffer): string | null {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return null;
}

function namedCharset(contentType: string): string {
  const name = /charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1];
  try {
    return name ? new TextDecoder(name).encoding : 'utf-8';
  } catch {
    return 'utf-8';
  }
}
