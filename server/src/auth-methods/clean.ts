/** A pasted value must fit a header line of 16 KB (OAuth tokens come close to it). */
export const MAX_SECRET_LENGTH = 16 * 1024;

/**
 * A value as it should be stored. `said`: what was changed, in words for the person ("spaces around it"). A value
 * with a character that cannot be sent is invalid, and nothing is stored.
 */
export type Cleaned = { kind: 'clean'; value: string; said: string[] } | { kind: 'invalid'; problem: string };

const QUOTES: Record<string, string> = { '"': '"', "'": "'", '`': '`', '“': '”', '‘': '’' };

/**
 * Cleans one pasted line: white space, line breaks and one pair of quotes around it are taken off and said.
 * Multi-line values (PEM, JSON files) are not for this function.
 */
export function clean(pasted: string): Cleaned {
  const said = new Set<string>();
  let value = withoutSpace(pasted, said);
  const unquoted = withoutQuotes(value);
  if (unquoted !== value) {
    said.add('quotes');
    value = withoutSpace(unquoted, said);
  }
  if (value === '') return { kind: 'invalid', problem: 'is empty' };
  if (value.length > MAX_SECRET_LENGTH)
    return { kind: 'invalid', problem: 'is longer than 16,384 characters' };
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u.test(value)) {
    return { kind: 'invalid', problem: 'contains a character that cannot be sent, such as a line break' };
  }
  return { kind: 'clean', value, said: [...said] };
}

/** A key has no white space inside; a password may. */
export function cleanKey(pasted: string): Cleaned {
  const cleaned = clean(pasted);
  if (cleaned.kind === 'clean' && /\s/u.test(cleaned.value)) {
    return { kind: 'invalid', problem: 'contains a space inside; a key has none' };
  }
  // Header values are bytes, not text: beyond ASCII every client sends something else.
  if (cleaned.kind === 'clean' && /[^\x21-\x7e]/.test(cleaned.value)) {
    return { kind: 'invalid', problem: 'contains a character that cannot be sent' };
  }
  return cleaned;
}

const INVISIBLE = /\s|\u200B|\u200C|\u200D|\u2060|\uFEFF/;

/** Sign by sign from both ends: a pattern for what stands at the end takes minutes where much white space stands inside. */
function withoutSpace(value: string, said: Set<string>): string {
  let [start, end] = [0, value.length];
  while (start < end && INVISIBLE.test(value.charAt(start))) start += 1;
  while (end > start && INVISIBLE.test(value.charAt(end - 1))) end -= 1;
  const removed = value.slice(0, start) + value.slice(end);
  if (/[\r\n\u2028\u2029]/.test(removed)) said.add('line breaks');
  if (/[^\r\n\u2028\u2029]/.test(removed)) said.add('spaces');
  return value.slice(start, end);
}

function withoutQuotes(value: string): string {
  const closing = QUOTES[value[0] ?? ''];
  return closing !== undefined && value.length >= 2 && value.endsWith(closing) ? value.slice(1, -1) : value;
}
