/**
 * PostgreSQL stores neither NUL nor half a surrogate pair, in text or in jsonb; providers send both. One bad
 * character must not lose an answer (and the whole batch it is written with).
 */
const UNSTORABLE = /\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})/;

/** A JSON value without such characters; the same value where there are none. */
export function storable(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text !== undefined && UNSTORABLE.test(text) ? cleaned(value) : value;
}

export function storableText(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '') : text).toWellFormed();
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [storableText(name), cleaned(inner)]),
  );
}

/** The beginning of a text, at most so many bytes of UTF-8, never half a character. */
export function firstBytes(text: string, limitBytes: number): string {
  if (text.length * 3 <= limitBytes || Buffer.byteLength(text) <= limitBytes) return text;
  const bytes = Buffer.from(text);
  let end = limitBytes;
  // 10xxxxxx goes on with the character before it: what begins behind the cut must begin a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
