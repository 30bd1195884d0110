/** Deeper than any API; what is deeper cannot be written out again without overflowing the stack. */
const MAX_DEPTH = 100;

/**
 * An answer's text as JSON, whatever its content type says; undefined where it is none, or nested more than 100 deep.
 * A member named `__proto__` stays a plain member and is never followed.
 */
export function answerJson(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Counted on the text: what walks the value afterwards would overflow on a million brackets. */
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
      if (depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}
