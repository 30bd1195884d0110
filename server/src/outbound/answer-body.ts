import type { Answer } from './outcome.ts';

/**
 * The body as text: by its byte order mark, else its charset, else UTF-8; what cannot be read becomes U+FFFD. NUL is left
 * out: between the letters of a text read by the wrong charset it would hide a secret from redaction.
 */
export function bodyText(answer: Pick<Answer, 'body' | 'headers'>): string {
  const { body } = answer;
  const charset = markedCharset(body) ?? namedCharset(answer.headers['content-type'] ?? '');
  const text = new TextDecoder(charset).decode(body);
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
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
